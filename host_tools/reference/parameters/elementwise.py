"""Parameters of ADD, SUB, MUL, SOFTMAX and MEAN."""

from __future__ import annotations

import math

import numpy as np

from host_tools.arithmetic import quantize_multiplier
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.reference.arguments import (
    Scale,
    axis_of,
    check_shape,
    integers,
    output,
    quantized,
    required,
)
from host_tools.reference.parameters.common import activation, multiplier_of


def add(graph: Graph, operator: Operator) -> dict[str, int]:
    """ADD and SUB: the parameters of add_s8. CalculateOpDataAdd, CalculateOpDataSub."""
    (scale0, scale1), result = _pair(graph, operator)
    left_shift = 20
    largest = 2.0 * float(max(scale0.scale, scale1.scale))
    reals = [float(scale0.scale) / largest, float(scale1.scale) / largest]
    real = largest / ((1 << left_shift) * float(result.scale))
    multiplier0, shift0 = quantize_multiplier(reals[0])
    multiplier1, shift1 = quantize_multiplier(reals[1])
    multiplier, shift = multiplier_of(real)
    if real >= 1 or shift > 0:
        raise CommandError(
            f"the output scale {result.scale:g} is too small for inputs of scales "
            f"{scale0.scale:g} and {scale1.scale:g}"
        )
    act_min, act_max = activation(operator, result)
    return {
        "input0_offset": -scale0.zero_point,
        "input0_multiplier": multiplier0,
        "input0_shift": shift0,
        "input1_offset": -scale1.zero_point,
        "input1_multiplier": multiplier1,
        "input1_shift": shift1,
        "left_shift": left_shift,
        "output_offset": result.zero_point,
        "output_multiplier": multiplier,
        "output_shift": shift,
        "act_min": act_min,
        "act_max": act_max,
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


def softmax(graph: Graph, operator: Operator) -> dict[str, int]:
    """SOFTMAX: the parameters of softmax_s8. PreprocessSoftmaxScaling, CalculateInputRadius."""
    (source,) = required(graph, operator, 1)
    target = output(graph, operator)
    given, result = quantized(source), quantized(target)
    check_shape(target, source.shape)
    if not source.shape:
        raise CommandError("its input is a scalar")
    if result.scale != np.float32(1 / 256) or result.zero_point != -128:
        raise CommandError(
            f"its output has scale {result.scale:g} and zero point {result.zero_point}; "
            "they must be 1/256 and -128"
        )
    beta = float(np.float32(operator.options["beta"]))
    real = min(beta * float(given.scale) * (1 << 26), (1 << 31) - 1.0)
    if not real > 1:
        raise CommandError(f"its beta {beta:g} times the input scale {given.scale:g} is too small")
    multiplier, shift = quantize_multiplier(real)
    radius = math.floor(31.0 * (1 << 26) / (1 << shift))
    # shift 31 comes with a radius of 0: only differences of 0 count, whatever the shift
    return {"multiplier": multiplier, "shift": min(shift, 30), "diff_min": -radius}


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
