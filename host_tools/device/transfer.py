"""Bytes to a board and back, in base64 through its REPL: every byte value passes any REPL."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from host_tools.device.connection import Device

# bytes a piece: a small heap has room for it several times
PIECE = 2048
# what the slowest serial port carries, at 115200 baud, to be sure
_BYTES_A_SECOND = 5000
# called with the bytes sent so far
Progress = Callable[[int], None]


def send(
    device: Device,
    data: bytes,
    write: str,
    progress: Progress | None = None,
    *,
    copies: Sequence[tuple[int, int, int]] = (),
) -> None:
    """Sends `data` by pieces: for each, `write` runs on the board, on `piece` and its `offset`.

    `copies` are parts of `data` that the board has, and that are not sent: their start, where they
    begin in the board's `rom`, and their size.
    """
    for start in range(0, len(data), PIECE):
        piece = data[start : start + PIECE]
        own = []
        for at, old, size in copies:
            begin, end = max(at, start), min(at + size, start + len(piece))
            if begin < end:
                own.append((begin - start, end - start, old + begin - at))
        if own and own[0][:2] == (0, len(piece)):
            made = f"bytearray({len(piece)})"
        else:
            made = f"bytearray(a2b_base64('{base64.b64encode(piece).decode('ascii')}'))"
        moves = "".join(f"piece[{a}:{b}] = rom[{old}:{old + b - a}]\n" for a, b, old in own)
        device.exec(f"offset = {start}\npiece = {made}\n{moves}{write}")
        if progress:
            progress(min(start + PIECE, len(data)))


def fetch(device: Device, buffer: str, size: int) -> bytes:
    """The bytes of an expression that is a buffer of this size on the board."""
    # four characters for three bytes, and ends of lines
    text = device.exec(f"show({buffer})", seconds=8 + size / _BYTES_A_SECOND, most=2 * size + 4096)
    try:
        data = base64.b64decode(text)
    except ValueError:
        raise device.nonsense() from None
    if len(data) != size:
        raise device.nonsense()
    return data
