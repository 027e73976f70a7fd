"""MEAN, ARG_MAX and ARG_MIN."""

from __future__ import annotations

import math

from host_tools.blob.layout import MAX_AVERAGED
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.operators.arguments import (
    axis_of,
    check_dtype,
    check_shape,
    integers,
    output,
    quantized,
    required,
)
from host_tools.operators.lowering import Lowered, Page, call
from host_tools.operators.parameters import multiplier_of


def mean(graph: Graph, operator: Operator) -> dict[str, int]:
    """MEAN: the parameters of mean_s8. QuantizedMeanOrSum in reduce.h."""
    source, axes = required(graph, operator, 2)
    target = output(graph, operator)
    given, result = quantized(source), quantized(target)
    rank = len(source.shape)
    averaged = {axis_of(axis, rank) for axis in integers(axes)}
    if operator.options["keep_dims"]:
        shape = tuple(1 if i in averaged else size for i, size in enumerate(source.shape))
    else:
        shape = tuple(size for i, size in enumerate(source.shape) if i not in averaged)
    check_shape(target, shape)
    count = math.prod(source.shape[axis] for axis in averaged)
    if count == 0:
        raise CommandError(f"its input {list(source.shape)} is empty")
    if count > MAX_AVERAGED:
        raise CommandError(f"it averages {count} elements; at most {MAX_AVERAGED} are supported")
    multiplier, shift = multiplier_of(float(given.scale) / float(result.scale))
    # 1/count goes into the multiplier, with as many bits as fit
    bits = min(count.bit_length() - 1, 32, 31 + shift)
    return {
        "axes": sum(1 << axis for axis in averaged),
        "input_offset": -given.zero_point,
        "output_offset": result.zero_point,
        "multiplier": (multiplier << bits) // count,
        "shift": shift - bits,
    }


def _arg_max(graph: Graph, operator: Operator) -> dict[str, int]:
    """ARG_MAX and ARG_MIN: the parameters of arg_max_s8. ArgMinMax in arg_min_max.h."""
    source, axes = required(graph, operator, 2)
    target = output(graph, operator)
    check_dtype(source, "int8")
    check_dtype(target, "int32")
    numbers = integers(axes)
    if len(numbers) != 1:
        raise CommandError(f"the axis must be one number, not {numbers}")
    axis = axis_of(numbers[0], len(source.shape))
    check_shape(target, source.shape[:axis] + source.shape[axis + 1 :])
    return {"axis": axis, "minimum": int(operator.kind == "ARG_MIN")}


def _lower_arg_max(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "arg_max_s8", _arg_max(graph, operator))]


def _lower_mean(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "mean_s8", mean(graph, operator))]


PAGES = {
    "ARG_MAX": Page(_lower_arg_max),
    "ARG_MIN": Page(_lower_arg_max),
    "MEAN": Page(_lower_mean, ("ReducerOptions", {"keep_dims": bool})),
}
