"""Places a plan's tensors and scratch in the arena so that what lives at once never overlaps.

Each buffer is a rectangle, its size by the operators it lives over; stacking them is offline
dynamic storage allocation. `place_blocks` is greedy by size and its kin (Pisarchyk and Lee,
"Efficient Memory Management for Deep Neural Net Inference", 2020), the best of several fixed
orders, and, where that is above the lower bound, hill climbing over the order as in Arm's Vela.
Which tensors share a buffer is decided before, in `buffers`; operators keep their order.

An operator that reads its input from the first byte to the last while it writes its output may
write over what it has read: then the two rectangles overlap by what `slides` says.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from host_tools.kernels import KERNELS
from host_tools.kernels.slides import ALIGNMENT
from host_tools.plan.buffers import Buffer, arena_buffers, state_offsets
from host_tools.plan_types import Plan, PlanOperator

CLIMBING_STEPS = 1000
SEPARATIONS = 4  # rounds of looking for an output to compute apart, and outputs tried in each
SEPARATED_BLOCKS = 300  # in plans of more it would take too long
CLIMBING_WORK = 3_000_000  # pairs of blocks looked at, which bounds the time of huge plans


@dataclass(frozen=True)
class Block:
    """`size` bytes that are needed from operator `first` to operator `last`, both included."""

    size: int
    first: int
    last: int

    def meets(self, other: Block) -> bool:
        return self.first <= other.last and other.first <= self.last


# for each block those that it meets
_Meeting = list[list[tuple[int, int, int]]]
# (output's block, input's block) -> by how many bytes the output must start before the input
Slides = Mapping[tuple[int, int], int]


def plan_memory(plan: Plan) -> None:
    """Fills in the offsets of the tensors and scratch of `plan`, and its arena size.

    Exchanges the inputs of operators that write over their second one. Every offset
    is a multiple of 16. States come first, in a room of their own; `arena_blocks` says what is
    placed behind them.
    """
    best = _place(plan, frozenset())
    for _ in range(SEPARATIONS):
        # what is computed in place cannot slide along; apart it may
        trials = [_place(plan, best.apart | {time}) for time in _shared_at_top(plan, best)]
        better = min(trials, key=lambda trial: trial.total, default=best)
        if better.total >= best.total:
            break
        best = better
    states, start = state_offsets(plan)
    plan.arena_size = start + best.total
    for index, tensor in enumerate(plan.tensors):
        tensor.offset = states.get(plan.root(index), 0)
    for buffer, offset in zip(best.buffers, best.offsets, strict=False):
        for place in buffer.tensors:
            plan.tensors[place].offset = start + offset
        for time in buffer.swaps:
            _swap_inputs(plan.operators[time])
    with_scratch = [operator for operator in plan.operators if operator.scratch_size]
    for operator, offset in zip(with_scratch, best.offsets[len(best.buffers) :], strict=True):
        operator.scratch_offset = start + offset


def _swap_inputs(operator: PlanOperator) -> None:
    swap = KERNELS[operator.kernel].swap
    assert swap is not None
    operator.inputs = operator.inputs[::-1]
    operator.params, operator.data = swap(operator.params, operator.data)


@dataclass(frozen=True)
class _Placement:
    """`offsets` of `blocks`, the first of which are `buffers`; `apart` as arena_buffers has it."""

    apart: frozenset[int]
    buffers: list[Buffer]
    blocks: list[Block]
    offsets: list[int]
    total: int
    bound: int


def _place(plan: Plan, apart: frozenset[int]) -> _Placement:
    buffers = arena_buffers(plan, apart)
    blocks, slides = arena_blocks(plan, buffers), arena_slides(plan, buffers)
    return _Placement(
        apart, buffers, blocks, *place_blocks(blocks, slides), lower_bound(blocks, slides)
    )


def _shared_at_top(plan: Plan, placed: _Placement) -> list[int]:
    """Operators in place whose buffer lies at the arena's top, or meets what does; the first few.

    None where the arena is as small as it can be: buffers apart never lower the bound.
    """
    if placed.total == placed.bound or len(placed.blocks) > SEPARATED_BLOCKS:
        return []
    places = zip(placed.blocks, placed.offsets, strict=True)
    top = [block for block, offset in places if offset + block.size == placed.total]
    times = []
    for buffer, block in zip(placed.buffers, placed.blocks, strict=False):
        if any(block.meets(other) for other in top):
            roots = {plan.root(tensor) for tensor in buffer.tensors}
            writers = [t for t, op in enumerate(plan.operators) if plan.root(op.output) in roots]
            times += [time for time in writers if time > buffer.first]
    return sorted(set(times))[:SEPARATIONS]


def arena_blocks(plan: Plan, buffers: list[Buffer]) -> list[Block]:
    """A block for each buffer, then one for each operator with scratch; sizes rounded up to 16."""
    blocks = [Block(_rounded(b.size), b.first, b.last) for b in buffers]
    for time, operator in enumerate(plan.operators):
        if operator.scratch_size:
            blocks.append(Block(_rounded(operator.scratch_size), time, time))
    return blocks


def arena_slides(plan: Plan, buffers: list[Buffer]) -> dict[tuple[int, int], int]:
    """Which outputs may slide over their operators' inputs; keys are places in `arena_blocks`."""
    places = {plan.root(tensor): i for i, b in enumerate(buffers) for tensor in b.tensors}
    slides = {}
    for time, operator in enumerate(plan.operators):
        bytes_before = KERNELS[operator.kernel].slide(plan.layer(operator))
        source = places.get(plan.root(operator.inputs[0]))
        output = places.get(plan.root(operator.output))
        if bytes_before is None or source is None or output is None or source == output:
            continue
        if buffers[source].last == buffers[output].first == time:
            slides[output, source] = _rounded(bytes_before)
    return slides


