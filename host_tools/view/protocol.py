"""What a board prints, taken apart: text, frames among it, and the end of the script.

A frame is MAGIC, two u32 (little-endian): bytes that follow and their CRC-32; then a u32, bytes of
the description in JSON, the description, and the pixels. The board's side is
host_tools/device/on_board/view.py. Nothing is taken on trust: what is no whole frame is told and
dropped, and a board that stops in the middle of one is waited for no longer than STALL_SECONDS.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"\x1e\x00INK"
_SIZES = struct.Struct("<II")
_DESCRIPTION = struct.Struct("<I")
_HEAD_BYTES = len(MAGIC) + _SIZES.size
# a camera's frame of 5 megapixels in JPEG, or of one in RGB565
MOST_BYTES = 4 << 20
STALL_SECONDS = 2.0
# of what a script raises
MOST_TRACEBACK = 1 << 16
# the raw REPL's marks: the end of what was printed, that of the traceback, the prompt
_END = b"\x04"
_END_OF_SCRIPT = re.compile(rb"\x04([^\x04]*)\x04>?\Z")


@dataclass(frozen=True)
class Printed:
    data: bytes


@dataclass(frozen=True)
class Message:
    description: bytes
    pixels: bytes


@dataclass(frozen=True)
class Damaged:
    """So many bytes that begin like a frame and are none."""

    size: int


@dataclass(frozen=True)
class Ended:
    """The script's end; `traceback` is empty after a good one."""

    traceback: bytes


Event = Printed | Message | Damaged | Ended


class Splitter:
    """Takes bytes as they come. After Ended it takes nothing more."""

    def __init__(self) -> None:
        self._kept = b""
        self._ended = False  # what was printed has; the traceback follows
        self._since = 0.0
        self.over = False

    def take(self, data: bytes, now: float) -> Iterator[Event]:
        """The events that `data` makes whole; `now` is in seconds, and grows from call to call."""
        if data:
            self._since = now
        self._kept += data
        stalled = now - self._since > STALL_SECONDS
        while not self.over and self._kept:
            before = len(self._kept), self._ended
            yield from self._traceback() if self._ended else self._next(stalled)
            if (len(self._kept), self._ended) == before:
                return

    def _traceback(self) -> Iterator[Event]:
        text, end, _ = self._kept.partition(_END)
        if end or len(text) > MOST_TRACEBACK:
            self.over = True
            yield Ended(text[:MOST_TRACEBACK])

    def _next(self, stalled: bool) -> Iterator[Event]:
        frame = self._kept.find(MAGIC)
        end = self._kept.find(_END)
        if end >= 0 and (frame < 0 or end < frame):
            yield from self._printed(end)
            self._kept = self._kept[1:]
            self._ended = True
        elif frame > 0:
            yield from self._printed(frame)
        elif frame == 0:
            yield from self._frame(stalled)
        else:
            # the beginning of what may become MAGIC stays
            most = min(len(MAGIC) - 1, len(self._kept))
            begun = next((n for n in range(most, 0, -1) if self._kept.endswith(MAGIC[:n])), 0)
            yield from self._printed(len(self._kept) - (0 if stalled else begun))

    def _printed(self, size: int) -> Iterator[Event]:
        if size:
            text, self._kept = self._kept[:size], self._kept[size:]
            yield Printed(text)

    def _frame(self, stalled: bool) -> Iterator[Event]:
        """At the start of what is kept is MAGIC."""
        if len(self._kept) >= _HEAD_BYTES:
            size, crc = _SIZES.unpack_from(self._kept, len(MAGIC))
            if size > MOST_BYTES or size < _DESCRIPTION.size:
                yield from self._damaged()
                return
            if len(self._kept) >= _HEAD_BYTES + size:
                body = self._kept[_HEAD_BYTES : _HEAD_BYTES + size]
                [length] = _DESCRIPTION.unpack_from(body)
                if zlib.crc32(body) != crc or length > size - _DESCRIPTION.size:
                    yield from self._damaged()
                    return
                self._kept = self._kept[_HEAD_BYTES + size :]
                start = _DESCRIPTION.size
                yield Message(body[start : start + length], body[start + length :])
                return
        if stalled:
            yield from self._damaged()

    def _damaged(self) -> Iterator[Event]:
        """Drops all up to the next frame, or the end of the script, or all."""
        size = self._kept.find(MAGIC, 1)
        if size < 0:
            end = _END_OF_SCRIPT.search(self._kept)
            size = end.start() if end else len(self._kept)
        self._kept = self._kept[size:]
        yield Damaged(size)
