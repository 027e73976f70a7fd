# The ROMFS partition; host_tools/device/rom.py says how it is written and why.
import os
import struct
from binascii import crc32

import micropython
import uctypes
import vfs

UNIT = 32
MAGIC = b"\xd2\xcd1"
STAGED = b"inkling staged image"

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
    if bytes(rom[start : start + 3]) != MAGIC:
        return 0
    size = 0
    for at in range(start + 3, start + 12):
        size = size << 7 | rom[at] & 127
        if rom[at] < 128:
            size += at + 1 - start
            return size if size <= len(rom) - start else 0
    return 0


def erase(start, length):
    end = start + length
    if not block:
        check(vfs.rom_ioctl(3, 0, end))
    while block and start < end:
        check(vfs.rom_ioctl(3, 0, start, block))
        start += block
        print(".", end="")


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


def finish(first):
    write(0, first)
    vfs.rom_ioctl(5, 0)
    mount()


def commit(size, readinto):
    # the first bytes are erased first and written last: the image is old, none or new
    micropython.kbd_intr(-1)
    try:
        unmount()
        erase(0, size)
        copy(size, readinto)
    finally:
        micropython.kbd_intr(3)


def copy(size, readinto):
    buffer = bytearray(2048)
    for start in range(0, size, len(buffer)):
        part = memoryview(buffer)[: min(size - start, len(buffer))]
        readinto(start, part)
        if start:
            write(start, part)
        else:
            first = bytes(part[:UNIT])
            write(UNIT, part[UNIT:])
        print(".", end="")
    finish(first)


def seal(start, size):
    # marks a staged image as whole, behind it
    at = start + (size + UNIT - 1) // UNIT * UNIT
    write(at, struct.pack("<24sII", STAGED, size, crc32(rom[start : start + size])))


def commit_part(begin, size):
    def readinto(start, part):
        # by way of RAM: while flash is written, some cannot be read
        part[:] = rom[begin + start : begin + start + len(part)]

    commit(size, readinto)


def commit_file(path, size):
    with open(path, "rb") as file:

        def readinto(start, part):
            file.seek(start)
            file.readinto(part)

        commit(size, readinto)
    os.remove(path)


def staged():
    # (start, size) of a whole staged image behind the front, or None
    for start in range(block, len(rom), block) if block else ():
        size = image_size(start)
        at = start + (size + UNIT - 1) // UNIT * UNIT
        if not size or bytes(rom[at : at + len(STAGED)]) != STAGED:
            continue
        length, crc = struct.unpack("<II", rom[at + UNIT - 8 : at + UNIT])
        if length == size and crc32(rom[start : start + size]) == crc:
            return start, size


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
