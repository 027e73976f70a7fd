"""Files read with a limit, and written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import stat
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from host_tools.errors import CommandError

MOST_BYTES = 256 << 20
# what another computer or container made there is a leftover when it is as old
_OLD_SECONDS = 7 * 24 * 3600.0
# what is behind these may have no name, or one whose file another program writes to as well
_DESCRIPTORS = {
    Path(f"{folder}/{name}"): number
    for number, own in ((1, "stdout"), (2, "stderr"))
    for folder, name in (("/dev", own), ("/dev/fd", number), ("/proc/self/fd", number))
}


def read_whole(path: str | Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file. Raises CommandError, naming it, where that fails or it is too big."""
    path = Path(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise CommandError(f"{path}: not a file")
        if status.st_size > most:
            raise CommandError(f"{path}: {status.st_size} bytes are too many; {most} are allowed")
        with path.open("rb") as file:
            data = file.read(status.st_size + 1)
    except (OSError, ValueError) as error:
        raise CommandError(f"{path}: cannot be read: {_reason(error)}") from error
    if len(data) > status.st_size:  # it might never end
        raise CommandError(f"{path}: it grew while it was read")
    return data


def same_place(one: str | Path, other: str | Path) -> bool:
    """Whether both are, or would be, the same file; a loop of links is none but itself."""
    return os.path.realpath(one) == os.path.realpath(other)


def write_whole(path: str | Path, data: bytes) -> None:
    """Writes `data` beside `path`, then renames: a reader sees the old file or the new one.

    The new file has the old one's permissions, and its owner where that may be. A link is
    followed; a device, such as /dev/null, is written to, and so is what /dev/stdout stands for:
    what is printed after that goes to standard error. Raises CommandError, naming `path`, and
    leaves no partial file; one that a killed run left is removed.
    """
    write_all([(path, data)])


def write_all(files: Sequence[tuple[str | Path, bytes]]) -> None:
    """As `write_whole`, several: each is written beside before the first is renamed."""
    paths = [_resolved(given) for given, _ in files]
    parts: dict[Path, Path] = {}
    try:
        for path, (given, data) in zip(paths, files, strict=True):
            if path in _DESCRIPTORS or (path.exists() and not path.is_file()):
                continue
            if path in parts:
                raise CommandError(f"{given}: two outputs would be written there")
            with writing(given):
                stem = f".{path.name[:200]}."
                remove_leftovers(path.parent, stem, ".part")
                part = path.with_name(f"{stem}{_own()}.part")
                with part.open("xb") as file:
                    parts[path] = part
                    if path.exists():
                        _keep_owner(path, part)
                        shutil.copymode(path, part)
                    file.write(data)
        for path, (given, data) in zip(paths, files, strict=True):
            with writing(given):
                if path in parts:
                    parts[path].replace(path)
                else:
                    _write_to_device(path, data)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _keep_owner(path: Path, part: Path) -> None:
    """Gives the file `part` the owner and group of `path`, as far as this user may."""
    if hasattr(os, "chown"):
        old = path.stat()
        for owner, group in ((-1, old.st_gid), (old.st_uid, -1)):
            with contextlib.suppress(OSError):
                os.chown(part, owner, group)


@contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """Makes of what goes wrong within a CommandError that begins with the path."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        raise CommandError(f"{path}: cannot be written: {_reason(error)}") from error


def make_folder(folder: Path) -> None:
    """Makes a folder, and those that it lies in, where it is not there yet."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)


def in_folder(folder: Path, *, deep: bool = False) -> list[Path]:
    """What lies in a folder, and with `deep` in those in it, by path; but for hidden names.

    Links to folders are not followed. Raises CommandError where a folder cannot be read.
    """
    try:
        found = [path for path in folder.iterdir() if not path.name.startswith(".")]
        within = [path for path in found if deep and path.is_dir() and not path.is_symlink()]
    except OSError as error:
        raise CommandError(f"{folder}: cannot be read: {_reason(error)}") from error
    return sorted(found + [path for part in within for path in in_folder(part, deep=True)])


def temporary_folder(folder: Path | None = None) -> TemporaryDirectory[str]:
    """A folder, in the system's for such or in `folder`, that vanishes at the end of a with
    statement; what killed runs left there is removed. Raises CommandError where there is none.
    """
    with writing("a temporary folder" if folder is None else folder):
        where = Path(gettempdir()) if folder is None else folder
        remove_leftovers(where, "inkling-", "")
        return TemporaryDirectory(dir=where, prefix=f"inkling-{_own()}-")


def remove_leftovers(folder: Path, before: str, after: str) -> None:
    """Removes files and folders of this user whose names say that their process ended.

    Its number and where it ran stand between `before` and `after`, or between `before` and a
    hyphen. Of one that ran elsewhere, in a container that shares the folder, nobody here knows
    whether it ended: what it made goes after a week.
    """
    words = re.escape(before) + r"(\d+)-([0-9a-f]{8})" + (re.escape(after) if after else "-.*")
    for path in folder.iterdir():
        found = re.fullmatch(words, path.name)
        with contextlib.suppress(OSError):
            if not found or not _is_left(path, int(found[1]), found[2]):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


def _is_left(path: Path, process: int, where: str) -> bool:
    if where == _here():
        return not _runs(process)
    return time.time() - path.lstat().st_mtime > _OLD_SECONDS


def _own() -> str:
    """This process, in names: its number, and where that number counts."""
    return f"{os.getpid()}-{_here()}"


def _here() -> str:
    """The computer and, in containers, the space of process numbers; 8 hexadecimal digits."""
    try:
        space = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:  # not Linux
        space = 0
    return f"{zlib.crc32(f'{platform.node()} {space}'.encode()):08x}"


def _runs(process: int) -> bool:
    if os.name != "posix":  # there asking would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True


def _write_to_device(path: Path, data: bytes) -> None:
    if path not in _DESCRIPTORS:
        path.write_bytes(data)
        return
    sys.stdout.flush()
    with open(_DESCRIPTORS[path], "wb", closefd=False) as file:
        file.write(data)
    if _DESCRIPTORS[path] == 1:
        sys.stdout = sys.stderr


def _resolved(given: str | Path) -> Path:
    """Where a file lies that may be written. Raises CommandError where none may."""
    if Path(given) in _DESCRIPTORS:
        return Path(given)
    with writing(given):
        path = Path(given).resolve()
        if path.is_dir():
            raise CommandError(f"{given}: cannot be written: it is a directory")
        if path.is_file() and not os.access(path, os.W_OK):
            raise CommandError(f"{given}: cannot be written: it is write-protected")
    return path


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
