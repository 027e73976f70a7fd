"""Functions of one value that reference kernels compute in floating point, or by Newton's method.

They become tables of 256 bytes (lookup.py). tflite-micro has int8 kernels for ELU and RSQRT; what
the others give is what LiteRT's reference kernels do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools import fixed_point
from host_tools.arithmetic import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    round_half_away,
)
from host_tools.errors import CommandError
from host_tools.operators.arguments import Scale

Values = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Options = dict[str, Any]
Function = Callable[[Values, Scale, Scale, Options], Values]


def in_double(function: Callable[[npt.NDArray[np.float64]], Any]) -> Callable[[Floats], Floats]:
    """A C library's function of float32: computed in float64, then rounded once."""

    def compute(x: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.asarray(function(x.astype(np.float64))).astype(np.float32)

    return compute


exp = in_double(np.exp)
log = in_double(np.log)
tanh = in_double(np.tanh)
erfc = in_double(np.vectorize(math.erfc, otypes=[np.float64]))


def elu(x: Floats) -> Floats:
    """EluPrepare in elu.cc."""
    return np.where(x < 0, exp(x) - np.float32(1), x)


def gelu(x: Floats, approximate: bool) -> Floats:
    """GeluTransform and GeluTransformApproximate in gelu.h."""
    half = np.float32(0.5)
    if not approximate:
        return half * x * erfc(x * np.float32(-math.sqrt(0.5)))
    inner = x + np.float32(0.044715) * x * x * x
    return half * x * (np.float32(1) + tanh(np.float32(math.sqrt(2 / math.pi)) * inner))


def _tabulated(function: Callable[[Floats, Options], Floats]) -> Function:
    """A function's table. LUTPopulate in common.h, PopulateLookupTable in elu.cc."""

    def table(values: Values, given: Scale, result: Scale, options: Options) -> Values:
        x = given.scale * (values - given.zero_point).astype(np.float32)
        with np.errstate(over="ignore"):
            scaled = function(x, options) * (np.float32(1) / result.scale)
        rounded = round_half_away(scaled).astype(np.float32) + np.float32(result.zero_point)
        # what leaves int32 is undefined in C; here it saturates
        return np.clip(rounded, -128, 127).astype(np.int64)

    return table


def _log(values: Values, given: Scale, result: Scale, options: Options) -> Values:
    # LogLUTPrepare in elementwise.cc: the lowest byte for what has no logarithm
    positive = values > given.zero_point
    found = _LOG(np.where(positive, values, given.zero_point + 1), given, result, options)
    return np.where(positive, found, -128)


_LOG = _tabulated(lambda x, options: log(x))


def _sqrt(values: Values, given: Scale, result: Scale, options: Options) -> Values:
    # SqrtEvalQuantized in elementwise.cc truncates; below zero, where it stops, this takes 0
    x = given.scale * np.maximum(values - given.zero_point, 0).astype(np.float32)
    quotient = np.minimum(np.sqrt(x) / result.scale, np.float32(1 << 16))
    return quotient.astype(np.int64) + result.zero_point


def _rsqrt(values: Values, given: Scale, result: Scale, options: Options) -> Values:
    # RsqrtEvalQuantized in elementwise.cc; below zero, where it stops, this takes 0
    # the oracle's build computes the factor in double
    real = 1 / (math.sqrt(given.scale) * float(result.scale))
    if not real < 1 << 30:
        raise CommandError(f"its scales make a factor of {real:g}; less than 2^30 is supported")
    multiplier, shift = quantize_multiplier(real)
    found = []
    for value in values - given.zero_point:
        if value <= 0:
            found.append(127)
            continue
        inverse, inverse_shift = fixed_point.inverse_square_root(int(value))
        fine = multiply_by_quantized_multiplier(1, inverse, inverse_shift + 20)
        found.append(int(multiply_by_quantized_multiplier(fine, multiplier, shift - 20)))
    return np.array(found) + np.where(values > given.zero_point, result.zero_point, 0)


def _neg(values: Values, given: Scale, result: Scale, options: Options) -> Values:
    # Negate in neg.h takes the stored values alone
    if given != result or given.zero_point != 0:
        raise CommandError(
            f"it has scale {given.scale:g} and zero point {given.zero_point}, its output "
            f"{result.scale:g} and {result.zero_point}; it needs one scale, and zero points of 0"
        )
    return (-values).astype(np.int8).astype(np.int64)


def _relu_to_one(low: int) -> Function:
    """RELU_N1_TO_1 and RELU_0_TO_1. QuantizedReluX in activations.cc."""

    def table(values: Values, given: Scale, result: Scale, options: Options) -> Values:
        # the quotient of two float32 is one
        real = float(given.scale / result.scale)
        if not real < 1 << 22:
            raise CommandError(
                f"its scales make a factor of {real:g}; less than 2^22 is supported"
            )
        multiplier, shift = quantize_multiplier(real)
        scaled = multiply_by_quantized_multiplier(values - given.zero_point, multiplier, shift)
        one = np.clip(round_half_away(np.float32(1) / result.scale), 0, 1 << 16)
        bounds = result.zero_point + low * int(one), result.zero_point + int(one)
        return np.clip(scaled.astype(np.int64) + result.zero_point, *bounds)

    return table


FUNCTIONS: dict[str, Function] = {
    "ELU": _tabulated(lambda x, options: elu(x)),
    "EXP": _tabulated(lambda x, options: exp(x)),
    "GELU": _tabulated(lambda x, options: gelu(x, options["approximate"])),
    "LOG": _log,
    "NEG": _neg,
    "RELU_0_TO_1": _relu_to_one(0),
    "RELU_N1_TO_1": _relu_to_one(-1),
    "RSQRT": _rsqrt,
    "SQRT": _sqrt,
}
