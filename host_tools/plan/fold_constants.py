"""Computes on the host what does not depend on the values of the network's inputs."""

from __future__ import annotations

import contextlib
import dataclasses
import math

from host_tools import reference
from host_tools.errors import CommandError
from host_tools.graph import Graph
from host_tools.operators.shapes import fold_shapes

# what could take long; a constant input to these is rare, and the board can run it
LEFT = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "AVERAGE_POOL_2D", "MAX_POOL_2D"}
MOST_ELEMENTS = 1 << 22


def fold_constants(graph: Graph) -> Graph:
    """The graph with operators of constants, or of shapes, run; their outputs are constants.

    What the reference interpreter refuses is left where it is.
    """
    tensors = list(graph.tensors)
    operators = []
    for operator in graph.operators:
        given = [tensors[index] for index in operator.inputs if index >= 0]
        size = sum(math.prod(tensors[index].shape) for index in operator.outputs)
        values = fold_shapes(tensors, operator)
        if (
            values is None
            and operator.kind not in LEFT
            and size <= MOST_ELEMENTS
            and all(tensor.data is not None for tensor in given)
        ):
            alone = Graph(graph.name, tensors, [operator], (), operator.outputs)
            with contextlib.suppress(CommandError):
                values = reference.run(alone, [])
        if values is None:
            operators.append(operator)
            continue
        for index, value in zip(operator.outputs, values, strict=True):
            tensors[index] = dataclasses.replace(tensors[index], data=value)
    return dataclasses.replace(graph, tensors=tensors, operators=operators)
