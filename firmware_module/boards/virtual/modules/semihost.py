# Files of the computer that runs QEMU, through Arm semihosting. Paths are the computer's.
# Operation numbers: Arm, "Semihosting for AArch32 and AArch64".
import struct

import micropython
import uctypes
from micropython import const

_OPEN = const(0x01)
_CLOSE = const(0x02)
_WRITE = const(0x05)
_READ = const(0x06)
_SEEK = const(0x0A)
_LENGTH = const(0x0C)
_COMMAND_LINE = const(0x15)

_MODE_READ = const(1)
_MODE_WRITE = const(5)


@micropython.asm_thumb
def _call(r0, r1):
    data(2, 0xBEAB)  # noqa: F821 (bkpt 0xAB)


def _operation(number, *words):
    block = struct.pack("<%dI" % len(words), *words)
    return _call(number, uctypes.addressof(block))


def _open(path, mode):
    name = path.encode() + b"\0"
    handle = _operation(_OPEN, uctypes.addressof(name), mode, len(name) - 1)
    if handle == -1:
        raise OSError(2, path)
    return handle


def size(path):
    """Tells the size of a file in bytes."""
    handle = _open(path, _MODE_READ)
    count = _operation(_LENGTH, handle)
    _operation(_CLOSE, handle)
    return count


def readinto(path, buffer, offset=0):
    """Fills the buffer from the file, from this offset on; returns the number of bytes read."""
    handle = _open(path, _MODE_READ)
    left = len(buffer)
    if not _operation(_SEEK, handle, offset):
        left = _operation(_READ, handle, uctypes.addressof(buffer), len(buffer))
    _operation(_CLOSE, handle)
    return len(buffer) - left


def read(path):
    """Returns the whole file as a bytearray."""
    buffer = bytearray(size(path))
    readinto(path, buffer)
    return buffer


def write(path, buffer):
    """Makes the file hold these bytes."""
    handle = _open(path, _MODE_WRITE)
    left = _operation(_WRITE, handle, uctypes.addressof(buffer), len(buffer))
    _operation(_CLOSE, handle)
    if left:
        raise OSError(28, path)


def arguments():
    """Returns the words of the command line given to QEMU, in which %XX stands for a byte."""
    buffer = bytearray(4096)
    block = bytearray(struct.pack("<II", uctypes.addressof(buffer), len(buffer)))
    if _call(_COMMAND_LINE, uctypes.addressof(block)):
        raise OSError(7, "command line over 4096 bytes")
    line = bytes(buffer[: struct.unpack("<II", block)[1]]).rstrip(b"\0")
    return [_unquote(word) for word in line.split()]


def _unquote(word):
    first, *rest = word.split(b"%")
    return (first + b"".join(bytes([int(p[:2], 16)]) + p[2:] for p in rest)).decode()
