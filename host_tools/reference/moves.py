"""The operators that only move values: reshapes, slices, pads, concatenations, transposes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.reference.arguments import (
    axis_of,
    check_same_quantization,
    check_shape,
    constant,
    inputs,
    integers,
    label,
    output,
    quantized,
    required,
)

Array = npt.NDArray[Any]


def _reshape(graph: Graph, operator: Operator, values: list[Any]) -> list[Array]:
    """RESHAPE, SQUEEZE and EXPAND_DIMS: the output's shape is the model's."""
    source = inputs(graph, operator, 1, 2)[0]
    assert source is not None
    target = output(graph, operator)
    check_same_quantization(source, target)
    if math.prod(source.shape) != math.prod(target.shape):
        raise CommandError(
            f"{label(target)} of shape {list(target.shape)} has not as many elements as "
            f"{list(source.shape)}"
        )
    return [values[0].reshape(target.shape)]


def _transpose(graph: Graph, operator: Operator, values: list[Any]) -> list[Array]:
    source, order = required(graph, operator, 2)
    target = output(graph, operator)
    check_same_quantization(source, target)
    rank = len(source.shape)
    axes = [axis_of(axis, rank) for axis in integers(order)]
    if sorted(axes) != list(range(rank)):
        raise CommandError(f"its permutation {axes} does not name each of {rank} dimensions once")
    return [_checked(values[0].transpose(axes), target)]


def _concatenation(graph: Graph, operator: Operator, values: list[Any]) -> list[Array]:
    target = output(graph, operator)
    if operator.options["fused_activation_function"] != "NONE":
        raise CommandError("it has a fused activation, which is not supported")
    for source in required(graph, operator, len(operator.inputs)):
        check_same_quantization(source, target)
    axis = axis_of(operator.options["axis"], len(target.shape))
    try:
        joined = np.concatenate(values, axis)
    except ValueError as error:
        raise CommandError(f"its inputs cannot be joined: {error}") from error
    return [_checked(joined, target)]


def _split(graph: Graph, operator: Operator, values: list[Any]) -> list[Array]:
    axis_tensor, source = required(graph, operator, 2)
    (axis,) = integers(axis_tensor) if math.prod(axis_tensor.shape) == 1 else (len(source.shape),)
    axis = axis_of(axis, len(source.shape))
    count = len(operator.outputs)
    if count == 0 or source.shape[axis] % count or operator.options["num_splits"] != count:
        raise CommandError(
            f"it splits dimension {axis} of {list(source.shape)} into {count} outputs"
        )
    parts = np.split(values[1], count, axis)
    targets = [graph.tensors[index] for index in operator.outputs]
    for target in targets:
        check_same_quantization(source, target)
    return [_checked(part, target) for part, target in zip(parts, targets, strict=True)]


def _strided_slice(graph: Graph, operator: Operator, values: list[Any]) -> list[Array]:
    source, *bounds = required(graph, operator, 4)
    target = output(graph, operator)
    check_same_quantization(source, target)
    begins, ends, strides = (integers(tensor) for tensor in bounds)
    options = operator.options
    if options["ellipsis_mask"] or options["new_axis_mask"] or options["offset"]:
        raise CommandError("it has an ellipsis, a new axis or offsets, which are not supported")
    if not len(begins) == len(ends) == len(strides) == len(source.shape) or 0 in strides:
        raise CommandError(
            f"its begin, end and strides {begins}, {ends}, {strides} do not fit {source.shape}"
        )
    slices: list[slice | int] = []
    for axis, size in enumerate(source.shape):
        begin: int | None = begins[axis]
        end: int | None = ends[axis]
        stride = strides[axis]
        if options["begin_mask"] >> axis & 1:
            begin = None
        if options["end_mask"] >> axis & 1:
            end = None
        start, stop, _ = slice(begin, end, stride).indices(size)
        if options["shrink_axis_mask"] >> axis & 1:
            # tflite-micro copies nothing for a negative stride
            if not 0 <= start < size or stride < 0:
                raise CommandError(
                    f"it takes index {begins[axis]}, stride {stride} of dimension {axis}, which "
                    f"has {size}; the index must lie within, the stride be positive"
                )
            slices.append(start)
        else:
            slices.append(slice(start, None if stop < 0 else stop, stride))
    return [_checked(values[0][tuple(slices)], target)]


def _pad(graph: Graph, operator: Operator, values: list[Any]) -> list[Array]:
    """PAD, and PADV2 with a constant value."""
    source, widths, value = inputs(graph, operator, 2, 3)
    assert source is not None and widths is not None
    target = output(graph, operator)
    check_same_quantization(source, target)
    sides = np.array(integers(widths), dtype=np.int64)
    if len(sides) != 2 * len(source.shape) or (sides < 0).any() or (sides > 1 << 20).any():
        raise CommandError(f"{label(widths)} is {sides.tolist()}, which does not fit the input")
    fill: Any = 0
    if value is not None:
        fill = constant(value, source.dtype).reshape(-1)[0]
        check_same_quantization(value, target)
    elif source.dtype != "float32":
        fill = quantized(target, source.dtype).zero_point
    pairs = sides.reshape(-1, 2)
    check_shape(target, tuple(int(n) for n in np.array(source.shape) + pairs.sum(axis=1)))
    return [np.pad(values[0], pairs, constant_values=fill)]


def _checked(result: Array, target: Tensor) -> Array:
    check_shape(target, result.shape)
    return result


MOVES: dict[str, Callable[[Graph, Operator, list[Any]], list[Array]]] = {
    "CONCATENATION": _concatenation,
    "EXPAND_DIMS": _reshape,
    "PAD": _pad,
    "PADV2": _pad,
    "RESHAPE": _reshape,
    "SPLIT": _split,
    "SQUEEZE": _reshape,
    "STRIDED_SLICE": _strided_slice,
    "TRANSPOSE": _transpose,
}
