"""Says which tensors share one buffer of the arena, and over which operators each buffer lives."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from host_tools.kernels import KERNELS
from host_tools.kernels.slides import ALIGNMENT
from host_tools.plan_types import Plan, PlanOperator

BEFORE = -1  # when a network's inputs are written


@dataclass
class Buffer:
    """Bytes in the arena; all of `tensors` start at its start.

    Needed from operator `first` to operator `last`, both included: BEFORE for a network's input,
    the number of operators for a network's output. `swaps` are the operators that write here over
    their second input, which must become their first.
    """

    tensors: list[int]
    size: int
    first: int
    last: int
    swaps: list[int] = field(default_factory=list)


def arena_buffers(plan: Plan, apart: Collection[int] = ()) -> list[Buffer]:
    """The buffers of `plan` in order of their first tensor, views and in-place kernels shared.

    States are not among them: `state_offsets` has their room.

    The operators `apart` do not work in place: their outputs have buffers of their own.

    A network's input may be written over once it has been read for the last time. Where only the
    second input of a commutative kernel can be written over, its inputs are to change places.
    """
    buffers: dict[int, Buffer] = {}
    for index, tensor in enumerate(plan.tensors):
        root = plan.root(index)
        if plan.tensors[root].data is not None or plan.tensors[root].state:
            continue
        if root not in buffers:
            buffers[root] = Buffer([], plan.tensors[root].size, len(plan.operators), BEFORE)
        buffers[root].tensors.append(index)
        assert tensor.size == buffers[root].size

    def touch(tensor: int, time: int) -> None:
        buffer = buffers.get(plan.root(tensor))
        if buffer is not None:
            buffer.first = min(buffer.first, time)
            buffer.last = max(buffer.last, time)

    for tensor_index in plan.inputs:
        touch(tensor_index, BEFORE)
    for time, operator in enumerate(plan.operators):
        for tensor_index in (*operator.inputs, operator.output):
            touch(tensor_index, time)
    for tensor_index in plan.outputs:
        touch(tensor_index, len(plan.operators))

    for time, operator in enumerate(plan.operators):
        if time not in apart and KERNELS[operator.kernel].replaces(plan.layer(operator)):
            _join(plan, buffers, operator, time)
    unique = {id(buffer): buffer for buffer in buffers.values()}
    return list(unique.values())


def state_offsets(plan: Plan) -> tuple[dict[int, int], int]:
    """Where each state lies, by tensor, one behind the other from 0 on, and the bytes of all."""
    offsets: dict[int, int] = {}
    end = 0
    for index, tensor in enumerate(plan.tensors):
        if tensor.state:
            offsets[index] = end
            end += -(-tensor.size // ALIGNMENT) * ALIGNMENT
    return offsets, end


def _join(plan: Plan, buffers: dict[int, Buffer], operator: PlanOperator, time: int) -> None:
    """Lets the output take over the buffer of an input that nothing reads later."""
    output = buffers.get(plan.root(operator.output))
    if output is None:
        return
    candidates = [buffers.get(plan.root(tensor)) for tensor in operator.inputs]
    if output.first != time or candidates[0] is candidates[-1] and len(candidates) == 2:
        return
    swap = KERNELS[operator.kernel].swap
    for position, buffer in enumerate(candidates if swap else candidates[:1]):
        if buffer is None or buffer.last != time or buffer.size != output.size:
            continue
        if position == 1:
            buffer.swaps.append(time)
        buffer.tensors += output.tensors
        buffer.last = output.last
        for tensor in output.tensors:
            buffers[plan.root(tensor)] = buffer
        return
