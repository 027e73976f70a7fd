"""SOFTMAX, LOG_SOFTMAX and L2_NORMALIZATION: over the last dimension."""

from __future__ import annotations

import math

import numpy as np

from host_tools.arithmetic import INT32_MAX, quantize_multiplier
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.operators.arguments import Scale, check_shape, output, quantized, required
from host_tools.operators.lowering import Lowered, Page, call
from host_tools.operators.parameters import FUSED

MAX_LOG_SOFTMAX = 4095  # elements in a row: sums of as many ones fit their fixed point


def softmax(graph: Graph, operator: Operator) -> dict[str, int]:
    """SOFTMAX: the parameters of softmax_s8. PreprocessSoftmaxScaling, CalculateInputRadius."""
    given = _input(graph, operator, 1 / 256, -128)
    beta = float(np.float32(operator.options["beta"]))
    multiplier, shift, radius = _scaling(given, beta)
    # shift 31 comes with a radius of 0: only differences of 0 count, whatever the shift
    return {"multiplier": multiplier, "shift": min(shift, 30), "diff_min": -radius}


def log_softmax(graph: Graph, operator: Operator) -> dict[str, int]:
    """LOG_SOFTMAX: the parameters of log_softmax_s8. PreprocessLogSoftmaxScalingExp."""
    given = _input(graph, operator, 1 / 16, 127)
    length = graph.tensors[operator.inputs[0]].shape[-1]
    if length > MAX_LOG_SOFTMAX:
        raise CommandError(
            f"its last dimension is {length}; at most {MAX_LOG_SOFTMAX} are supported"
        )
    multiplier, shift, radius = _scaling(given, 1.0)
    reverse_multiplier, reverse_shift = quantize_multiplier((1 << (31 - shift)) / multiplier)
    return {
        "multiplier": multiplier,
        "shift": min(shift, 30),
        "reverse_multiplier": reverse_multiplier,
        "reverse_shift": reverse_shift,
        "diff_min": -radius,
    }


def l2_normalization(graph: Graph, operator: Operator) -> dict[str, int]:
    """L2_NORMALIZATION: the parameters of l2_normalization_s8. L2NormPrepare."""
    given = _input(graph, operator, 1 / 128, 0)
    activation = operator.options["fused_activation_function"]
    if activation != "NONE":
        raise CommandError(f"the fused activation {activation} is not supported here")
    length = graph.tensors[operator.inputs[0]].shape[-1]
    # sums of squares stay below 2^31
    most = INT32_MAX // max(127 - given.zero_point, 128 + given.zero_point) ** 2
    if length > most:
        raise CommandError(f"its last dimension is {length}; at most {most} are supported")
    return {"input_offset": -given.zero_point}


def _input(graph: Graph, operator: Operator, scale: float, zero_point: int) -> Scale:
    """The input's quantization; `scale` and `zero_point` must be the output's."""
    (source,) = required(graph, operator, 1)
    target = output(graph, operator)
    given, result = quantized(source), quantized(target)
    check_shape(target, source.shape)
    if not source.shape:
        raise CommandError("its input is a scalar")
    if result.scale != np.float32(scale) or result.zero_point != zero_point:
        raise CommandError(
            f"its output has scale {result.scale:g} and zero point {result.zero_point}; "
            f"they must be 1/{round(1 / scale)} and {zero_point}"
        )
    return given


def _scaling(given: Scale, beta: float) -> tuple[int, int, int]:
    """Multiplier and shift of differences to Q5.26, and how far down these reach."""
    real = min(beta * float(given.scale) * (1 << 26), (1 << 31) - 1.0)
    if not real > 1:
        raise CommandError(f"its beta {beta:g} times the input scale {given.scale:g} is too small")
    multiplier, shift = quantize_multiplier(real)
    return multiplier, shift, math.floor(31.0 * (1 << 26) / (1 << shift))


def _lower_softmax(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "softmax_s8", softmax(graph, operator))]


def _lower_log_softmax(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "log_softmax_s8", log_softmax(graph, operator))]


def _lower_l2_normalization(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "l2_normalization_s8", l2_normalization(graph, operator))]


PAGES = {
    "L2_NORMALIZATION": Page(_lower_l2_normalization, ("L2NormOptions", FUSED)),
    "LOG_SOFTMAX": Page(_lower_log_softmax),
    "SOFTMAX": Page(_lower_softmax, ("SoftmaxOptions", {"beta": float})),
}
