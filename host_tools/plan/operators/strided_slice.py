"""Lowers STRIDED_SLICE to a copy; its masks work as tflite-micro has them."""

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, copy_elements, strides
from host_tools.reference.arguments import (
    check_same_quantization,
    check_shape,
    integers,
    output,
    required,
)


def lower_strided_slice(graph: Graph, operator: Operator) -> Lowered:
    source, *bounds = required(graph, operator, 4)
    target = output(graph, operator)
    check_same_quantization(source, target)
    for name in ("ellipsis_mask", "new_axis_mask", "offset"):
        if operator.options.get(name):
            raise CommandError(f"its {name} is {operator.options[name]}; only 0 is supported")
    begin, end, step = (integers(tensor) for tensor in bounds)
    rank = len(source.shape)
    if not len(begin) == len(end) == len(step) == rank or 0 in step:
        raise CommandError(f"begin, end and strides must be {rank} numbers, and no stride 0")
    taken = [
        _taken(operator, axis, size, begin[axis], end[axis], step[axis])
        for axis, size in enumerate(source.shape)
    ]
    shrunk = operator.options["shrink_axis_mask"]
    count = [len(indices) for indices in taken]
    check_shape(target, tuple(n for axis, n in enumerate(count) if not shrunk >> axis & 1))
    steps = strides(source.shape)
    return [
        copy_elements(
            operator,
            source,
            target,
            count,
            input_start=sum(t.start * s for t, s in zip(taken, steps, strict=True)),
            input_strides=[t.step * s for t, s in zip(taken, steps, strict=True)],
            output_strides=strides(count),
        )
    ]


def _taken(operator: Operator, axis: int, size: int, begin: int, end: int, step: int) -> range:
    """The indices that the slice takes along one axis."""
    bit = 1 << axis
    first = None if operator.options["begin_mask"] & bit else begin
    last = None if operator.options["end_mask"] & bit else end
    places = slice(first, last, step).indices(size)
    if not operator.options["shrink_axis_mask"] & bit:
        return range(*places)
    if not 0 <= places[0] < size:
        raise CommandError(f"index {begin} is outside dimension {axis} of {size}")
    return range(places[0], places[0] + 1)
