"""Files in a board's file system: written beside, checked, then renamed over the old ones.

A list of the names comes first (micropython_lib/inkling_heal.py): from then on, whatever ends the
board, the next start or command finishes the renaming. FAT, which removes an old file before it
renames the new one, and several files that belong together need it.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from host_tools.device.connection import BoardError, Device
from host_tools.device.on_board import source
from host_tools.device.transfer import Progress, send
from host_tools.errors import CommandError

# what is not in its place yet; no script looks for such names. See on_board/basics.py: tidy
TEMPORARY = ".inkling-"
_PART = f"{TEMPORARY}%s.part"
# littlefs and FAT need some room of their own for a new file
_OVERHEAD = 4096
# on_board/folders.py
_HELD = 20


def folder_path(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


def remove_rubbish(device: Device, folder: str) -> None:
    """Finishes what an interruption cut short, and removes what transfers left in a folder."""
    device.exec(f"tidy({folder!r})")


def make_room(device: Device, wanted: Mapping[str, Iterable[str]]) -> None:
    """Makes folders that are not there, outer ones first, with room for these names in each.

    That is for their temporary names, too. See on_board/folders.py for why it matters on FAT.
    """
    counts = {}
    for folder, names in wanted.items():
        entries = [2 + len(name) // 13 for own in names for name in (own, _PART % own)]
        # of what is held for a name, the last entries may be too few for the next one
        counts[folder] = sum(entries) // (_HELD + 1 - max(entries)) + 1
    device.exec(source("folders"))
    cleared = None
    for folder, count in counts.items():
        if not device.value(f"enter({folder!r})", bool):
            continue
        if cleared is None:
            cleared = folder
            device.exec(f"clear({folder!r}, {sum(counts.values())}, {len(counts)})")
        for number in range(count):
            device.exec(f"hold({folder!r}, {number})")
        for number in range(count):
            device.exec(f"drop(held({folder!r}, {number}))")
    if cleared is not None:
        device.exec(f"drop(cleared({cleared!r}))")


def file_crc(device: Device, path: str) -> tuple[int, int] | None:
    """Size and CRC-32 of a file, computed on the board; None where there is none."""
    try:
        size = device.value(f"os.stat({path!r})[6]", int)
        device.exec(f"crc = file_crc({path!r})", seconds=10 + size / 50_000)
    except BoardError:
        return None
    return size, device.value("crc", int)


def free_bytes(device: Device, folder: str) -> int:
    """Room in the file system that holds this folder."""
    return device.value(f"(lambda s: s[0] * s[3])(os.statvfs({folder!r}))", int)


@contextlib.contextmanager
def beside(
    device: Device,
    folder: str,
    name: str,
    data: bytes,
    progress: Progress | None,
    copies: Sequence[tuple[int, int, int]] = (),
    called: str | None = None,
    kept_if: str = "False",
) -> Iterator[str]:
    """Writes a file under a temporary name, or as it is `called`, and gives its path there.

    It is checked by its CRC-32, unless it has `copies` (see `send`).

    What is still called so at the end, and after an error, is removed, but where this expression
    says to keep it. Raises CommandError where there is no room.
    """
    called = called or _PART % name
    part = folder_path(folder, called)
    free = free_bytes(device, folder)
    full = (
        f"{folder} has {free} bytes free, {name} needs {len(data)} beside the old one: "
        "remove files from it"
    )
    if len(data) + _OVERHEAD > free:
        raise CommandError(full)
    remove = f"{kept_if} or discard({folder!r}, {called!r})"
    try:
        device.exec(f"w = open({part!r}, 'wb')")
        try:
            write = "if w.write(piece) != len(piece): raise OSError(28)"
            send(device, data, write, progress, copies=copies)
        finally:
            device.exec("w.close()")
        if not copies and file_crc(device, part) != (len(data), zlib.crc32(data)):
            raise CommandError(
                f"{name} arrived damaged in {folder}, the old one is unchanged: repeat the "
                "command; if it stays, the board's storage is worn out"
            )
        yield part
        device.exec(remove)
    except BaseException as error:
        with contextlib.suppress(CommandError):
            device.exec(remove)
        if not isinstance(error, BoardError):
            raise
        if error.kind == "OSError" and ("28" in error.text or "ENOSPC" in error.text):
            raise CommandError(full) from None
        raise CommandError(
            f"{device.port}: the board cannot write {name} into {folder} ({error.text}): "
            "give it a plainer name, or use another folder"
        ) from None


def put_file(
    device: Device,
    folder: str,
    name: str,
    data: bytes,
    *,
    progress: Progress | None = None,
    check: Callable[[str], None] | None = None,
) -> None:
    """Puts a file into a folder: the old one stays until the new one is whole and `check`ed.

    `check` is given the path of the new one and raises CommandError where it is no good.
    """
    path = folder_path(folder, name)
    if device.value(f"is_folder({path!r})", bool):
        raise CommandError(f"{device.port}: {path} is a folder on the board: rename the file")
    with beside(device, folder, name, data, progress) as part:
        if check:
            check(part)
        move(device, {part: path})
    if file_crc(device, path) != (len(data), zlib.crc32(data)):
        raise CommandError(
            f"{name} was not put in place in {folder}: repeat the command; if it stays, the "
            "board's storage is worn out"
        )


def move(device: Device, names: Mapping[str, str]) -> None:
    """Gives files new names, all of them or none, over what is called so."""
    device.exec(f"move({list(names.items())!r})")
