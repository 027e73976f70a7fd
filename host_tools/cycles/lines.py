"""How many lines of the data cache a call of a kernel misses, from sizes alone.

A kernel reads its data in the blob from end to end so many times, and its scratch so many times in
each of these passes (its card's `reads`). The cache replaces a line by chance, so what lies
between two reads of a line decides whether it is still there: of n lines missed since, each leaves
it, in a cache of N, with a probability of 1 - 1/N. Inputs and outputs are missed once.
`host_tools.calibration` counts the same lines in a simulated cache.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from host_tools.boards import LINE_BYTES, Board
from host_tools.fits import memories
from host_tools.kernels import KERNELS
from host_tools.kernels.layer import Layer

_STEPS = 50


@dataclass(frozen=True)
class Lines:
    """Lines missed: of the blob, and of the arena."""

    blob: float
    arena: float


@dataclass(frozen=True)
class Machine:
    """What the estimate needs of a board: its data cache, and cycles a line where things lie.

    A line of internal flash: in the middle of the 10 to 12 that fit a published measurement
    (docs/cycles.md). A line of RAM: four beats of 64 bits at half the core's clock. The defaults
    are an STM32H743 with its blob in internal flash.
    """

    cache_bytes: int = 16 * 1024
    blob_line_cycles: float = 11.0
    arena_line_cycles: float = 8.0

    def cycles(self, lines: Lines) -> float:
        return lines.blob * self.blob_line_cycles + lines.arena * self.arena_line_cycles


def machine_of(
    board: Board | None, place: str | None = None, blob_bytes: int = 0, arena_bytes: int = 0
) -> Machine:
    """Of a blob of this size at `place` on a board; without a board, of internal flash or RAM."""
    if board is None:
        return Machine(blob_line_cycles=Machine.arena_line_cycles) if place == "ram" else Machine()
    blob, arena = memories(board, blob_bytes, arena_bytes, place)
    assert blob is not None, "place_of refuses places that a board lacks"
    cycles = [memory.cycles_a_line(board.clock_mhz) for memory in (blob, arena)]
    return Machine(board.cache_bytes, *cycles)


def missed_lines(kernel: str, layer: Layer, cache_bytes: int) -> Lines:
    """The lines that a call of `kernel` misses in a cache of this size."""
    card = KERNELS[kernel]
    passes, rereads = card.reads(layer)
    data = sum(card.block_sizes(layer).values()) / LINE_BYTES
    scratch = card.scratch(layer) / LINE_BYTES if rereads else 0.0
    room = cache_bytes / LINE_BYTES
    tensors = sum(math.prod(shape) for shape in (layer.output, *layer.inputs)) / LINE_BYTES
    again, scratch_again = data, scratch
    for _ in range(_STEPS):
        between = again + tensors / passes
        scratch_again = scratch * _lost(between / max(1, rereads) + scratch_again, room)
        again = data * _lost(between + rereads * scratch_again, room)
    scratch += max(0, passes * rereads - 1) * scratch_again
    return Lines(data + (passes - 1) * again, tensors + scratch)


def _lost(missed: float, room: float) -> float:
    """The chance that a line was replaced by one of so many missed since."""
    return 1 - math.exp(-missed / room) if room else 1.0
