"""Says which tensors share one buffer of the arena, and over which operators each buffer lives."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from host_tools.plan.layouts import add_table
from host_tools.plan.slides import may_replace
from host_tools.plan.types import Plan, PlanOperator

BEFORE = -1  # when a network's inputs are written


@dataclass
class Buffer:
    """Bytes in the arena; all of `tensors` start at its start.

    Needed from operator `first` to operator `last`, both included: BEFORE for a network's input,
    the number of operators for a network's output.
    """

    tensors: list[int]
    size: int
    first: int
    last: int


def arena_buffers(plan: Plan, apart: Collection[int] = ()) -> list[Buffer]:
    """The buffers of `plan` in order of their first tensor, views and in-place kernels shared.

    The operators `apart` do not work in place: their outputs have buffers of their own.

    A network's input may be written over once it has been read for the last time. Where only the
    second input of an addition or multiplication can be written over, the inputs change places.
    """
    buffers: dict[int, Buffer] = {}
    for index, tensor in enumerate(plan.tensors):
        root = plan.root(index)
        if plan.tensors[root].data is not None:
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
        if time not in apart and may_replace(plan, operator):
            _join(plan, buffers, operator, time)
    unique = {id(buffer): buffer for buffer in buffers.values()}
    return list(unique.values())


def _join(plan: Plan, buffers: dict[int, Buffer], operator: PlanOperator, time: int) -> None:
    """Lets the output take over the buffer of an input that nothing reads later."""
    output = buffers[plan.root(operator.output)]
    candidates = [buffers.get(plan.root(tensor)) for tensor in operator.inputs]
    if output.first != time or candidates[0] is candidates[-1] and len(candidates) == 2:
        return
    for position, buffer in enumerate(candidates):
        if buffer is None or buffer.last != time or buffer.size != output.size:
            continue
        if position == 1:
            _swap_inputs(operator)
        buffer.tensors += output.tensors
        buffer.last = output.last
        for tensor in output.tensors:
            buffers[plan.root(tensor)] = buffer
        return


def _swap_inputs(operator: PlanOperator) -> None:
    """Exchanges the inputs of an addition or multiplication, whose results stay the same."""
    operator.inputs = operator.inputs[::-1]
    if operator.kernel == "add_table_s8":
        operator.data["weights"] = add_table.swap(operator.data["weights"])
    for name in [name for name in operator.params if name.startswith("input0_")]:
        other = name.replace("input0", "input1")
        params = operator.params
        params[name], params[other] = params[other], params[name]
