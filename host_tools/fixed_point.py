"""gemmlowp's fixed-point exponential, logistic and tanh on int32 arrays, bit for bit.

A value in Qm.(31-m) is raw / 2^(31-m). Formulas and constants: gemmlowp's fixedpoint.h.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import (
    INT32_MAX,
    INT32_MIN,
    IntArray,
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
    wrap_int32,
)

_ONE = INT32_MAX  # 1.0 in Q0.31

# exp(-2^k) in Q0.31, for k from -2
_EXP_OF_MINUS_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)

_high_mul = saturating_rounding_doubling_high_mul


def _add(a: npt.ArrayLike, b: npt.ArrayLike) -> IntArray:
    return wrap_int32(np.asarray(a, dtype=np.int64) + np.asarray(b, dtype=np.int64))


def _shift_left_saturating(x: IntArray, bits: int) -> IntArray:
    # as gemmlowp: the threshold is one short of the exact one on the negative side
    threshold = (1 << (31 - bits)) - 1
    shifted = wrap_int32(x.astype(np.int64) << bits)
    return np.where(x > threshold, INT32_MAX, np.where(x < -threshold, INT32_MIN, shifted)).astype(
        np.int32
    )


def exp_on_negative_values(raw: IntArray, integer_bits: int) -> IntArray:
    """exp(x) in Q0.31 of x <= 0 in Q`integer_bits` (0 < integer_bits <= 5)."""
    fractional_bits = 31 - integer_bits
    quarter = 1 << (fractional_bits - 2)
    remainder = _add(raw & np.int32(quarter - 1), -quarter)
    result = _exp_within_a_quarter(_shift_left_saturating(remainder, integer_bits))
    rest = wrap_int32(remainder.astype(np.int64) - raw)
    for power, constant in enumerate(_EXP_OF_MINUS_POWERS, start=-2):
        if integer_bits > power:
            bit = np.int32(1 << (fractional_bits + power))
            result = np.where(rest & bit, _high_mul(result, constant), result)
    return np.where(raw == 0, _ONE, result).astype(np.int32)


def _exp_within_a_quarter(a: IntArray) -> IntArray:
    """exp(a) in Q0.31 of a in [-1/4, 0), by a Taylor series around -1/8."""
    exp_of_minus_eighth = 1895147668
    third = 715827883
    x = _add(a, 1 << 28)
    x2 = _high_mul(x, x)
    x3 = _high_mul(x2, x)
    x4_over_4 = rounding_divide_by_pot(_high_mul(x2, x2), 2)
    tail = rounding_divide_by_pot(_add(_high_mul(_add(x4_over_4, x3), third), x2), 1)
    return _add(exp_of_minus_eighth, _high_mul(exp_of_minus_eighth, _add(x, tail)))


def _half_reciprocal(a: IntArray) -> IntArray:
    """2 / (1 + a) in Q2.29 of a in [0, 1] (Q0.31), by three Newton-Raphson steps."""
    half_denominator = ((a.astype(np.int64) + _ONE + 1) >> 1).astype(np.int32)
    x = _add(_high_mul(half_denominator, -1010580540), 1515870810)  # 48/17 - 32/17 d
    for _ in range(3):
        error = wrap_int32((1 << 29) - _high_mul(half_denominator, x).astype(np.int64))
        x = _add(x, _shift_left_saturating(_high_mul(x, error), 2))
    return x


def one_over_one_plus_x(a: IntArray) -> IntArray:
    """1 / (1 + a) in Q0.31 of a in [0, 1] in Q0.31."""
    return _shift_left_saturating(_half_reciprocal(a), 1)


def log(raw: IntArray, integer_bits: int, result_bits: int) -> IntArray:
    """log(x) in Q`result_bits` of x >= 1 in Q`integer_bits`.

    x = r * 2^power, with r around (1/2)^(1/4), where a quotient of polynomials has log(r). Power
    and r come from x and from x * sqrt(1/2); the greater power is taken.
    log_x_for_x_greater_than_or_equal_to_1 in common.h.
    """
    sqrt_half, center, log_of_2 = 1518500250, 1805811301, 1488522236
    alpha_n, alpha_d, alpha_i, alpha_f = 117049297, 127690142, 1057819769, 638450708
    one = 1 << (31 - (result_bits + 1))  # powers have one bit more
    x = raw.astype(np.int64)
    zeros = _leading_zeros(x)
    r_of_a = _high_mul(x << (zeros - 1), sqrt_half).astype(np.int64) << 1
    a_power = (integer_bits - zeros) * one + one // 4
    zeros = _leading_zeros(_high_mul(x, sqrt_half)) - 1
    r_of_b = x << zeros
    b_power = (integer_bits - zeros) * one - one // 4
    power = np.maximum(a_power, b_power)
    r = np.minimum(np.minimum(r_of_a, r_of_b), INT32_MAX)

    p = (r + center + 1) >> 1
    q = wrap_int32((r - center) * 2)
    square = _high_mul(q, q)
    numerator = _add(_high_mul(q, r), _high_mul(_high_mul(q, square), alpha_n))
    inner = _add(_add(alpha_i, q), _high_mul(alpha_d, square))
    denominator = _add(_high_mul(p, inner), _high_mul(alpha_f, q))
    log_of_r = _high_mul(
        rounding_divide_by_pot(numerator, result_bits + 1), one_over_one_plus_x(denominator)
    )
    return _shift_left_saturating(_add(_high_mul(power, log_of_2), log_of_r), 1)


def _leading_zeros(values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Of 32 bits, for values of 0 to 2^32 - 1."""
    return 32 - np.frexp(np.asarray(values, np.float64))[1].astype(np.int64)


