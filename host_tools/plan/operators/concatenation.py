"""Lowers CONCATENATION to a copy an input."""

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, copy_elements, strides
from host_tools.reference.arguments import (
    axis_of,
    check_rank,
    check_same_quantization,
    check_shape,
    output,
    required,
)


def lower_concatenation(graph: Graph, operator: Operator) -> Lowered:
    sources = required(graph, operator, len(operator.inputs))
    target = output(graph, operator)
    activation = operator.options["fused_activation_function"]
    if activation != "NONE":
        raise CommandError(f"the fused activation {activation} is not supported here")
    rank = len(target.shape)
    axis = axis_of(operator.options["axis"], rank)
    steps = strides(target.shape)
    lowered: Lowered = []
    position = 0
    for source in sources:
        check_same_quantization(source, target)
        check_rank(source, rank)
        length = source.shape[axis]
        check_shape(source, (*target.shape[:axis], length, *target.shape[axis + 1 :]))
        lowered.append(
            copy_elements(
                operator,
                source,
                target,
                source.shape,
                input_strides=strides(source.shape),
                output_start=position * steps[axis],
                output_strides=steps,
            )
        )
        position += length
    check_shape(target, (*target.shape[:axis], position, *target.shape[axis + 1 :]))
    return lowered
