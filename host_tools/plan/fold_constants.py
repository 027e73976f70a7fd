"""Computes on the host what does not depend on the values of the network's inputs."""

from __future__ import annotations

import contextlib
import dataclasses
import math

from host_tools import reference
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.operators import OPERATORS
from host_tools.operators.arguments import OtherShape
from host_tools.operators.shapes import MOST_ELEMENTS, fold_shapes

# what could take long; a constant input to these is rare, and the board can run it
LEFT = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "AVERAGE_POOL_2D", "MAX_POOL_2D"}
# what they write, another run reads
LEFT |= {"ASSIGN_VARIABLE"}


def fold_constants(graph: Graph) -> Graph:
    """The graph with operators of constants, or of shapes, run; their outputs are constants.

    What the reference interpreter refuses is left where it is.
    """
    tensors = list(graph.tensors)
    operators = []
    settled: set[int] = set()
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
            _settle_shapes(tensors, operator, settled)
            continue
        for index, value in zip(operator.outputs, values, strict=True):
            tensors[index] = dataclasses.replace(tensors[index], data=value)
    return dataclasses.replace(graph, tensors=tensors, operators=operators)


def _settle_shapes(tensors: list[Tensor], operator: Operator, settled: set[int]) -> None:
    """Gives outputs whose sizes the file leaves open those that follow from the inputs.

    A file with an open batch has 1 in place of each size that it does not know, also where
    SPACE_TO_BATCH_ND makes 4 of the batch or an UpSampling2D twice the height. LiteRT works them
    out when it runs; tflite-micro takes them as they are, and goes wrong. What `settled` tensors
    make is open too, though a quantizer has written it as if it were not.
    """
    if not settled.isdisjoint(operator.inputs):
        for index in operator.outputs:
            tensors[index] = dataclasses.replace(tensors[index], open=True)
    for _ in operator.outputs:
        if operator.kind not in OPERATORS or not any(tensors[o].open for o in operator.outputs):
            return
        alone = Graph("", list(tensors), [operator], (), operator.outputs)
        try:
            OPERATORS[operator.kind].lower(alone, operator)
        except OtherShape as error:
            if error.tensor in operator.outputs and tensors[error.tensor].open:
                tensors[error.tensor] = dataclasses.replace(
                    tensors[error.tensor], shape=error.shape
                )
                settled.add(error.tensor)
        except CommandError:
            return
