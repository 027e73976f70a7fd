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
_AGAIN = "repeat the command; if it stays, the board's storage is worn out"


def folder_path(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


def remove_rubbish(device: Device, folder: str) -> None:
    """Finishes what an interruption cut short, and removes what transfers left in a folder."""
    device.exec(f"tidy({folder!r})")


def make_room(device: Device, paths: Iterable[str], spare: Iterable[str] = ()) -> None:
    """Makes folders that are not there for files, with room for their names, and `spare` ones.

    That is for their temporary names, too. See on_board/folders.py for why it matters on FAT.
    Raises CommandError where it is worn out.
    """
    device.exec(source("folders"))
    counts = {}
    for folder, names in by_folder((*paths, *spare)).items():
        entries = [2 + len(name) // 13 for own in names for name in (own, _PART % own)]
        # of what is held for a name, the last entries may be too few for the next one
        counts[folder] = sum(entries) // (_HELD + 1 - max(entries)) + 1
    growing: dict[str, list[str]] = {}
    for folder in counts:
        top = device.value(f"top_of({folder!r})", str)
        if folder != top or device.value(f"top_grows({top!r})", bool):
            growing.setdefault(top, []).append(folder)
    for top, folders in growing.items():
        count = sum(counts[folder] for folder in folders)
        try:
            if not device.value(f"clear({top!r}, {count}, {len(folders)})", bool):
                raise worn_out(device, top)
            for folder in folders:
                _enter(device, folder, counts[folder])
        finally:
            with contextlib.suppress(CommandError):
                device.exec(f"drop(cleared({top!r}))")


def _enter(device: Device, folder: str, count: int) -> None:
    if not device.value(f"enter({folder!r})", bool):
        return
    numbers = [n for n in range(count) if device.value(f"hold({folder!r}, {n})", bool)]
    kept = device.value(f"holds({folder!r}, {numbers!r})", bool)
    for number in range(count):
        device.exec(f"drop(held({folder!r}, {number}))")
    if not kept:
        raise worn_out(device, folder)


def by_folder(paths: Iterable[str]) -> dict[str, set[str]]:
    """The names that each folder will have, outer folders first."""
    names: dict[str, set[str]] = {}
    for path in paths:
        while path:
            folder, _, name = path.rpartition("/")
            names.setdefault(folder or "/", set()).add(name)
            path = folder
    return dict(sorted(names.items()))


def worn_out(device: Device, folder: str) -> CommandError:
    """What to raise where a folder has after a write what it had before."""
    return CommandError(
        f"{device.port}: {folder} does not keep what is written to it, nothing was put there: "
        f"{_AGAIN}"
    )


def file_crc(device: Device, path: str) -> tuple[int, int] | None:
    """Size and CRC-32 of a file, computed on the board; None where there is none."""
    try:
        size = device.value(f"os.stat({path!r})[6]", int)
        device.exec(f"crc = file_crc({path!r})", seconds=10 + size / 50_000)
    except BoardError:
        return None
    return size, device.value("crc", int)


def has(device: Device, path: str, data: bytes) -> bool:
    """Whether this is what a file has on the board."""
    return file_crc(device, path) == (len(data), zlib.crc32(data))


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
        device.exec(f"w = create({part!r}, {len(data)})")
        try:
            write = "if w.write(piece) != len(piece): raise OSError(28)"
            send(device, data, write, progress, copies=copies)
        finally:
            device.exec("w.close()")
        if not copies and not has(device, part, data):
            raise CommandError(
                f"{name} arrived damaged in {folder}, the old one is unchanged: {_AGAIN}"
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
        lost = error.kind == "OSError" and ("Errno 5]" in error.text or "EIO" in error.text)
        advice = _AGAIN if lost else "give it a plainer name, or use another folder"
        raise CommandError(
            f"{device.port}: the board cannot write {name} into {folder} ({error.text}): {advice}"
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
        move(device, {path: part}, {path: data})


def move(device: Device, parts: Mapping[str, str], files: Mapping[str, bytes]) -> None:
    """Gives files that have arrived, by the path that each will have, that path: all, or none.

    `files` are their contents. Raises CommandError where the storage is worn out.
    """
    pairs = [(part, path) for path, part in parts.items()]
    fat = device.value(f"[part for part, _ in {pairs!r} if is_fat(part)]", [str])
    if changed := {path: part for path, part in parts.items() if part in fat}:
        _require_kept(device, changed, files)
    device.exec(f"move({pairs!r})")
    for path in parts:
        if not has(device, path, files[path]):
            raise CommandError(f"{path} was not put in place: {_AGAIN}")


def _require_kept(device: Device, parts: Mapping[str, str], files: Mapping[str, bytes]) -> None:
    """Raises CommandError where FAT would not keep a move: on_board/kept.py."""
    device.exec(source("kept"))
    a_part = next(iter(parts.values()))
    try:
        for number, path in enumerate(parts):
            device.exec(f"change({path!r}, {number})")
        lost, same = device.value(f"unkept({a_part!r})", ([str], [str]))
    finally:
        with contextlib.suppress(CommandError):
            for path in parts:
                device.exec(f"drop_held({path!r})")
    if same:
        device.exec("wait()")
        for path in (*same, a_part):
            device.exec(f"change({path!r}, 0)")
        _, same = device.value(f"unkept({a_part!r})", ([str], [str]))
        # where it does not for this file either, which was just written, the clock stands still
        lost += [] if a_part in same else same
    for path in lost:
        raise worn_out(device, path.rpartition("/")[0] or "/")
    # what was written later may have taken a sector
    for path, part in parts.items():
        if not has(device, part, files[path]):
            raise CommandError(f"{path} arrived damaged, the old one is unchanged: {_AGAIN}")
