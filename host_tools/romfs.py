"""Makes ROMFS images with mpremote's own writer, laid out so that blobs can be used in place."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

from mpremote.romfs import VfsRomWriter

from host_tools.errors import CommandError

ALIGNMENT = 16
_MAGIC_BYTES = 3


def build_romfs(files: Mapping[str, bytes | Path]) -> bytes:
    """Returns the image of a file system with these files, as `place_romfs`."""
    return place_romfs(files)[0]


def place_romfs(files: Mapping[str, bytes | Path]) -> tuple[bytes, dict[str, int]]:
    """Returns the image of a file system with these files, and where in it each one begins.

    The keys are paths inside it, such as "lib/camera.py"; the values are contents or files to
    read. The first byte of each file lies at a multiple of 16 from the image's start.
    Raises CommandError for a name that is not ASCII, and OSError for a file that cannot be read.
    """
    contents = {
        name: value.read_bytes() if isinstance(value, Path) else bytes(value)
        for name, value in sorted(files.items())
    }
    for name in contents:
        if not name.isascii() or not all(name.split("/")):
            raise CommandError(f"'{name}' cannot be a name in ROMFS: use ASCII letters")
    # the header's length depends on the image's, also on whether that is odd: try each
    for header, odd in itertools.product(range(_MAGIC_BYTES + 1, _MAGIC_BYTES + 8), (False, True)):
        image, places = _lay_out(contents, header, odd)
        if _payload_start(image) == header:
            return image, places
    raise AssertionError("one of the header's lengths fits")


def _lay_out(
    contents: Mapping[str, bytes], header: int, odd: bool
) -> tuple[bytes, dict[str, int]]:
    """Returns an image, and its files' places, that are right if its payload is at `header`."""
    writer = VfsRomWriter()
    places = {}
    end = header
    for name, data in contents.items():
        # a record is its kind (1 byte), its size (7 bits a byte), its data; an unnamed one pads
        overhead = 1 + max(1, (len(data).bit_length() + 6) // 7)
        gap = -(end + overhead) % ALIGNMENT
        if gap:
            writer.mkdata(bytes(gap - 2 if gap >= 2 else gap - 2 + ALIGNMENT))
        offset = writer.mkdata(data)
        places[name] = (len(data), offset)
        end = header + offset + len(data)
    _add_entries(writer, places)
    if odd:
        writer.mkdata(bytes(1))
    return writer.finalise(), {name: header + offset for name, (_, offset) in places.items()}


def _payload_start(image: bytes) -> int:
    return next(i for i in range(_MAGIC_BYTES, len(image)) if image[i] < 0x80) + 1


def _add_entries(writer: VfsRomWriter, places: Mapping[str, tuple[int, int]]) -> None:
    folders: dict[str, dict[str, tuple[int, int]]] = {}
    for name, place in places.items():
        folder, slash, rest = name.partition("/")
        if slash:
            folders.setdefault(folder, {})[rest] = place
        else:
            writer.mkfile(name, place)
    for folder, inside in folders.items():
        writer.opendir(folder)
        _add_entries(writer, inside)
        writer.closedir()
