# The ROMFS partition, and what finishes the copy of a new image to its front.
# host_tools/device/rom.py says how it is written and why.
import os
import struct
import sys
from binascii import crc32

import micropython
import vfs

UNIT = 32
MAGIC = b"\xd2\xcd1"
# of 24 bytes with zeros; an earlier one was left behind images that are in use
STAGED = b"inkling image to take"
STAGED_FILE = ".inkling-rom.img"

unit = UNIT  # what decides last is written in one piece of this size
rom = None
if hasattr(vfs, "rom_ioctl") and vfs.rom_ioctl(1) > 0:
    rom = vfs.rom_ioctl(2, 0)
    if not isinstance(rom, memoryview):
        rom = None
block = vfs.rom_ioctl(6, 0) if rom else 0
if rom and not 0 < block < len(rom):
    block = 0


def check(code):
    if code < 0:
        raise OSError(-code)


def image_size(start):
    # bytes of the image that begins there, 0 for none
    if rom[start] != MAGIC[0] or bytes(rom[start : start + 3]) != MAGIC:
        return 0
    size = 0
    for at in range(start + 3, start + 12):
        size = size << 7 | rom[at] & 127
        if rom[at] < 128:
            size += at + 1 - start
            return size if size <= len(rom) - start else 0
    return 0


def erase(start, length):
    global unit
    end = start + length
    if not block:
        code = vfs.rom_ioctl(3, 0, end)
        check(code)
    while block and start < end:
        code = vfs.rom_ioctl(3, 0, start, block)
        check(code)
        start += block
        print(".", end="")
    # words of 4 bytes can be written alone; the STM32 port says 16 also where they are of 32
    unit = 4 if code == 4 else UNIT


def write(start, data):
    odd = len(data) % UNIT
    if odd:
        data = bytes(data) + b"\xff" * (UNIT - odd)
    check(vfs.rom_ioctl(4, 0, start, data))


def unmount():
    try:
        vfs.umount("/rom")
    except OSError:
        pass


def mount():
    unmount()
    vfs.mount(vfs.VfsRom(rom), "/rom")
    if "/rom" not in sys.path:  # as at a start that finds an image
        sys.path.insert(2, "/rom")
        sys.path.insert(3, "/rom/lib")


def put_first(first):
    first += b"\xff" * (UNIT - len(first))
    if unit < UNIT:
        check(vfs.rom_ioctl(4, 0, unit, first[unit:]))
    check(vfs.rom_ioctl(4, 0, 0, first[:unit]))
    vfs.rom_ioctl(5, 0)
    mount()


def commit(size, readinto):
    # the first bytes are erased first and written last. What is staged stays until the front is
    # the same: whatever ends the board before, the next open_partition does this again
    micropython.kbd_intr(-1)
    try:
        if not same(size, readinto):
            unmount()
            erase(0, size)
            copy(size, readinto)
            if not same(size, readinto):
                unmount()
                raise OSError(5)
        else:
            mount()
    finally:
        micropython.kbd_intr(3)


def parts(size, readinto):
    # a piece of the staged image after the other, by way of RAM: while flash is written, some
    # cannot be read
    buffer = bytearray(2048)
    for start in range(0, size, len(buffer)):
        part = memoryview(buffer)[: min(size - start, len(buffer))]
        readinto(start, part)
        yield start, part


def same(size, readinto):
    return all(part == rom[start : start + len(part)] for start, part in parts(size, readinto))


def copy(size, readinto):
    for start, part in parts(size, readinto):
        if start:
            write(start, part)
        else:
            first = bytes(part[:UNIT])
            write(UNIT, part[UNIT:])
        print(".", end="")
    put_first(first)


def seal_of(start, size):
    return start + (size + UNIT - 1) // UNIT * UNIT


def commit_part(begin, size):
    def readinto(start, part):
        part[:] = rom[begin + start : begin + start + len(part)]

    commit(size, readinto)
    # else a later commit that is cut would find it
    erase(seal_of(begin, size) // block * block, 1)


def reader(file):
    def readinto(start, part):
        file.seek(start)
        file.readinto(part)

    return readinto


def commit_file(path, size):
    if hasattr(os, "sync"):
        os.sync()
    with open(path, "rb") as file:
        commit(size, reader(file))
    os.remove(path)
    if hasattr(os, "sync"):
        os.sync()


def staged():
    # (start, size) of a whole staged image behind the front, or None
    for start in range(block, len(rom), block) if block else ():
        size = image_size(start)
        at = seal_of(start, size)
        if not size or bytes(rom[at : at + len(STAGED)]) != STAGED:
            continue
        length, crc = struct.unpack("<II", rom[at + UNIT - 8 : at + UNIT])
        if length == size and crc32(rom[start : start + size]) == crc:
            return start, size


def crc_of(size, readinto):
    crc = 0
    for _, part in parts(size, readinto):
        crc = crc32(part, crc)
    return crc


def staged_file(path):
    # the size of the whole image in that file, 0 for none, or where a sector of it is worn out
    seal = bytearray(UNIT)
    try:
        length = os.stat(path)[6]
        with open(path, "rb") as file:
            if length > UNIT:
                reader(file)(length - UNIT, seal)
            name, size, crc = struct.unpack("<24sII", seal)
            if name[: len(STAGED)] != STAGED or seal_of(0, size) + UNIT != length:
                return 0
            return size if size <= len(rom) and crc_of(size, reader(file)) == crc else 0
    except OSError:
        return 0


def waiting(home):
    # (path or start, size) of a staged image that is whole, or None
    path = home + "/" + STAGED_FILE
    size = staged_file(path)
    return (path, size) if size else staged()


def commit_staged(place, size):
    (commit_file if isinstance(place, str) else commit_part)(place, size)


def finish(home):
    found = waiting(home) if rom else None
    if found:
        commit_staged(*found)
