# What only a deploy needs of the ROMFS partition, beside micropython_lib/inkling_rom.py.
# ruff: noqa: F821
import os
import struct
from binascii import crc32

import uctypes


def seal(start, size):
    # marks a staged image as whole, behind it
    write(
        seal_of(start, size), struct.pack("<24sII", STAGED, size, crc32(rom[start : start + size]))
    )
    if staged() != (start, size):
        raise OSError(5)


def seal_file(path, size):
    # the same behind an image in a file
    with open(path, "rb") as file:
        crc = crc_of(size, reader(file))
    with open(path, "ab") as file:
        file.write(bytes(seal_of(0, size) - size))
        file.write(struct.pack("<24sII", STAGED, size, crc))


def files(folder):
    # (path, offset in rom, size, CRC-32) of each file
    found = []
    for entry in os.ilistdir(folder):
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            found += files(path)
            continue
        with open(path, "rb") as file:
            data = memoryview(file)
        offset = uctypes.addressof(data) - uctypes.addressof(rom) if len(data) else 0
        found.append((path, offset, len(data), crc32(data)))
    return found
