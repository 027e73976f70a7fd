"""Reads a firmware image, .bin or .dfu, and holds it to a board before anything is written.

A .dfu file is ST's DfuSe 1.1a (UM0391): a prefix, targets (alternate settings) with elements (an
address and its bytes), a suffix with vid:pid and a CRC-32. Nothing is written here.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from host_tools.boards import Board
from host_tools.errors import CommandError
from host_tools.files import read_whole

MOST_BYTES = 64 << 20
_PREFIX = struct.Struct("<5sBIB")  # "DfuSe", version, size without suffix, targets
_TARGET = struct.Struct("<6sBI255sII")  # "Target", alternate setting, named, name, size, elements
_ELEMENT = struct.Struct("<II")  # address, size
_SUFFIX = struct.Struct("<HHHH3sBI")  # device, product, vendor, DFU version, "UFD", length, CRC
_ANY_DEVICE = "ffff:ffff"
# one die, its core's voltage made in two ways: firmware of one can stop the other
_UNLIKE = ("STM32H743", "STM32H747")


@dataclass(frozen=True)
class Part:
    """Bytes and where they go."""

    address: int
    data: bytes

    @property
    def end(self) -> int:
        return self.address + len(self.data)


@dataclass(frozen=True)
class Image:
    """A checked image: its parts by address, the first with the vectors."""

    path: Path
    parts: tuple[Part, ...]

    @property
    def stack(self) -> int:
        """Where the stack starts."""
        return int(struct.unpack_from("<I", self.parts[0].data)[0])

    @property
    def reset(self) -> int:
        """Where the processor starts, with the Thumb bit."""
        return int(struct.unpack_from("<I", self.parts[0].data, 4)[0])

    def __str__(self) -> str:
        parts = ", ".join(
            f"{len(part.data):,} bytes at {part.address:#010x}" for part in self.parts
        )
        return f"{self.path}: {parts}; stack {self.stack:#010x}, reset {self.reset:#010x}"


def read_image(path: Path, board: Board) -> Image:
    """The image, checked for the board. Raises CommandError, naming the file and what is wrong."""
    if path.suffix not in (".bin", ".dfu"):
        raise CommandError(
            f"{path}: give a .bin or .dfu file; MicroPython's and OpenMV's builds put one beside "
            "the others"
        )
    data = read_whole(path, MOST_BYTES)
    if path.suffix == ".bin":
        if data.startswith(b"DfuSe") or data.startswith(b"\x7fELF"):
            raise CommandError(f"{path}: it is no .bin file, but begins like a .dfu or .elf file")
        parts = [Part(board.firmware_address, data)]
    else:
        parts = _read_dfu(path, data, board)
    parts.sort(key=lambda part: part.address)
    image = Image(path, tuple(parts))
    _check(image, board)
    return image


def _read_dfu(path: Path, data: bytes, board: Board) -> list[Part]:
    if not board.bootloader.dfuse:
        raise CommandError(
            f"{path}: the bootloader of the {board.title} takes no .dfu files: give firmware.bin"
        )
    try:
        _device, product, vendor, _version, mark, length, crc = _SUFFIX.unpack(data[-16:])
        signature, version, size, targets = _PREFIX.unpack_from(data)
    except struct.error:
        raise CommandError(f"{path}: it is too short for a .dfu file") from None
    if mark != b"UFD" or length != 16 or signature != b"DfuSe" or version != 1:
        raise CommandError(f"{path}: it is no .dfu file, or cut short: it lacks DfuSe's marks")
    if crc != zlib.crc32(data[:-4]) ^ 0xFFFFFFFF:
        raise CommandError(f"{path}: it is damaged: its CRC does not fit; build or copy it again")
    made_for = f"{vendor:04x}:{product:04x}"
    if made_for not in (*board.usb["bootloader"], _ANY_DEVICE):
        raise CommandError(
            f"{path}: it is made for the bootloader {made_for}; the {board.title} has "
            f"{' or '.join(board.usb['bootloader'])}"
        )
    try:
        parts, end = _elements(path, data[:-16], targets, board)
    except struct.error:
        end, parts = -1, []
    if end != len(data) - 16 or size != end:
        raise CommandError(f"{path}: the sizes in it do not add up to the file's: build it again")
    return parts


def _elements(path: Path, data: bytes, targets: int, board: Board) -> tuple[list[Part], int]:
    """The elements of all targets, and where the last one ends."""
    parts = []
    place = _PREFIX.size
    for _ in range(targets):
        mark, alt, _named, _name, _size, count = _TARGET.unpack_from(data, place)
        place += _TARGET.size
        if mark != b"Target" or alt != board.bootloader.alt:
            raise CommandError(
                f"{path}: it is for alternate setting {alt}; flash is {board.bootloader.alt} in "
                f"the {board.title}"
            )
        for _ in range(count):
            address, size = _ELEMENT.unpack_from(data, place)
            place += _ELEMENT.size
            parts.append(Part(address, data[place : place + size]))
            place += size
    return parts, place


def _check(image: Image, board: Board) -> None:
    path, parts = image.path, image.parts
    if not parts or len(parts[0].data) < 8:
        raise CommandError(f"{path}: it is too short to be firmware")
    if parts[0].address != board.firmware_address:
        raise CommandError(
            f"{path}: it starts at {parts[0].address:#010x}; firmware of the {board.title} starts "
            f"at {board.firmware_address:#010x}: it is another board's, or the board's bootloader"
        )
    for part, following in zip(parts, parts[1:], strict=False):
        if part.end > following.address:
            raise CommandError(f"{path}: its parts overlap at {following.address:#010x}")
    if parts[-1].end > board.firmware_end:
        raise CommandError(
            f"{path}: it ends at {parts[-1].end:#010x}, and firmware of the {board.title} has "
            f"room up to {board.firmware_end:#010x}: "
            f"{parts[-1].end - board.firmware_end:,} bytes less are needed"
        )
    # a stack grows down: it may start right behind a range
    if image.stack % 4 or not any(start < image.stack <= end for start, end in board.ram):
        raise CommandError(
            f"{path}: its stack would start at {image.stack:#010x}, where the {board.part} has no "
            f"RAM: it is no firmware of the {board.title}"
        )
    named = [name for name in _UNLIKE if any(name.encode() in part.data for part in parts)]
    if board.part[:9] in _UNLIKE and named and board.part[:9] not in named:
        raise CommandError(
            f"{path}: it names the {named[0]} as its part, and the {board.title} has the "
            f"{board.part}, which is supplied otherwise: such firmware can stop it until its "
            "flash is erased with BOOT0 held; build firmware for this board"
        )
    code = image.reset & ~1
    if not image.reset & 1 or not any(part.address <= code < part.end for part in parts):
        raise CommandError(
            f"{path}: the processor would start at {image.reset:#010x}, which is no Thumb code in "
            f"the image: it is built for another address than the {board.title}'s "
            f"{board.firmware_address:#010x}"
        )
