"""Whether a blob and its arena fit a board, and how many bytes are missing where they do not.

The sizes are those of the board's file. What the firmware and scripts take of the heap is not in
them, so "fits" means: as far as the memory goes. `deploy` and `install` ask the board itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
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


def fits(board: Board, blob_bytes: int, arena_bytes: int, place: str | None = None) -> list[Fit]:
    """What a blob at `place` (default: the board's usual one) and its arena need, and have there.

    One entry a memory. In the heap each needs a piece of its own or a part of one; the pieces are
    taken as they lack the least.
    """
    place = place or board.usual_place
    heap = board.at("ram")
    if place == "ram":
        return _in_heap({"blob": blob_bytes, "arena": arena_bytes}, heap)
    found = _in_heap({"arena": arena_bytes}, heap)
    memories = board.at(place)
    if not memories:
        return [Fit("blob", f"{NAMES[place]}, which {board.name} lacks", blob_bytes, 0), *found]
    [memory] = memories
    where = f"{NAMES[place]} ({memory.kind})"
    return [Fit("blob", where, blob_bytes, memory.bytes or 0), *found]


def _in_heap(blocks: Mapping[str, int], pieces: tuple[Memory, ...]) -> list[Fit]:
    def of(ways: Iterable[int]) -> list[Fit]:
        found = []
        for number, piece in enumerate(pieces):
            here = [what for what, way in zip(blocks, ways, strict=True) if way == number]
            if here:
                needed = sum(blocks[what] for what in here)
                where = f"the heap ({piece.kind})"
                found.append(Fit(" and ".join(here), where, needed, usable(piece.bytes or 0)))
        return found

    ways = itertools.product(range(len(pieces)), repeat=len(blocks))
    return min((of(way) for way in ways), key=_missing)


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
