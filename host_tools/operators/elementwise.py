"""Operators that go through two tensors, which broadcast, element by element."""

from __future__ import annotations

import numpy as np

from host_tools.arithmetic import quantize_multiplier
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.operators.arguments import (
    Scale,
    check_same_quantization,
    check_shape,
    output,
    quantized,
    required,
)
from host_tools.operators.lookup import lookup_table
from host_tools.operators.lowering import Lowered, Page, call, is_flat
from host_tools.operators.parameters import FUSED, activation, multiplier_of


def add(graph: Graph, operator: Operator) -> dict[str, int]:
    """ADD and SUB: the parameters of add_s8. CalculateOpDataAdd, CalculateOpDataSub."""
    (scale0, scale1), result = _pair(graph, operator)
    left_shift = 20
    largest = 2.0 * float(max(scale0.scale, scale1.scale))
    real = largest / ((1 << left_shift) * float(result.scale))
    if real >= 1 or multiplier_of(real)[1] > 0:
        raise CommandError(
            f"the output scale {result.scale:g} is too small for inputs of scales "
            f"{scale0.scale:g} and {scale1.scale:g}"
        )
    bounds = activation(operator, result)
    return _common_scale((scale0, scale1), result, left_shift, real, bounds)


def squared_difference(graph: Graph, operator: Operator) -> dict[str, int]:
    """SQUARED_DIFFERENCE: its parameters, named as add_s8's. PrepareQuantized."""
    scales, result = _pair(graph, operator)
    left_shift = 7
    largest = 2.0 * float(max(scale.scale for scale in scales))
    # the product with the float32 scale is in float32
    below = float(np.float32(1 << left_shift * 2) * result.scale)
    return _common_scale(scales, result, left_shift, largest * largest / below, (-128, 127))


def _common_scale(
    scales: tuple[Scale, Scale],
    result: Scale,
    left_shift: int,
    real: float,
    bounds: tuple[int, int],
) -> dict[str, int]:
    """Parameters of a kernel that brings both inputs to twice the larger scale, then to `real`."""
    largest = 2.0 * float(max(scale.scale for scale in scales))
    (multiplier0, shift0), (multiplier1, shift1) = (
        quantize_multiplier(float(scale.scale) / largest) for scale in scales
    )
    multiplier, shift = multiplier_of(real)
    return {
        "input0_offset": -scales[0].zero_point,
        "input0_multiplier": multiplier0,
        "input0_shift": shift0,
        "input1_offset": -scales[1].zero_point,
        "input1_multiplier": multiplier1,
        "input1_shift": shift1,
        "left_shift": left_shift,
        "output_offset": result.zero_point,
        "output_multiplier": multiplier,
        "output_shift": shift,
        "act_min": bounds[0],
        "act_max": bounds[1],
    }


def mul(graph: Graph, operator: Operator) -> dict[str, int]:
    """MUL: the parameters of mul_s8. CalculateOpDataMul."""
    (scale0, scale1), result = _pair(graph, operator)
    real = float(scale0.scale) * float(scale1.scale) / float(result.scale)
    multiplier, shift = multiplier_of(real)
    act_min, act_max = activation(operator, result)
    return {
        "input0_offset": -scale0.zero_point,
        "input1_offset": -scale1.zero_point,
        "output_offset": result.zero_point,
        "output_multiplier": multiplier,
        "output_shift": shift,
        "act_min": act_min,
        "act_max": act_max,
    }


def prelu(graph: Graph, operator: Operator) -> dict[str, int]:
    """PRELU: the parameters of prelu_s8. CalculatePreluParams."""
    (scale0, scale1), result = _pair(graph, operator)
    real = float(scale0.scale) * float(scale1.scale) / float(result.scale)
    multiplier, shift = multiplier_of(real)
    return {
        "input0_offset": -scale0.zero_point,
        "input1_offset": -scale1.zero_point,
        "output_offset": result.zero_point,
        "multiplier": multiplier,
        # from 2^12 on any product is beyond int8
        "shift": min(shift, 13),
    }


def _pair(graph: Graph, operator: Operator) -> tuple[tuple[Scale, Scale], Scale]:
    first, second = required(graph, operator, 2)
    target = output(graph, operator)
    scales = (quantized(first), quantized(second))
    result = quantized(target)
    try:
        shape = np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise CommandError(
            f"its inputs {list(first.shape)} and {list(second.shape)} do not broadcast"
        ) from None
    check_shape(target, shape)
    return scales, result


def _lower_add(graph: Graph, operator: Operator) -> Lowered:
    kernel = "add_s8" if is_flat(graph, operator) else "broadcast_add_s8"
    return [call(operator, kernel, add(graph, operator), inputs=operator.inputs)]


def _lower_sub(graph: Graph, operator: Operator) -> Lowered:
    # it has no flat kernel
    return [call(operator, "broadcast_sub_s8", add(graph, operator), inputs=operator.inputs)]


def _lower_mul(graph: Graph, operator: Operator) -> Lowered:
    kernel = "mul_s8" if is_flat(graph, operator) else "broadcast_mul_s8"
    return [call(operator, kernel, mul(graph, operator), inputs=operator.inputs)]


def _lower_prelu(graph: Graph, operator: Operator) -> Lowered:
    params = prelu(graph, operator)
    source, target = graph.tensors[operator.inputs[0]], output(graph, operator)
    # tflite-micro takes a value that is not negative to the output's scale as QUANTIZE does
    positive = lookup_table("QUANTIZE", source, target, {})
    return [call(operator, "prelu_s8", params, {"positive": positive}, operator.inputs)]


def _lower_extremum(graph: Graph, operator: Operator) -> Lowered:
    # MaximumMinimumBroadcastSlow compares bytes, whatever they stand for
    _pair(graph, operator)
    for index in operator.inputs:
        check_same_quantization(graph.tensors[index], output(graph, operator))
    return [call(operator, f"{operator.kind.lower()}_s8", inputs=operator.inputs)]


def _lower_squared_difference(graph: Graph, operator: Operator) -> Lowered:
    params = squared_difference(graph, operator)
    return [call(operator, "squared_difference_s8", params, inputs=operator.inputs)]


PAGES = {
    "ADD": Page(_lower_add, ("AddOptions", {**FUSED, "pot_scale_int16": bool}), by_value=True),
    "MAXIMUM": Page(_lower_extremum, by_value=True),
    "MINIMUM": Page(_lower_extremum, by_value=True),
    "MUL": Page(_lower_mul, ("MulOptions", FUSED), by_value=True),
    "PRELU": Page(_lower_prelu, by_value=True),
    "SQUARED_DIFFERENCE": Page(_lower_squared_difference, by_value=True),
    "SUB": Page(_lower_sub, ("SubOptions", {**FUSED, "pot_scale_int16": bool}), by_value=True),
}
