"""The form of an operator's page, and what pages share: calls, views, copies, temporaries."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from host_tools.blob.layout import MAX_RANK
from host_tools.graph import Graph, Operator, Tensor
from host_tools.plan_types import ITEM_SIZES, PlanOperator


@dataclass(frozen=True)
class View:
    """`output` has the bytes of `source`: nothing runs. Both are tensor indices."""

    source: int
    output: int


Lowered = list[PlanOperator | View]


@dataclass(frozen=True)
class Page:
    """All that Inkling knows of one operator of TensorFlow Lite.

    `lower` takes the graph and the operator and gives what is to run in its place, having checked
    all that this trusts; it raises CommandError, saying why, for what would not be exactly what
    tflite-micro computes. `options` is the schema's table of its options and their types: int,
    bool, float, tuple, or the name of an enum, whose values are read as their names. `by_value`:
    each value of the result depends on one of the input, where other inputs are constants of one
    value; chains of such become one table.
    """

    lower: Callable[[Graph, Operator], Lowered]
    options: tuple[str, Mapping[str, type | str]] | None = None
    by_value: bool = False


def call(
    operator: Operator,
    kernel: str,
    params: Mapping[str, Any] | None = None,
    data: Mapping[str, np.ndarray] | None = None,
    inputs: tuple[int, ...] | None = None,
    output: int | None = None,
) -> PlanOperator:
    """A call of `kernel`; it takes the operator's first input and gives its only output."""
    return PlanOperator(
        kernel=kernel,
        source_index=operator.index,
        name=operator.kind,
        inputs=operator.inputs[:1] if inputs is None else inputs,
        output=operator.outputs[0] if output is None else output,
        params=dict(params or {}),
        data=dict(data or {}),
    )


def temporary(graph: Graph, like: Tensor, shape: Sequence[int]) -> Tensor:
    """A new tensor of `graph` with the type and quantization of `like`, for steps in between."""
    tensor = Tensor(len(graph.tensors), "", tuple(shape), like.dtype, like.quantization)
    graph.tensors.append(tensor)
    return tensor


def is_flat(graph: Graph, operator: Operator) -> bool:
    """Whether both inputs have as many elements as the output, so that nothing broadcasts."""
    indices = (*operator.inputs, *operator.outputs)
    return len({math.prod(graph.tensors[index].shape) for index in indices}) == 1


def strides(shape: Sequence[int]) -> list[int]:
    """Elements from one index to the next, of each dimension of a dense tensor."""
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]


def copy_elements(
    operator: Operator,
    source: Tensor,
    target: Tensor,
    count: Sequence[int],
    *,
    input_start: int = 0,
    input_strides: Sequence[int],
    output_start: int = 0,
    output_strides: Sequence[int],
    fill: int | None = None,
) -> PlanOperator | View:
    """A copy between two tensors, or a view where it copies everything in order.

    Starts and strides count elements; `fill` is the byte that the whole output is set to before.
    """
    dimensions = _merged(count, input_strides, output_strides)
    elements = math.prod(count)
    everything = elements == math.prod(source.shape) == math.prod(target.shape)
    if everything and dimensions in ([], [(elements, 1, 1)]):
        return View(source.index, target.index)
    return _copy(operator, source, target, dimensions, input_start, output_start, fill)


def copy_whole(operator: Operator, source: Tensor, target: Tensor) -> PlanOperator:
    """A copy of all of a tensor, which may change later, to one of as many elements."""
    return _copy(operator, source, target, [(math.prod(source.shape), 1, 1)])


def _copy(
    operator: Operator,
    source: Tensor,
    target: Tensor,
    dimensions: list[tuple[int, int, int]],
    input_start: int = 0,
    output_start: int = 0,
    fill: int | None = None,
) -> PlanOperator:
    """A copy along `dimensions`: count, input stride and output stride each."""
    dimensions = [(1, 0, 0)] * (MAX_RANK - len(dimensions)) + dimensions
    counts, inputs, outputs = zip(*dimensions, strict=True)
    params = {
        # other types are refused after this
        "element_size": ITEM_SIZES.get(source.dtype, 0),
        "count": counts,
        "input_start": input_start,
        "input_stride": inputs,
        "output_start": output_start,
        "output_stride": outputs,
        "fill": int(fill is not None),
        "fill_value": fill or 0,
    }
    return call(operator, "copy", params, inputs=(source.index,), output=target.index)


def can_copy(
    count: Sequence[int], input_strides: Sequence[int], output_strides: Sequence[int]
) -> bool:
    """Whether one copy has as many dimensions as this needs."""
    return len(_merged(count, input_strides, output_strides)) <= MAX_RANK


def _merged(
    count: Sequence[int], input_strides: Sequence[int], output_strides: Sequence[int]
) -> list[tuple[int, int, int]]:
    """(count, input stride, output stride) a dimension, with those that run on made one."""
    merged: list[tuple[int, int, int]] = []
    for n, input_stride, output_stride in zip(count, input_strides, output_strides, strict=True):
        if n == 1:
            continue
        if merged and merged[-1][1:] == (n * input_stride, n * output_stride):
            merged[-1] = (merged[-1][0] * n, input_stride, output_stride)
        else:
            merged.append((n, input_stride, output_stride))
    return merged
