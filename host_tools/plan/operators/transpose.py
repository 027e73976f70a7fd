"""Lowers TRANSPOSE to a copy, or to a view where only dimensions of one element move."""

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, copy_elements, strides
from host_tools.reference.arguments import (
    axis_of,
    check_same_quantization,
    check_shape,
    integers,
    output,
    required,
)


def lower_transpose(graph: Graph, operator: Operator) -> Lowered:
    source, permutation = required(graph, operator, 2)
    target = output(graph, operator)
    check_same_quantization(source, target)
    rank = len(source.shape)
    order = [axis_of(axis, rank) for axis in integers(permutation)]
    if sorted(order) != list(range(rank)):
        raise CommandError(f"{order} is not an order of {rank} dimensions")
    check_shape(target, tuple(source.shape[axis] for axis in order))
    steps = strides(source.shape)
    return [
        copy_elements(
            operator,
            source,
            target,
            target.shape,
            input_strides=[steps[axis] for axis in order],
            output_strides=strides(target.shape),
        )
    ]
