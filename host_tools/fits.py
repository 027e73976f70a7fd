"""Whether a blob and its arena fit a board, and how many bytes are missing where they do not.

The sizes are those of the board's file. What the firmware and scripts take of the heap is not in
them, so "fits" means: as far as the memory goes. `deploy` and `install` ask the board itself.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import Any

from host_tools.boards import Board, Memory

NAMES = {"rom": "/rom", "flash": "internal flash", "ram": "the heap"}


@dataclass(frozen=True)
class Fit:
    """Bytes that something needs of a memory, and those it has; `spare` may be negative."""

    what: str
    where: str
    needed: int
    has: int

    @property
    def spare(self) -> int:
        return self.has - self.needed

    def __str__(self) -> str:
        verdict = f"{self.spare:,} to spare" if self.spare >= 0 else f"{-self.spare:,} too few"
        return f"{self.what}: {self.needed:,} bytes of {self.has:,} in {self.where}, {verdict}"


def usable(heap_bytes: int) -> int:
    """Bytes of a piece of MicroPython's heap that objects can have.

    Three bytes of tables (py/gc.c: allocation and finaliser table) go with each 8 blocks of 16.
    """
    return heap_bytes * 128 // 131


def memories(
    board: Board, blob_bytes: int, arena_bytes: int, place: str | None = None
) -> tuple[Memory | None, Memory]:
    """Where a blob at `place` (default: the board's usual one) and its arena lie; None: nowhere.

    Each takes a piece of the heap, or a part of one: as little as possible is missing, then as
    fast as possible.
    """
    place = place or board.usual_place
    heap = board.at("ram")
    if place == "ram":
        ways: list[tuple[Memory | None, Memory]] = list(itertools.product(heap, heap))
    else:
        there = board.at(place)
        ways = [(there[0] if there else None, piece) for piece in heap]

    def cost(way: tuple[Memory | None, Memory]) -> tuple[int, float]:
        lines = [one.cycles_a_line(board.clock_mhz) for one in way if one is not None]
        return _missing(_fits(way, blob_bytes, arena_bytes, place)), sum(lines)

    return min(ways, key=cost)


def fits(board: Board, blob_bytes: int, arena_bytes: int, place: str | None = None) -> list[Fit]:
    """What a blob and its arena need, and have there, an entry a memory: see `memories`."""
    way = memories(board, blob_bytes, arena_bytes, place)
    return _fits(way, blob_bytes, arena_bytes, place or board.usual_place, board.name)


def _fits(
    way: tuple[Memory | None, Memory],
    blob_bytes: int,
    arena_bytes: int,
    place: str,
    board: str = "",
) -> list[Fit]:
    memory, piece = way
    where, has = f"the heap ({piece.kind})", usable(piece.bytes or 0)
    if memory is piece:
        return [Fit("blob and arena", where, blob_bytes + arena_bytes, has)]
    arena = Fit("arena", where, arena_bytes, has)
    if memory is None:
        return [Fit("blob", f"{NAMES[place]}, which {board} lacks", blob_bytes, 0), arena]
    size = memory.bytes or 0
    room = usable(size) if place == "ram" else size
    return [Fit("blob", f"{NAMES[place]} ({memory.kind})", blob_bytes, room), arena]


def _missing(found: list[Fit]) -> int:
    return sum(max(0, -one.spare) for one in found)


def all_fit(found: list[Fit]) -> bool:
    return _missing(found) == 0


def lines(board: Board, found: list[Fit]) -> list[str]:
    """For people: a verdict, then a line a memory."""
    verdict = "fits" if all_fit(found) else f"does not fit: {_missing(found):,} bytes too many"
    return [f"{board.title} ({board.name}): {verdict}", *(f"  {one}" for one in found)]


def report(board: Board, found: list[Fit]) -> dict[str, Any]:
    """For programs."""
    memories = [{**asdict(one), "spare": one.spare} for one in found]
    return {"board": board.name, "fits": all_fit(found), "memories": memories}
