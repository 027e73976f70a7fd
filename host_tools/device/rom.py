"""A board's ROMFS partition, rewritten so that an interrupted transfer leaves the old image.

Flash cannot be rewritten in one step. So the new image is first put elsewhere on the board, whole
and checked ("staged"): behind the old image in the partition where the firmware erases parts of it
and both fit, else into a file. Then the board alone copies it to the partition's front, its first
bytes last. What is staged is given up only when the front is the same, to the byte: whatever ends
the board before, its next start or `open_partition` copies it again. What runs there is
micropython_lib/inkling_rom.py and on_board/rom.py.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from host_tools.device.connection import BoardError, Device
from host_tools.device.file_system import beside, folder_path, free_bytes
from host_tools.device.on_board import frozen_source, source
from host_tools.device.transfer import PIECE, Progress, send
from host_tools.errors import CommandError
from host_tools.romfs import place_romfs

FOLDER = "/rom"
# micropython_lib/inkling_rom.py: UNIT
_UNIT = 32
_STAGED_FILE = ".inkling-rom.img"
# bytes, on the slow side: a board is silent while it erases
_ERASED_A_SECOND = 30_000
# bytes: no flash of a microcontroller is larger, and a board that says so would be waited for
_LARGEST = 64 << 20
# what MicroPython says of OSError(5)
_NOT_KEPT = "[Errno 5] EIO"


class Damaged(CommandError):
    """The partition's flash does not keep what is written."""


@dataclass(frozen=True)
class Partition:
    """Sizes in bytes. `block` is what it erases at a time, 0 where only its whole front can be.

    `used` is the image in it, 0 where it holds none. `files` is a folder of the file system.
    """

    size: int
    block: int
    used: int
    files: str


@dataclass(frozen=True)
class RomFile:
    """A file in the partition: its place and size there."""

    offset: int
    size: int
    crc32: int

    def is_other(self, data: bytes | None) -> bool:
        """Whether these bytes, if any, are not its own."""
        return data is not None and (len(data), zlib.crc32(data)) != (self.size, self.crc32)


@dataclass(frozen=True)
class Image:
    """An image with zeros where files of the board belong: they, by their place in `data`.

    `places` is where each file begins, by its name.
    """

    data: bytes
    places: Mapping[str, int]
    kept: tuple[tuple[int, RomFile], ...] = ()

    @property
    def copies(self) -> list[tuple[int, int, int]]:
        return [(start, file.offset, file.size) for start, file in self.kept]

    def checks(self) -> list[tuple[int, int, int]]:
        """Start, end and CRC-32 of each part, in order."""
        found, at = [], 0
        for start, file in self.kept:
            found.append((at, start, zlib.crc32(self.data[at:start])))
            found.append((start, start + file.size, file.crc32))
            at = start + file.size
        return [*found, (at, len(self.data), zlib.crc32(self.data[at:]))]


def open_partition(device: Device, files: str) -> Partition | None:
    """The partition that the firmware mounts at /rom; None where it has none to be written.

    What an interrupted commit left is finished: an image that is staged is copied to the front.
    Raises Damaged where the flash does not keep it, and CommandError for sizes that none has.
    """
    if not device.value("hasattr(__import__('vfs'), 'rom_ioctl')", bool):
        return None
    device.exec(frozen_source("inkling_rom"))
    if not device.value("rom is not None", bool):
        return None
    size, block, used = device.value("(len(rom), block, image_size(0))", (int, int, int))
    if not used <= size <= _LARGEST:
        raise device.nonsense()
    device.exec(source("rom"))
    # the sum over a whole image
    device.exec(f"waits = waiting({files.rstrip('/')!r})", seconds=_summing(size))
    found = device.value("waits", {None, (str, int), (int, int)})
    if found:
        if found[1] > size:
            raise device.nonsense()
        _commit(device, f"commit_staged{found!r}", found[1])
    device.exec(f"discard({files!r}, {_STAGED_FILE!r})")
    return Partition(size, block, device.value("image_size(0)", int), files)


