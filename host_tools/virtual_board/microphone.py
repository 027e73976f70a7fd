"""Gives the virtual board's microphone its samples while a script runs.

The board's side is micropython_lib/virtual_microphone.py. A request's word is the rate in Hz, plus
2^31 where the sound begins anew; int16 samples come back, 0.1 s of them or fewer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.places import BOARD_LIBRARY
from host_tools.sound import Samples, Source
from host_tools.virtual_board.mailbox import Exchange

LAST_SOUND = "that was the last sound"
_BEGIN = 1 << 31
_LOWEST_HZ, _HIGHEST_HZ = 1000, 192_000


class Microphone(Exchange):
    """Serves the samples of a source to one virtual board."""

    last_words = LAST_SOUND
    called = "virtual microphone"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._blocks: Iterator[Samples] = iter(())

    def romfs(self) -> dict[str, bytes | Path | Exchange]:
        """What the board needs in /rom, and itself."""
        name = "virtual_microphone.py"
        return {"microphone": self, name: BOARD_LIBRARY / name}

    def answer(self, word: int, content: bytes) -> bytes | None:
        if word & _BEGIN:
            rate = word ^ _BEGIN
            if not _LOWEST_HZ <= rate <= _HIGHEST_HZ:
                raise CommandError(
                    f"it has {_LOWEST_HZ} to {_HIGHEST_HZ} samples a second, not {rate}"
                )
            self._blocks = self._source(rate)
        block = next(self._blocks, None)
        return None if block is None else block.astype("<i2").tobytes()
