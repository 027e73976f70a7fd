"""Bytes to a board and back, in base64 through its REPL: every byte value passes any REPL."""

from __future__ import annotations

import base64
from collections.abc import Callable

from host_tools.device.connection import Device

# bytes a piece: a small heap has room for it several times
PIECE = 2048
# called with the bytes sent so far
Progress = Callable[[int], None]


def send(device: Device, data: bytes, write: str, progress: Progress | None = None) -> None:
    """Sends `data` by pieces: for each, `write` runs on the board, on `piece` and its `offset`."""
    for start in range(0, len(data), PIECE):
        text = base64.b64encode(data[start : start + PIECE]).decode("ascii")
        device.exec(f"offset = {start}\npiece = a2b_base64('{text}')\n{write}")
        if progress:
            progress(min(start + PIECE, len(data)))


def fetch(device: Device, buffer: str) -> bytes:
    """The bytes of an expression that is a buffer on the board."""
    return base64.b64decode(device.exec(f"show({buffer})"))
