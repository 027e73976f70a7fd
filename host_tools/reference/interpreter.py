"""Runs a graph in numpy, operator by operator, with no plan and no arena."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.graph import Graph
from host_tools.reference.arguments import label
from host_tools.reference.operators import OPERATORS

Array = npt.NDArray[np.generic]


def run(graph: Graph, inputs: Sequence[Array]) -> list[Array]:
    """The outputs of a graph for `inputs`, in the order of `graph.inputs` and `graph.outputs`.

    Arrays have the shapes and stored dtypes of their tensors: values are quantized before and
    dequantized after by the caller. Every byte equals tflite-micro's. Raises CommandError for an
    input that does not fit and for an operator that is not supported.
    """
    if len(inputs) != len(graph.inputs):
        raise CommandError(f"{len(inputs)} inputs given; the model has {len(graph.inputs)}")
    values = {tensor.index: tensor.data for tensor in graph.tensors if tensor.data is not None}
    for index, array in zip(graph.inputs, inputs, strict=True):
        tensor = graph.tensors[index]
        if array.shape != tensor.shape or array.dtype.name != tensor.dtype:
            raise CommandError(
                f"the input {label(tensor)} is {tensor.dtype} of shape {list(tensor.shape)}; "
                f"{array.dtype.name} of {list(array.shape)} was given"
            )
        values[index] = array
    for operator in graph.operators:
        where = f"operator {operator.index} ({operator.kind}, version {operator.version})"
        if operator.kind not in OPERATORS:
            raise CommandError(f"{where} is not supported")
        absent = [index for index in operator.inputs if index >= 0 and index not in values]
        if absent:
            raise CommandError(f"{where}: {label(graph.tensors[absent[0]])} has no value")
        arguments = [values[index] if index >= 0 else None for index in operator.inputs]
        try:
            results = OPERATORS[operator.kind](graph, operator, arguments)
        except CommandError as error:
            raise CommandError(f"{where}: {error}") from error
        values.update(zip(operator.outputs, results, strict=True))
    missing = [index for index in graph.outputs if index not in values]
    if missing:
        raise CommandError(f"the output {label(graph.tensors[missing[0]])} has no value")
    return [values[index] for index in graph.outputs]
