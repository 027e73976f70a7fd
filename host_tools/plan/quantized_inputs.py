"""Makes float32 inputs 8-bit that the network only quantizes, so that predict does it."""

from __future__ import annotations

import contextlib
import dataclasses

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.operators import OPERATORS


def quantized_inputs(graph: Graph, model: Graph) -> Graph:
    """The graph without each QUANTIZE that alone reads a float32 input, which becomes its output.

    The input keeps its name. Boards and computer quantize real values for an 8-bit input by the
    arithmetic of QUANTIZE. What the `model` quantizes twice stays float32, though nobody read one.
    An output stays what it is: a QUANTIZE that writes one stays too.
    """
    tensors, operators, inputs = list(graph.tensors), list(graph.operators), list(graph.inputs)
    for number, index in enumerate(graph.inputs):
        quantize = _only_reader(graph, index)
        readers = [one.kind for one in model.operators if index in one.inputs]
        if quantize is None or readers.count("QUANTIZE") > 1:
            continue
        (target,) = quantize.outputs
        tensors[target] = dataclasses.replace(tensors[target], name=tensors[index].name)
        inputs[number] = target
        operators.remove(quantize)
    return dataclasses.replace(graph, tensors=tensors, operators=operators, inputs=tuple(inputs))


def _only_reader(graph: Graph, index: int) -> Operator | None:
    """The QUANTIZE that is all that a float32 input is for; None where there is more or less."""
    readers = [operator for operator in graph.operators if index in operator.inputs]
    if graph.tensors[index].dtype != "float32" or [one.kind for one in readers] != ["QUANTIZE"]:
        return None
    if graph.inputs.count(index) > 1 or {index, *readers[0].outputs} & set(graph.outputs):
        return None
    with contextlib.suppress(CommandError):
        OPERATORS["QUANTIZE"].lower(graph, readers[0])
        return readers[0]
    return None
