"""Chooses each operator's kernel and the layout of its weights, and so scratch, flash and RAM.

The fewest predicted cycles within what the blob and the arena may take. Kernels' sizes in flash
add up, so the choice for a size is exact (`knapsack`). What the arena takes at an operator depends
on that operator's kernel alone (its scratch, and whether its output may lie over its input), so
where the arena is too large the kernels at its peak are ruled out and the choice is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from host_tools.errors import CommandError
from host_tools.plan.candidates import Candidate, candidates
from host_tools.plan.knapsack import cheapest
from host_tools.plan.memory import peak_times, plan_memory
from host_tools.plan.types import Plan
from host_tools.plan.work import work

# blocks are aligned, and equal ones kept once, so the sum of sizes may be too large by some bytes
SLACK = 32
MULTIPLYING = ("conv_s8", "depthwise_conv_s8", "fully_connected_s8")


@dataclass(frozen=True)
class Limits:
    """Most bytes of the blob (`flash`) and of the arena (`ram`); None for any number.

    `blob_size` gives the bytes of a plan's blob, labels and all. Of the kernels in `force` the
    first that can compute an operator does.
    """

    flash: int | None = None
    ram: int | None = None
    blob_size: Callable[[Plan], int] | None = None
    force: Sequence[str] = ()


def choose_kernels(plan: Plan, limits: Limits) -> None:
    """Settles kernel, weights and multiply-accumulates of each operator of `plan`, and its memory.

    Raises CommandError for limits that no choice meets, with the least that one does.
    """
    options = []
    for operator in plan.operators:
        operator.macs = work(plan, operator) if operator.kernel in MULTIPLYING else 0
        options.append(_forced(candidates(plan, operator), limits.force))
    room = None if limits.flash is None else _room(plan, options, limits)
    least = None
    for _ in _choices(plan, options, room, limits):
        plan_memory(plan)
        if limits.ram is None or plan.arena_size <= limits.ram:
            return
        least = plan.arena_size if least is None else min(least, plan.arena_size)
    within = "" if limits.flash is None else f" within --flash {limits.flash}"
    raise CommandError(
        f"--ram {limits.ram} is too small: the smallest possible{within} is {least} bytes"
    )


def _forced(found: list[Candidate], force: Sequence[str]) -> list[Candidate]:
    for kernel in force:
        for candidate in found:
            if candidate.kernel == kernel:
                return [candidate]
    return found


def _room(plan: Plan, options: list[list[Candidate]], limits: Limits) -> int:
    """Bytes for parameters and data. Raises CommandError where the smallest blob is too large."""
    assert limits.flash is not None and limits.blob_size is not None
    smallest = _smallest(options)
    _give(plan, smallest)
    size = limits.blob_size(plan)
    if size > limits.flash:
        raise CommandError(
            f"--flash {limits.flash} is too small: the smallest possible is {size} bytes"
        )
    return limits.flash - size + sum(one.flash for one in smallest) + SLACK


def _smallest(options: list[list[Candidate]]) -> list[Candidate]:
    return [min(group, key=lambda one: one.flash) for group in options]


def _choices(
    plan: Plan, options: list[list[Candidate]], room: int | None, limits: Limits
) -> Iterator[None]:
    """Gives the operators the fastest kernels, then the fastest that lower the peak, and so on."""
    while (picked := _within_flash(plan, options, room, limits)) is not None:
        yield
        for time in peak_times(plan):
            options[time] = [one for one in options[time] if one is not picked[time]]
        if not all(options):
            return


def _within_flash(
    plan: Plan, options: list[list[Candidate]], room: int | None, limits: Limits
) -> list[Candidate] | None:
    """Gives the operators the fastest candidates that have room; None where none have."""
    groups = [[(one.flash, one.cost.cycles) for one in group] for group in options]
    while (picks := cheapest(groups, room)) is not None:
        picked = [group[pick] for group, pick in zip(options, picks, strict=True)]
        if _fits(plan, picked, limits):
            return picked
        room = sum(one.flash for one in picked) - 1
    smallest = _smallest(options)
    return smallest if _fits(plan, smallest, limits) else None


def _fits(plan: Plan, picked: Sequence[Candidate], limits: Limits) -> bool:
    """Gives the operators these candidates; whether the blob is small enough then."""
    _give(plan, picked)
    if limits.flash is None or limits.blob_size is None:
        return True
    return limits.blob_size(plan) <= limits.flash


def _give(plan: Plan, picked: Sequence[Candidate]) -> None:
    for operator, candidate in zip(plan.operators, picked, strict=True):
        candidate.give(operator)
