"""The one estimate of a board's cycles: pipeline, lines missed in the caches, branches mistaken.

What a line and a branch cost was calibrated on a published measurement of a real board, and the
whole held against others: docs/cycles.md, `python -m host_tools.calibration`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from host_tools.blob.reader import Blob
from host_tools.cycles.lines import Lines, Machine, missed_lines
from host_tools.virtual_board.profiling import Cost

# cycles, in the middle of the 8 to 14 that fit
MISPREDICTION = 11.0


@dataclass(frozen=True)
class BoardCost:
    """A `profiling.Cost` on a machine: `pipeline` are its cycles alone, `cycles` all of them."""

    index: int | None
    name: str
    kernel: str
    instructions: int
    macs: int
    pipeline: int
    mispredictions: int
    lines: Lines
    cycles: int


def board_cycles(pipeline: int, mispredictions: int, lines: Lines, machine: Machine) -> int:
    """Cycles of a board, from what its core, its branch prediction and its caches do."""
    return round(pipeline + MISPREDICTION * mispredictions + machine.cycles(lines))


def on_machine(blob: Blob, costs: Sequence[Cost], machine: Machine) -> list[BoardCost]:
    """What each step of a profile on the virtual board, with its cycles, costs on a machine."""
    found = []
    for cost in costs:
        lines = Lines(0, 0)
        if cost.index is not None:
            operator = blob.operators[cost.index]
            lines = missed_lines(operator.kernel, blob.layer(operator), machine.cache_bytes)
        pipeline = cost.cycles or 0
        cycles = board_cycles(pipeline, cost.mispredictions, lines, machine)
        found.append(
            BoardCost(
                cost.index,
                cost.name,
                cost.kernel,
                cost.instructions,
                cost.macs,
                pipeline,
                cost.mispredictions,
                lines,
                cycles,
            )
        )
    return found
