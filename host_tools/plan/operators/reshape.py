"""Lowers RESHAPE, SQUEEZE and EXPAND_DIMS to a view: the bytes stay where they are."""

import math

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, View
from host_tools.reference.arguments import check_same_quantization, inputs, output


def lower_reshape(graph: Graph, operator: Operator) -> Lowered:
    # the shape, or the new dimension, is the second input; the output already has it
    source = inputs(graph, operator, 1, 2)[0]
    assert source is not None
    target = output(graph, operator)
    check_same_quantization(source, target)
    if math.prod(source.shape) != math.prod(target.shape):
        raise CommandError(
            f"the shapes {list(source.shape)} and {list(target.shape)} hold different numbers "
            "of elements"
        )
    return [View(source.index, target.index)]
