"""Draws the arena with characters: a row a band of addresses, a column an operator."""

from __future__ import annotations

from host_tools.arena.occupancy import Occupant

MOST_ROWS = 16
ALIGNMENT = 16
CELL = 3


def terminal_picture(found: list[Occupant], arena_size: int, operators: int, width: int) -> str:
    """The picture, at most `width` characters wide; more operators go to further panels.

    A cell shows the number of the operator that wrote what takes most of its band: `in` is a
    network's input, `::` scratch and `.` free.
    """
    rows = min(MOST_ROWS, -(-arena_size // ALIGNMENT))
    band = -(-arena_size // (rows * ALIGNMENT)) * ALIGNMENT
    rows = -(-arena_size // band)
    margin = len(f"{arena_size:,}") + 2
    panel = max(1, (width - margin) // CELL)
    parts = []
    for first in range(0, operators, panel):
        times = range(first, min(first + panel, operators))
        lines = [" " * margin + "".join(f"{time:>{CELL}}" for time in times)]
        for row in range(rows):
            cells = "".join(
                f"{_cell(found, row * band, (row + 1) * band, time):>{CELL}}" for time in times
            )
            lines.append(f"{row * band:>{margin - 1},} {cells}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _cell(found: list[Occupant], start: int, end: int, time: int) -> str:
    def covered(occupant: Occupant) -> int:
        return min(end, occupant.offset + occupant.size) - max(start, occupant.offset)

    here = [o for o in found if o.first <= time <= o.last and covered(o) > 0]
    if not here:
        return "."
    # of an in-place operator's input and output, which cover the same, the output
    most = max(reversed(here), key=lambda o: (covered(o), o.first))
    if most.kind == "scratch":
        return "::"
    if most.kind == "state":
        return "st"
    return "in" if most.source is None else str(most.source)