def peak_times(plan: Plan) -> list[int]:
    """The operators at which the most bytes of tensors and scratch live."""
    buffers = arena_buffers(plan)
    live = _live(arena_blocks(plan, buffers), arena_slides(plan, buffers))
    peak = max(live.values(), default=0)
    return [time for time in live if live[time] == peak and 0 <= time < len(plan.operators)]


def most_tensor_bytes(plan: Plan) -> int:
    """The most bytes of tensors that live at one time: the arena, were there no scratch."""
    buffers = arena_buffers(plan)
    blocks = arena_blocks(plan, buffers)[: len(buffers)]
    return state_offsets(plan)[1] + lower_bound(blocks, arena_slides(plan, buffers))


def _rounded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def lower_bound(blocks: Sequence[Block], slides: Slides | None = None) -> int:
    """The most bytes needed at one time: no placement is smaller."""
    return max(_live(blocks, slides or {}).values(), default=0)


def _live(blocks: Sequence[Block], slides: Slides) -> dict[int, int]:
    """Bytes needed at each time at which a block begins, in order of time."""
    live = {
        time: sum(b.size for b in blocks if b.first <= time <= b.last)
        for time in sorted({block.first for block in blocks})
    }
    for (output, source), before in slides.items():
        first, second = blocks[output].size, blocks[source].size
        together = max(first, min(first, before) + second)
        live[blocks[output].first] -= first + second - together
    return live


def place_blocks(blocks: Sequence[Block], slides: Slides | None = None) -> tuple[list[int], int]:
    """Offsets of `blocks` and the bytes they take in all. Blocks that meet do not overlap.

    Except an output that may slide over its operator's input (see `Slides`). Offsets are sums of
    sizes and slides, so they keep any alignment that all of those have. Deterministic.
    """
    slides = slides or {}
    meeting = [
        [
            # by how much block i must start before j where it lies lower, and j before i
            (
                j,
                min(block.size, slides.get((i, j), block.size)),
                min(other.size, slides.get((j, i), other.size)),
            )
            for j, other in enumerate(blocks)
            if j != i and block.meets(other)
        ]
        for i, block in enumerate(blocks)
    ]
    live = _live(blocks, slides)
    bound = max(live.values(), default=0)
    together = {
        block: max(size for time, size in live.items() if block.first <= time <= block.last)
        for block in set(blocks)
    }

    orders: tuple[Callable[[Block], tuple[int, ...]], ...] = (
        lambda b: (-b.size, b.first),
        lambda b: (-b.size * (b.last - b.first + 1), b.first),
        lambda b: (-together[b], -b.size, b.first),
        lambda b: (b.first, -b.size),
        lambda b: (-b.last, -b.size),
        lambda b: (b.first - b.last, -b.size),
    )
    best: tuple[list[int], int] | None = None
    best_order: list[int] = []
    for key in orders:
        order = sorted(range(len(blocks)), key=lambda i: key(blocks[i]))
        placed = _place_in_order(blocks, meeting, order)
        if best is None or placed[1] < best[1]:
            best, best_order = placed, order
        if best[1] == bound:
            return best
    assert best is not None
    return _climb(blocks, meeting, best, best_order, bound)


def _place_in_order(
    blocks: Sequence[Block], meeting: _Meeting, order: list[int]
) -> tuple[list[int], int]:
    """Each block in turn goes to the lowest gap it fits in."""
    offsets = [-1] * len(blocks)
    total = 0
    for index in order:
        offset = 0
        barred = sorted(
            (offsets[j] - before, offsets[j] + after)
            for j, before, after in meeting[index]
            if offsets[j] >= 0
        )
        for start, end in barred:
            if offset <= start:
                break
            offset = max(offset, end)
        offsets[index] = offset
        total = max(total, offset + blocks[index].size)
    return offsets, total


def _climb(
    blocks: Sequence[Block],
    meeting: _Meeting,
    best: tuple[list[int], int],
    order: list[int],
    bound: int,
) -> tuple[list[int], int]:
    """Swaps a block at the arena's top with one near it in time, where that does not hurt."""
    random_source = random.Random(0)
    pairs = sum(len(others) for others in meeting)
    for _ in range(min(CLIMBING_STEPS, CLIMBING_WORK // (pairs + 1))):
        if best[1] == bound:
            break
        offsets, total = best
        top = [i for i, block in enumerate(blocks) if offsets[i] + block.size == total]
        block = random_source.choice(top)
        near = [j for j, *_ in meeting[block]]
        around = [*near, *(k for j in near for k, *_ in meeting[j])]
        other = random_source.choice(around)
        trial = list(order)
        a, b = trial.index(block), trial.index(other)
        trial[a], trial[b] = trial[b], trial[a]
        placed = _place_in_order(blocks, meeting, trial)
        if placed[1] <= total:
            best, order = placed, trial
    return best
