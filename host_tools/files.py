"""Files read with a limit, and written whole or not at all."""

from __future__ import annotations

import os
import stat
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
    given, path = path, Path(path)
    beside = None
    try:
        path = path.resolve()
        if path.is_dir():
            raise CommandError(f"{given}: cannot be written: it is a directory")
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        if path.exists() and not os.access(path, os.W_OK):
            raise CommandError(f"{given}: cannot be written: it is write-protected")
        place = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
        with place.open("xb") as file:
            beside = place
            file.write(data)
        place.replace(path)
    except (OSError, ValueError, RuntimeError) as error:
        raise CommandError(f"{given}: cannot be written: {_reason(error)}") from error
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
