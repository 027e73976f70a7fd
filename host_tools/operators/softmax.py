"""SOFTMAX."""

from __future__ import annotations

import math

import numpy as np

from host_tools.arithmetic import quantize_multiplier
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.operators.arguments import check_shape, output, quantized, required
from host_tools.operators.lowering import Lowered, Page, call


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


def _lower(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "softmax_s8", softmax(graph, operator))]


PAGES = {"SOFTMAX": Page(_lower, ("SoftmaxOptions", {"beta": float}))}
