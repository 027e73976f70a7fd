"""Runs a graph, or a blob, in numpy, every byte as tflite-micro does.

A graph has no plan and no arena: each operator is lowered as its page says. A blob has both. Each
call is computed by its kernel's card.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.blob.reader import Blob, BlobOperator, read_blob
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.kernels import KERNELS
from host_tools.kernels.card import Call, Operand
from host_tools.kernels.quantize import stored
from host_tools.operators import OPERATORS
from host_tools.operators.arguments import label
from host_tools.operators.lowering import View
from host_tools.operators.shapes import fold_shapes
from host_tools.plan_types import PlanOperator

Array = npt.NDArray[Any]


def run(
    graph: Graph, inputs: Sequence[Array], states: dict[int, Array] | None = None
) -> list[Array]:
    """The outputs of a graph for `inputs`, in the order of `graph.inputs` and `graph.outputs`.

    `states` keeps what the graph's states hold from one run to the next: {} before the first.
    Arrays have the shapes and stored dtypes of their tensors: values are quantized before and
    dequantized after by the caller. Every byte equals tflite-micro's. Raises CommandError for an
    input that does not fit and for an operator that is not supported.
    """
    if len(inputs) != len(graph.inputs):
        raise CommandError(f"{len(inputs)} inputs given; the model has {len(graph.inputs)}")
    graph = dataclasses.replace(graph, tensors=list(graph.tensors))
    values: dict[int, Array] = {}
    values |= {tensor.index: tensor.data for tensor in graph.tensors if tensor.data is not None}
    states = {} if states is None else states
    states |= {t.index: initial(t) for t in graph.tensors if t.state and t.index not in states}
    values |= states
    for index, array in zip(graph.inputs, inputs, strict=True):
        tensor = graph.tensors[index]
        if array.shape != tensor.shape or array.dtype.name != tensor.dtype:
            raise CommandError(
                f"the input {label(tensor)} is {tensor.dtype} of shape {list(tensor.shape)}; "
                f"{array.dtype.name} of {list(array.shape)} was given"
            )
        values[index] = array
    for operator in graph.operators:
        folded = fold_shapes(graph.tensors, operator)
        if folded is not None:
            for index, array in zip(operator.outputs, folded, strict=True):
                graph.tensors[index] = dataclasses.replace(graph.tensors[index], data=array)
                values[index] = array
            continue
        where = f"operator {operator.index} ({operator.kind}, version {operator.version})"
        if operator.kind not in OPERATORS:
            raise CommandError(f"{where} is not supported")
        absent = [index for index in operator.inputs if index >= 0 and index not in values]
        if absent:
            raise CommandError(f"{where}: {label(graph.tensors[absent[0]])} has no value")
        try:
            _run_operator(graph, operator, values, states)
        except CommandError as error:
            raise CommandError(f"{where}: {error}") from error
    missing = [index for index in graph.outputs if index not in values]
    if missing:
        raise CommandError(f"the output {label(graph.tensors[missing[0]])} has no value")
    return [values[index] for index in graph.outputs]


def initial(tensor: Tensor) -> Array:
    """What a state holds before the first run."""
    if tensor.initial is not None:
        return tensor.initial.copy()
    return np.full(tensor.shape, _operand(tensor, np.empty(0)).zero_point, tensor.dtype)


def _run_operator(
    graph: Graph, operator: Operator, values: dict[int, Array], states: dict[int, Array]
) -> None:
    known = len(graph.tensors)
    steps = OPERATORS[operator.kind].lower(graph, operator)
    # constants and states that the page made
    values |= {t.index: t.data for t in graph.tensors[known:] if t.data is not None}
    for tensor in graph.tensors[known:]:
        if tensor.state:
            values[tensor.index] = states.setdefault(tensor.index, initial(tensor))
    for step in steps:
        target = graph.tensors[step.output]
        if isinstance(step, View):
            values[step.output] = values[step.source].reshape(target.shape)
        else:
            values[step.output] = _compute(graph, step, values)
        if target.state:
            states[step.output] = values[step.output]


def _compute(graph: Graph, step: PlanOperator, values: dict[int, Array]) -> Array:
    target = graph.tensors[step.output]
    before = values.get(step.output)
    if before is None:
        before = np.zeros(target.shape, target.dtype)
    inputs = tuple(_operand(graph.tensors[index], values[index]) for index in step.inputs)
    return KERNELS[step.kernel].compute(
        Call(inputs, _operand(target, before), step.params, step.data)
    )


def _operand(tensor: Tensor, values: Array) -> Operand:
    quantization = tensor.quantization
    if quantization is None or len(quantization.scale) != 1:
        return Operand(values)
    return Operand(values, float(quantization.scale[0]), int(quantization.zero_point[0]))


def run_batches(data: bytes, inputs: Sequence[Array]) -> list[Array]:
    """The outputs [N, *shape] of a blob for inputs [N, *shape], all in stored dtypes.

    Raises CommandError for a blob that numpy cannot run.
    """
    try:
        runner = BlobRunner(data)
        results = [runner.run(each) for each in zip(*inputs, strict=True)]
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise CommandError(f"numpy cannot run the blob, which is damaged: {error}") from error
    return [np.stack(arrays) for arrays in zip(*results, strict=True)]


class BlobRunner:
    """A blob with an arena of its own. What lies in a damaged blob is not all checked."""

    def __init__(self, data: bytes) -> None:
        self.data = np.frombuffer(data, np.uint8)
        self.blob: Blob = read_blob(data)
        self.arena = np.zeros(self.blob.arena_size, np.uint8)
        self.reset()

    def reset(self) -> None:
        """Lets the states begin anew."""
        for index, tensor in enumerate(self.blob.tensors):
            if tensor.start == "zero point":
                self.tensor(index)[...] = tensor.zero_point
            elif tensor.start == "next tensor":
                self.tensor(index)[...] = self.tensor(index + 1)

    def run(self, inputs: Sequence[Array]) -> list[Array]:
        """The outputs, stored values, for `inputs`, stored values or float32 real ones."""
        for index, array in zip(self.blob.inputs, inputs, strict=True):
            tensor = self.blob.tensors[index]
            self.tensor(index)[...] = stored(array, tensor.dtype, tensor.scale, tensor.zero_point)
        for operator in self.blob.operators:
            self.run_operator(operator)
        return [self.tensor(index).copy() for index in self.blob.outputs]

    def tensor(self, index: int) -> Array:
        """The bytes of a tensor, where they lie."""
        tensor = self.blob.tensors[index]
        where = self.data if tensor.place == "blob" else self.arena
        part = where[tensor.offset : tensor.offset + tensor.size]
        return part.view(tensor.dtype).reshape(tensor.shape)

    def run_operator(self, operator: BlobOperator) -> None:
        card = KERNELS[operator.kernel]
        data = {
            block.name: self.data[offset : offset + size].view(block.dtype)
            for block, (offset, size) in zip(card.blocks, operator.data.values(), strict=True)
        }
        inputs = tuple(
            self._operand(index, changes=card.state and place == 1)
            for place, index in enumerate(operator.inputs)
        )
        call = Call(inputs, self._operand(operator.output), operator.params, data)
        self.tensor(operator.output)[...] = card.compute(call)

    def _operand(self, index: int, changes: bool = False) -> Operand:
        tensor = self.blob.tensors[index]
        values = self.tensor(index)
        return Operand(values if changes else values.copy(), tensor.scale, tensor.zero_point)
