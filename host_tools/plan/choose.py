"""Chooses each operator's kernel and the layout of its weights, and so scratch, flash and RAM.

The fewest cycles, as predicted for where blob and arena will lie, within what both may take.
Kernels' sizes in flash add up, so the choice for a size is exact (`knapsack`). What the arena
takes at an operator depends on that operator's kernel alone (its scratch, and whether its output
may lie over its input), so where the arena is too large the kernels at its peak are ruled out and
the choice is made again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from host_tools.blob.writer import write_blob
from host_tools.cycles.lines import Machine
from host_tools.errors import CommandError
from host_tools.kernels import KERNELS
from host_tools.labels import Labels
from host_tools.plan.candidates import Candidate, Inexact, examined
from host_tools.plan.knapsack import cheapest
from host_tools.plan.memory import peak_times, plan_memory
from host_tools.plan_types import Plan, PlanOperator

# blocks are aligned, and equal ones kept once, so the sum of sizes may be too large by some bytes
SLACK = 32


@dataclass(frozen=True)
class Limits:
    """Most bytes of the blob (`flash`), with its `labels`, and of the arena (`ram`).

    None for any number. Of the kernels in `force` the first that can compute an operator does, and
    of those in `without` none. `machine` says what lines of the cache cost where blob and arena
    will lie.
    """

    flash: int | None = None
    ram: int | None = None
    labels: Labels = ()
    force: Sequence[str] = ()
    without: Collection[str] = ()
    machine: Machine = Machine()

    def have_room(self, plan: Plan) -> bool:
        """Whether the blob of `plan` is small enough."""
        return self.flash is None or len(write_blob(plan, self.labels)) <= self.flash


def choose_kernels(plan: Plan, limits: Limits) -> Plan:
    """`plan` with kernel, weights and multiply-accumulates of each operator settled, and memory.

    Raises CommandError for limits that no choice meets, with the least that one does.
    """
    counted = []
    for operator in plan.operators:
        macs = KERNELS[operator.kernel].macs(plan.layer(operator))
        counted.append(dataclasses.replace(operator, macs=macs))
    plan = dataclasses.replace(plan, operators=counted)
    found = [examined(plan, operator, limits.machine) for operator in plan.operators]
    options = [
        _forced(_left(plan, operator, possible, limits.without), limits.force)
        for operator, (possible, _) in zip(plan.operators, found, strict=True)
    ]
    room = None if limits.flash is None else _room(plan, options, limits)
    least = None
    for chosen, left in _choices(plan, options, room, limits):
        plan_memory(chosen)
        if limits.ram is None or chosen.arena_size <= limits.ram:
            for operator, had, allowed, now in zip(
                chosen.operators, found, options, left, strict=True
            ):
                operator.why = _why(operator.kernel, *had, allowed, now)
            return chosen
        least = chosen.arena_size if least is None else min(least, chosen.arena_size)
    within = "" if limits.flash is None else f" within --flash {limits.flash}"
    raise CommandError(
        f"--ram {limits.ram} is too small: the smallest possible{within} is {least} bytes"
    )


def _why(
    kernel: str,
    possible: list[Candidate],
    inexact: list[Inexact],
    allowed: list[Candidate],
    left: list[Candidate],
) -> str:
    """Why a kernel was taken: of those possible, allowed, and left once the peak of RAM is met."""
    if len(possible) + len(inexact) == 1:
        return "no other"
    if len(allowed) < len(possible):
        return "asked for"
    own = next(one for one in possible if one.kernel == kernel)
    best = min(possible, key=lambda one: one.cycles)
    if best.cycles < own.cycles:
        return f"less {'flash' if best in left else 'RAM'} than {best.kernel}"
    better = min(inexact, key=lambda one: one.cycles, default=own)
    if isinstance(better, Inexact) and better.cycles < own.cycles:
        return f"{better.kernel} is not exact: {better.why}"
    return "fastest"


def _left(
    plan: Plan, operator: PlanOperator, found: list[Candidate], without: Collection[str]
) -> list[Candidate]:
    """The kernels that the firmware has. Raises CommandError where it has none."""
    left = [candidate for candidate in found if candidate.kernel not in without]
    if not left:
        raise CommandError(
            f"operator {operator.source_index} ({operator.name}) needs {operator.kernel}, which "
            "firmware without what --without names does not have"
        )
    return left


def _forced(found: list[Candidate], force: Sequence[str]) -> list[Candidate]:
    for kernel in force:
        for candidate in found:
            if candidate.kernel == kernel:
                return [candidate]
    return found


def _room(plan: Plan, options: list[list[Candidate]], limits: Limits) -> int:
    """Bytes for parameters and data. Raises CommandError where the smallest blob is too large."""
    assert limits.flash is not None
    smallest = _smallest(options)
    size = len(write_blob(_with(plan, smallest), limits.labels))
    if size > limits.flash:
        raise CommandError(
            f"--flash {limits.flash} is too small: the smallest possible is {size} bytes"
        )
    return limits.flash - size + sum(one.flash for one in smallest) + SLACK


def _smallest(options: list[list[Candidate]]) -> list[Candidate]:
    return [min(group, key=lambda one: one.flash) for group in options]


def _choices(
    plan: Plan, options: list[list[Candidate]], room: int | None, limits: Limits
) -> Iterator[tuple[Plan, list[list[Candidate]]]]:
    """The plan with the fastest kernels, then with the fastest that lower the peak, and so on.

    Each with what it was chosen of.
    """
    while (picked := _within_flash(plan, options, room, limits)) is not None:
        chosen = _with(plan, picked)
        yield chosen, options
        peak = peak_times(chosen)
        options = [
            [one for one in group if time not in peak or one is not picked[time]]
            for time, group in enumerate(options)
        ]
        if not all(options):
            return


def _within_flash(
    plan: Plan, options: list[list[Candidate]], room: int | None, limits: Limits
) -> list[Candidate] | None:
    """The fastest candidates that have room; None where none have."""
    groups = [[(one.flash, one.cycles) for one in group] for group in options]
    while (picks := cheapest(groups, room)) is not None:
        picked = [group[pick] for group, pick in zip(options, picks, strict=True)]
        if limits.have_room(_with(plan, picked)):
            return picked
        room = sum(one.flash for one in picked) - 1
    smallest = _smallest(options)
    return smallest if limits.have_room(_with(plan, smallest)) else None


def _with(plan: Plan, picked: Sequence[Candidate]) -> Plan:
    """A plan of its own with these candidates."""
    chosen = plan.copy()
    chosen.operators = [
        candidate.given_to(operator)
        for operator, candidate in zip(plan.operators, picked, strict=True)
    ]
    return chosen
