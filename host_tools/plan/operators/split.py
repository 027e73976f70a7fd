"""Lowers SPLIT to a copy an output."""

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, copy_elements, strides
from host_tools.reference.arguments import (
    axis_of,
    check_same_quantization,
    check_shape,
    integers,
    required,
)


def lower_split(graph: Graph, operator: Operator) -> Lowered:
    axes, source = required(graph, operator, 2)
    numbers = integers(axes)
    if len(numbers) != 1:
        raise CommandError(f"the axis must be one number, not {numbers}")
    axis = axis_of(numbers[0], len(source.shape))
    length, rest = divmod(source.shape[axis], len(operator.outputs))
    if rest:
        raise CommandError(
            f"{source.shape[axis]} along dimension {axis} cannot be split into "
            f"{len(operator.outputs)} equal parts"
        )
    part = (*source.shape[:axis], length, *source.shape[axis + 1 :])
    steps = strides(source.shape)
    lowered: Lowered = []
    for position, index in enumerate(operator.outputs):
        target = graph.tensors[index]
        check_same_quantization(source, target)
        check_shape(target, part)
        lowered.append(
            copy_elements(
                operator,
                source,
                target,
                part,
                input_start=position * length * steps[axis],
                input_strides=steps,
                output_strides=strides(part),
            )
        )
    return lowered
