"""TensorFlow Lite's integer arithmetic, exactly: multipliers, roundings and activation ranges.

Formulas: gemmlowp's fixedpoint.h and TensorFlow Lite's quantization_util.cc, with the double
rounding that TensorFlow Lite for Microcontrollers uses. Arrays are numpy's; int32 results wrap as
two's complement does. Tables, tensors and operators are no matter of this module.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError

IntArray = npt.NDArray[np.int32]

INT32_MIN = -(1 << 31)
INT32_MAX = (1 << 31) - 1

LIMITS = {
    "int8": (-128, 127),
    "uint8": (0, 255),
    "int16": (-32768, 32767),
    "int32": (INT32_MIN, INT32_MAX),
}


def wrap_int32(values: npt.ArrayLike) -> IntArray:
    """The low 32 bits of int64 `values`, as int32."""
    return np.asarray(values, dtype=np.int64).astype(np.int32)


def round_half_away(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """C's round() of float32 or float64 `values`: to the nearest, halves away from zero."""
    wide = np.asarray(values, dtype=np.float64)
    whole = np.trunc(wide)
    with np.errstate(invalid="ignore"):
        return whole + np.copysign(np.abs(wide - whole) >= 0.5, wide)


def quantize_multiplier(real: float) -> tuple[int, int]:
    """`real` >= 0 as (multiplier, shift): real ~ multiplier * 2^(shift - 31).

    The multiplier is in [2^30, 2^31), or 0 with shift 0 where `real` is 0 or below about 2^-32.
    QuantizeMultiplier in quantization_util.cc. Raises ValueError for a negative, infinite or NaN.
    """
    if not math.isfinite(real) or real < 0:
        raise ValueError(f"a multiplier must be finite and not negative, not {real}")
    fraction, shift = math.frexp(real)
    multiplier = math.floor(fraction * (1 << 31) + 0.5)
    if multiplier == 1 << 31:
        multiplier //= 2
        shift += 1
    if multiplier == 0 or shift < -31:
        return 0, 0
    return multiplier, shift


def saturating_rounding_doubling_high_mul(a: npt.ArrayLike, b: npt.ArrayLike) -> IntArray:
    """round(a * b / 2^31) of int32 arrays, halves towards plus infinity; -2^31 squared saturates.

    SaturatingRoundingDoublingHighMul in fixedpoint.h.
    """
    product = np.asarray(a, dtype=np.int64) * np.asarray(b, dtype=np.int64)
    nudged = product + np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    # C's division truncates
    quotient = (nudged + ((nudged >> 63) & ((1 << 31) - 1))) >> 31
    return np.minimum(quotient, INT32_MAX).astype(np.int32)


def rounding_divide_by_pot(x: npt.ArrayLike, exponent: npt.ArrayLike) -> IntArray:
    """round(x / 2^exponent) of an int32 array, halves away from zero; exponent 0 to 31."""
    wide = np.asarray(x, dtype=np.int64)
    exponents = np.asarray(exponent, dtype=np.int64)
    mask = (np.int64(1) << exponents) - 1
    threshold = (mask >> 1) + (wide < 0)
    return ((wide >> exponents) + ((wide & mask) > threshold)).astype(np.int32)


def multiply_by_quantized_multiplier(
    x: npt.ArrayLike, multiplier: npt.ArrayLike, shift: npt.ArrayLike
) -> IntArray:
    """x * multiplier * 2^(shift - 31) of int32 arrays, rounded twice; they broadcast.

    A left shift (shift > 0) comes first and wraps. MultiplyByQuantizedMultiplier in common.cc.
    """
    shifts = np.asarray(shift, dtype=np.int64)
    shifted = wrap_int32(np.asarray(x, dtype=np.int64) << np.maximum(shifts, 0))
    return rounding_divide_by_pot(
        saturating_rounding_doubling_high_mul(shifted, multiplier), np.maximum(-shifts, 0)
    )


def activation_range(
    fused: str, dtype: str, scale: float | np.floating, zero_point: int
) -> tuple[int, int]:
    """(min, max) of the stored output values for the fused activation named `fused`.

    `dtype` is int8, uint8 or int16, `scale` (float32) and `zero_point` the output's.
    CalculateActivationRangeQuantized in kernel_util.cc. Raises CommandError for an activation
    without a range (TANH, SIGN_BIT) and for a scale so small that a bound leaves int32.
    """
    lowest, highest = LIMITS[dtype]

    def quantized(value: float) -> int:
        with np.errstate(over="ignore"):
            rounded = float(round_half_away(np.float32(value) / np.float32(scale)))
        if not INT32_MIN <= rounded <= INT32_MAX:
            raise CommandError(
                f"the output scale {float(scale):g} is too small for the fused activation {fused}"
            )
        return zero_point + int(rounded)

    if fused == "NONE":
        return lowest, highest
    if fused == "RELU":
        return max(lowest, quantized(0.0)), highest
    if fused == "RELU6":
        return max(lowest, quantized(0.0)), min(highest, quantized(6.0))
    if fused == "RELU_N1_TO_1":
        return max(lowest, quantized(-1.0)), min(highest, quantized(1.0))
    raise CommandError(f"the fused activation {fused} is not supported: use NONE or a RELU")
