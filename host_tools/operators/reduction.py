"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN, ARG_MAX and ARG_MIN."""

from __future__ import annotations

import math

import numpy as np

from host_tools.blob.layout import MAX_REDUCED
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.operators.arguments import (
    axis_of,
    check_dtype,
    check_same_quantization,
    check_shape,
    integers,
    output,
    quantized,
    required,
)
from host_tools.operators.lowering import Lowered, Page, call
from host_tools.operators.parameters import multiplier_of


def mean(graph: Graph, operator: Operator) -> dict[str, int]:
    """MEAN and SUM: the parameters of mean_s8. QuantizedMeanOrSum in reduce.h."""
    source, target, axes = _reduced(graph, operator)
    given, result = quantized(source), quantized(target)
    count = math.prod(source.shape[axis] for axis in axes)
    if count > MAX_REDUCED:
        raise CommandError(
            f"it reduces {count} elements to one; at most {MAX_REDUCED} are supported"
        )
    multiplier, shift = multiplier_of(float(given.scale) / float(result.scale))
    if operator.kind == "MEAN":
        # 1/count goes into the multiplier, with as many bits as fit
        bits = min(count.bit_length() - 1, 32, 31 + shift)
        multiplier, shift = (multiplier << bits) // count, shift - bits
    return {
        "axes": _bits(axes),
        "input_offset": -given.zero_point,
        "output_offset": result.zero_point,
        "multiplier": multiplier,
        "shift": shift,
    }


def _reduced(graph: Graph, operator: Operator) -> tuple[Tensor, Tensor, set[int]]:
    """The input, the output and the dimensions that are reduced."""
    source, axes = required(graph, operator, 2)
    target = output(graph, operator)
    rank = len(source.shape)
    reduced = {axis_of(axis, rank) for axis in integers(axes)}
    if operator.options["keep_dims"]:
        shape = tuple(1 if i in reduced else size for i, size in enumerate(source.shape))
    else:
        shape = tuple(size for i, size in enumerate(source.shape) if i not in reduced)
    check_shape(target, shape)
    if 0 in source.shape:
        raise CommandError(f"its input {list(source.shape)} is empty")
    return source, target, reduced


def _bits(axes: set[int]) -> int:
    return sum(1 << axis for axis in axes)


def _lower_arg_max(graph: Graph, operator: Operator) -> Lowered:
    """ARG_MAX and ARG_MIN: a call of arg_max_s8. ArgMinMax in arg_min_max.h."""
    source, axes = required(graph, operator, 2)
    source = _stored(graph, source)
    target = output(graph, operator)
    check_dtype(source, "int8")
    check_dtype(target, "int32")
    numbers = integers(axes)
    if len(numbers) != 1:
        raise CommandError(f"the axis must be one number, not {numbers}")
    axis = axis_of(numbers[0], len(source.shape))
    check_shape(target, source.shape[:axis] + source.shape[axis + 1 :])
    params = {"axis": axis, "minimum": int(operator.kind == "ARG_MIN")}
    return [call(operator, "arg_max_s8", params, inputs=(source.index,))]


def _stored(graph: Graph, tensor: Tensor) -> Tensor:
    """What a float32 tensor is dequantized from, unless infinity makes some equal; else itself."""
    for operator in graph.operators:
        if operator.kind == "DEQUANTIZE" and operator.outputs == (tensor.index,):
            source = graph.tensors[operator.inputs[0]]
            scale = quantized(source, "int8", "uint8").scale
            with np.errstate(over="ignore"):
                finite = np.isfinite(scale * np.float32(255))
            return source if finite else tensor
    return tensor


def _lower_mean(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "mean_s8", mean(graph, operator))]


def _lower_extremum(graph: Graph, operator: Operator) -> Lowered:
    # EvalMinMaxHelper wants one quantization
    source, target, axes = _reduced(graph, operator)
    quantized(source)
    check_same_quantization(source, target)
    return [call(operator, f"{operator.kind.lower()}_s8", {"axes": _bits(axes)})]


_OPTIONS = ("ReducerOptions", {"keep_dims": bool})

PAGES = {
    "ARG_MAX": Page(_lower_arg_max),
    "ARG_MIN": Page(_lower_arg_max),
    "MEAN": Page(_lower_mean, _OPTIONS),
    "REDUCE_MAX": Page(_lower_extremum, _OPTIONS),
    "REDUCE_MIN": Page(_lower_extremum, _OPTIONS),
    "SUM": Page(_lower_mean, _OPTIONS),
}
