"""A board's ROMFS partition, rewritten so that an interrupted transfer leaves the old image.

Flash cannot be rewritten in one step. So the new image is first put elsewhere on the board, whole
and checked ("staged"): behind the old image in the partition where the firmware erases parts of it
and both fit, else into a file. Then the board alone copies it to the partition's front, its first
bytes last: what ends the board meanwhile leaves a partition without a valid image, and the staged
one, from which `recover` makes it whole. on_board/rom.py is what runs there.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from host_tools.device.connection import Device
from host_tools.device.file_system import folder_path, free_bytes, put_file
from host_tools.device.on_board import source
from host_tools.device.transfer import PIECE, Progress, fetch, send
from host_tools.errors import CommandError

FOLDER = "/rom"
# on_board/rom.py: UNIT, STAGED
_UNIT = 32
_TRAILER = struct.Struct("<24sII")
_STAGED = b"inkling staged image"
_STAGED_FILE = ".inkling-rom.img"
# bytes; a sector of 128 KB of an STM32H7 takes up to 4 s, in which the board is silent
_ERASED_A_SECOND = 30_000


@dataclass(frozen=True)
class Partition:
    """Sizes in bytes. `block` is what it erases at a time, 0 where only its whole front can be.

    `used` is the image in it, 0 where it holds none. `files` is a folder of the file system.
    """

    size: int
    block: int
    used: int
    files: str


def open_partition(device: Device, files: str) -> Partition | None:
    """The partition that the firmware mounts at /rom; None where it has none to be written.

    What an interrupted commit left is finished: a staged image is copied to an empty front, and
    its file removed.
    """
    if not device.value("hasattr(__import__('vfs'), 'rom_ioctl')"):
        return None
    device.exec(source("rom"))
    if not device.value("rom is not None"):
        return None
    used = int(device.value("image_size(0)"))
    path = folder_path(files, _STAGED_FILE)
    found = device.value(f"[e[3] for e in os.ilistdir({files!r}) if e[0] == {_STAGED_FILE!r}]")
    if not used:
        part = device.value("staged()")
        if part:
            device.exec(f"commit_part{part}")
        elif found:
            device.exec(f"commit_file({path!r}, {found[0]})")
    if found:
        device.exec(f"os.remove({path!r})")
    size, block, used = device.value("(len(rom), block, image_size(0))")
    return Partition(size, block, used, files)


def read_files(device: Device, partition: Partition) -> dict[str, bytes]:
    """Every file of the partition, by its path within it."""
    files: dict[str, bytes] = {}
    if not partition.used:
        return files
    device.exec("mount()")
    for path in device.value(f"files({FOLDER!r})"):
        device.exec(f"with open({path!r}, 'rb') as f: m = memoryview(f)")
        files[path.removeprefix(f"{FOLDER}/")] = fetch(device, "m")
    device.exec("m = None")
    return files


def holds(device: Device, partition: Partition, image: bytes) -> bool:
    """Whether the partition's image is this one."""
    if partition.used != len(image):
        return False
    return bool(device.value(f"crc32(rom[:{len(image)}])") == zlib.crc32(image))


def staging_place(device: Device, partition: Partition, image: bytes) -> int | str | None:
    """Where a new image waits until it is whole: an offset, a path, or None where no room is.

    0 is the front itself, where no valid image would be lost.
    """
    if len(image) > partition.size:
        return None
    if not partition.used:
        return 0
    if block := partition.block:
        start = -(-max(partition.used, len(image)) // block) * block
        if start + len(image) + 2 * _UNIT <= partition.size:
            return start
    if free_bytes(device, partition.files) >= len(image) + 2 * PIECE:
        return folder_path(partition.files, _STAGED_FILE)
    return None


def write_image(
    device: Device,
    place: int | str,
    partition: Partition,
    image: bytes,
    *,
    progress: Progress | None = None,
    check: Callable[[int], None],
) -> None:
    """Makes this the partition's image, by way of `place`, where `staging_place` said.

    `check` is told from which offset of `rom` on the image lies; it raises CommandError where it
    is no good, before the old one is touched where that is possible.
    """
    seconds = 10 + len(image) / _ERASED_A_SECOND
    if place == 0:
        device.exec(f"unmount()\nerase(0, {len(image)})", seconds=seconds)
        send(device, image[_UNIT:], f"write({_UNIT} + offset, piece)", progress)
        device.exec(f"finish({image[:_UNIT]!r})")
    elif isinstance(place, int):
        staged = image + bytes(-len(image) % _UNIT)
        staged += _TRAILER.pack(_STAGED, len(image), zlib.crc32(image))
        device.exec(f"erase({place}, {len(staged)})", seconds=seconds)
        send(device, staged, f"write({place} + offset, piece)", progress)
        _require(device, place, image)
        check(place)
        device.exec(f"commit_part({place}, {len(image)})", seconds=seconds)
    else:
        put_file(device, partition.files, _STAGED_FILE, image, progress=progress)
        device.exec(f"commit_file({place!r}, {len(image)})", seconds=seconds)
    _require(device, 0, image)
    check(0)
    if isinstance(place, str):
        device.exec(f"os.remove({place!r})")


def _require(device: Device, place: int, image: bytes) -> None:
    if device.value(f"crc32(rom[{place}:{place + len(image)}])") != zlib.crc32(image):
        raise CommandError(
            f"{device.port}: the image arrived damaged in /rom: repeat the command; if it stays, "
            "that flash is worn out: use --to /flash"
        )