def list_files(device: Device, partition: Partition) -> dict[str, RomFile]:
    """Every file of the partition, by its path within it."""
    if not partition.used:
        return {}
    device.exec("mount()")
    found = device.value(f"files({FOLDER!r})", [(str, int, int, int)])
    if any(offset + size > partition.size for _, offset, size, _ in found):
        raise device.nonsense()
    return {
        path.removeprefix(f"{FOLDER}/"): RomFile(offset, size, crc)
        for path, offset, size, crc in found
    }


def compose(there: Mapping[str, RomFile], files: Mapping[str, bytes]) -> Image:
    """The image of `files` and of what is `there`, which the board copies itself."""
    kept = {name: file for name, file in there.items() if not file.is_other(files.get(name))}
    contents = {name: bytes(file.size) for name, file in kept.items()}
    data, places = place_romfs({**files, **contents})
    order = sorted(kept, key=lambda name: places[name])
    return Image(data, places, tuple((places[name], kept[name]) for name in order))


def staging_place(device: Device, partition: Partition, size: int) -> int | str | None:
    """Where a new image of `size` waits until it is whole: an offset, a path, or None for no room.

    0 is the front itself, where no valid image would be lost.
    """
    if size > partition.size:
        return None
    if not partition.used:
        return 0
    if block := partition.block:
        start = -(-max(partition.used, size) // block) * block
        if start + size + 2 * _UNIT <= partition.size:
            return start
    if free_bytes(device, partition.files) >= size + 2 * PIECE:
        return folder_path(partition.files, _STAGED_FILE)
    return None


def write_image(
    device: Device,
    place: int | str,
    partition: Partition,
    image: Image,
    *,
    progress: Progress | None = None,
    check: Callable[[int], None],
) -> None:
    """Makes this the partition's image, by way of `place`, where `staging_place` said.

    `check` is told from which offset of `rom` on the image lies; it raises CommandError where it
    is no good, before the old one is touched where that is possible.
    """
    data, copies, size = image.data, image.copies, len(image.data)
    seconds = _erasing(size)
    if place == 0:
        device.exec(f"unmount()\nerase(0, {size})", seconds=seconds)
        send(device, data[_UNIT:], f"write({_UNIT} + offset, piece)", progress)
        device.exec(f"put_first({data[:_UNIT]!r})")
    elif isinstance(place, int):
        device.exec(f"erase({place}, {size + 2 * _UNIT})", seconds=seconds)
        send(device, data, f"write({place} + offset, piece)", progress, copies=copies)
        _require(device, image, f"crc32(rom[{place} + a:{place} + b])")
        check(place)
        _commit(device, f"seal({place}, {size})\ncommit_part({place}, {size})", size)
    else:
        # while it is not the front's it stays, as its seal says
        with beside(
            device,
            partition.files,
            "/rom",
            data,
            progress,
            copies,
            called=_STAGED_FILE,
            kept_if=f"staged_file({place!r})",
        ):
            _require(device, image, f"file_crc({place!r}, a, b - a)")
            # in one step: Ctrl-C comes before or after it
            _commit(device, f"seal_file({place!r}, {size})\ncommit_file({place!r}, {size})", size)
    _require(device, image, "crc32(rom[a:b])")
    check(0)


def _summing(size: int) -> float:
    """How long a board may take to sum up so many bytes of a file."""
    return 10 + size / 50_000


def _erasing(size: int) -> float:
    """How long a board may be silent that erases so much."""
    return 10 + size / _ERASED_A_SECOND


def _commit(device: Device, code: str, size: int) -> None:
    """Lets the board copy a staged image of this size to the front."""
    try:
        device.exec(code, seconds=_erasing(size))
    except BoardError as error:
        # inkling_rom.py raises it where the flash does not keep what is written
        if (error.kind, error.text) == ("OSError", _NOT_KEPT):
            raise _damaged(device) from None
        raise


def _damaged(device: Device) -> Damaged:
    return Damaged(
        f"{device.port}: the image arrived damaged in /rom: repeat the command; if it stays, "
        "that flash is worn out: use --to /flash"
    )


def _require(device: Device, image: Image, crc: str) -> None:
    """Checks each part of the image from a to b by the expression `crc`."""
    checks = image.checks()
    ranges = [(start, end) for start, end, _ in checks]
    if device.value(f"[{crc} for a, b in {ranges}]", [int]) != [crc for _, _, crc in checks]:
        raise _damaged(device)
