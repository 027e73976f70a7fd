"""Files read with a limit, and written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from host_tools.errors import CommandError

MOST_BYTES = 256 << 20


def read_whole(path: str | Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file. Raises CommandError, naming it, where that fails or it is too big."""
    path = Path(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise CommandError(f"{path}: not a file")
        if status.st_size > most:
            raise CommandError(f"{path}: {status.st_size} bytes are too many; {most} are allowed")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise CommandError(f"{path}: cannot be read: {_reason(error)}") from error


def write_whole(path: str | Path, data: bytes) -> None:
    """Writes `data` beside `path`, then renames: a reader sees the old file or the new one.

    A link is followed; a device, such as /dev/null, is written to. Raises CommandError, naming
    `path`, and leaves no partial file.
    """
    write_all([(path, data)])


def write_all(files: Sequence[tuple[str | Path, bytes]]) -> None:
    """As `write_whole`, several: each is written beside before the first is renamed."""
    paths = [_resolved(given) for given, _ in files]
    parts: dict[Path, Path] = {}
    try:
        for path, (given, data) in zip(paths, files, strict=True):
            if path.exists() and not path.is_file():
                continue
            if path in parts:
                raise CommandError(f"{given}: two outputs would be written there")
            with _named(given):
                part = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
                with part.open("xb") as file:
                    parts[path] = part
                    file.write(data)
        for path, (given, data) in zip(paths, files, strict=True):
            with _named(given):
                if path in parts:
                    parts[path].replace(path)
                else:
                    path.write_bytes(data)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _resolved(given: str | Path) -> Path:
    """Where a file lies that may be written. Raises CommandError where none may."""
    with _named(given):
        path = Path(given).resolve()
        if path.is_dir():
            raise CommandError(f"{given}: cannot be written: it is a directory")
        if path.is_file() and not os.access(path, os.W_OK):
            raise CommandError(f"{given}: cannot be written: it is write-protected")
    return path


@contextmanager
def _named(given: str | Path) -> Iterator[None]:
    """Lets what goes wrong begin with the path."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        raise CommandError(f"{given}: cannot be written: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
