# Asks the program that started this board, host_tools/virtual_board/mailbox.py, through memory
# that both see. Nothing else of the computer is within reach.
import struct
import time

import virtual_board
from micropython import const

# in bytes from the mailbox's start; numbers are u32, little-endian
_MAGIC = const(0x4C494D49)
_START = const(4)  # of a headless script: the bytes of its words and of its text
_REQUEST = const(16)  # number, bytes of the name, a word, bytes of content
_REPLY = const(32)  # number, how it went, bytes of content
_SENT = const(64)
_GIVEN = const(1 << 19)

_ENDED = const(1)
_UNKNOWN = const(2)

_box = virtual_board.mailbox


def _is_there():
    return struct.unpack_from("<I", _box, 0)[0] == _MAGIC


def _put(at, content):
    # to a slice of its own: else MicroPython copies all that lies behind it onto itself
    part = _box[at : at + len(content)]
    part[:] = content


def ask(name, word, content=b"", into=None):
    """Sends a word of 32 bits and content to what the computer has under this name.

    The reply fills `into` from its start on; returns its size. Where nothing more comes, the
    computer's last words are printed, and the script ends. OSError where nobody has that name.
    """
    encoded = name.encode()
    if not _is_there() or _SENT + len(encoded) + len(content) > _GIVEN:
        raise OSError(19, name)
    number = struct.unpack_from("<I", _box, _REQUEST)[0] + 1 & 0xFFFFFFFF
    _put(_SENT, encoded)
    _put(_SENT + len(encoded), content)
    struct.pack_into("<III", _box, _REQUEST + 4, len(encoded), word, len(content))
    struct.pack_into("<I", _box, _REQUEST, number)
    while struct.unpack_from("<I", _box, _REPLY)[0] != number:
        time.sleep_ms(1)
    went, size = struct.unpack_from("<II", _box, _REPLY + 4)
    given = _box[_GIVEN : _GIVEN + size]
    if went == _UNKNOWN:
        raise OSError(2, name)
    if went == _ENDED:
        print(str(given, "utf8"))
        raise SystemExit
    if size:
        part = memoryview(into)[:size]
        part[:] = given
    return size


def has(name):
    """Tells whether the computer has something under this name."""
    try:
        ask("", 0, name.encode())
    except OSError:
        return False
    return True


def write(name, content):
    """Gives the computer these bytes under this name, after those that it has under it."""
    view = memoryview(content)
    encoded = name.encode()
    for start in range(0, max(1, len(view)), 1 << 15):
        ask("write", len(encoded), encoded + bytes(view[start : start + (1 << 15)]))


def script():
    """The words of a headless script, its name first, and its text; None where there is none."""
    words, size = struct.unpack_from("<II", _box, _START)
    if not _is_there() or not words:
        return None
    end = _SENT + words
    return str(_box[_SENT:end], "utf8").split("\0"), str(_box[end : end + size], "utf8")