def logistic(raw: IntArray, integer_bits: int) -> IntArray:
    """1 / (1 + exp(-x)) in Q0.31 of x in Q`integer_bits`."""
    negative_size = np.where(raw > 0, wrap_int32(-raw.astype(np.int64)), raw)
    positive = one_over_one_plus_x(exp_on_negative_values(negative_size, integer_bits))
    result = np.where(raw > 0, positive, _add(_ONE, wrap_int32(-positive.astype(np.int64))))
    return np.where(raw == 0, 1 << 30, result).astype(np.int32)


def tanh(raw: IntArray, integer_bits: int) -> IntArray:
    """tanh(x) in Q0.31 of x in Q`integer_bits`, that is (1 - exp(-2x)) / (1 + exp(-2x))."""
    negative_size = np.where(raw < 0, raw, wrap_int32(-raw.astype(np.int64)))
    exponential = exp_on_negative_values(negative_size, integer_bits + 1)
    size = _shift_left_saturating(_add(_half_reciprocal(exponential), -(1 << 29)), 2)
    result = np.where(raw < 0, wrap_int32(-size.astype(np.int64)), size)
    return np.where(raw == 0, 0, result).astype(np.int32)


@lru_cache(1024)  # a table asks for the same 255 each time
def inverse_square_root(value: int) -> tuple[int, int]:
    """1 / sqrt(value) of 0 <= value < 2^31 as (multiplier, shift): multiplier * 2^(shift - 31).

    0 counts as 1. GetInvSqrtQuantizedMultiplierExp in common.h: five Newton-Raphson steps in
    Q3.28.
    """
    if value <= 1:
        return INT32_MAX, 0
    if value >= 1 << 29:
        multiplier, shift = inverse_square_root(value >> 2)
        return multiplier, shift - 1
    # value becomes 4^pairs times as large, at least 2^27
    pairs = (31 - value.bit_length()) // 2 - 1
    half = rounding_divide_by_pot((value << 2 * pairs) >> 1, 1)
    one_and_half = np.int32((1 << 28) + (1 << 27))
    x = np.asarray(1 << 28, dtype=np.int32)
    for _ in range(5):
        cube = _shift_left_saturating(_high_mul(_high_mul(x, x), x), 6)
        difference = _add(_high_mul(one_and_half, x), -_high_mul(half, cube).astype(np.int64))
        x = _shift_left_saturating(difference, 3)
    root = _high_mul(x, 1518500250)  # sqrt(1/2) in Q0.31
    shift = pairs - 11
    return int(root) << max(shift, 0), min(shift, 0)
