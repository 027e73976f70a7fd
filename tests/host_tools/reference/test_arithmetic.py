"""The integer arithmetic against its definitions, in Python's unbounded integers."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from host_tools import fixed_point
from host_tools.arithmetic import (
    INT32_MAX,
    INT32_MIN,
    activation_range,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    round_half_away,
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
    wrap_int32,
)
from host_tools.errors import CommandError

EDGES = [0, 1, -1, 2, -2, 1 << 30, -(1 << 30), (1 << 30) - 1, INT32_MAX, INT32_MIN, INT32_MIN + 1]


def some_int32(seed: int, count: int = 500) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(-300, 300, count)
    large = rng.integers(INT32_MIN, INT32_MAX, count, endpoint=True)
    return np.concatenate([EDGES, small, large]).astype(np.int32)


def exact_high_mul(a: int, b: int) -> int:
    """round(a b / 2^31), halves up, saturated."""
    return min(math.floor(Fraction(a * b, 1 << 31) + Fraction(1, 2)), INT32_MAX)


def exact_divide(x: int, exponent: int) -> int:
    """round(x / 2^exponent), halves away from zero."""
    size = math.floor(Fraction(abs(x), 1 << exponent) + Fraction(1, 2))
    return size if x >= 0 else -size


def test_the_high_product_is_the_rounded_one() -> None:
    a, b = some_int32(1), some_int32(2)[::-1]
    found = saturating_rounding_doubling_high_mul(a, b)
    assert found.tolist() == [exact_high_mul(int(x), int(y)) for x, y in zip(a, b, strict=True)]
    assert saturating_rounding_doubling_high_mul(INT32_MIN, INT32_MIN) == INT32_MAX


@pytest.mark.parametrize("exponent", range(32))
def test_division_by_a_power_of_two_rounds_halves_away_from_zero(exponent: int) -> None:
    values = some_int32(3)
    found = rounding_divide_by_pot(values, exponent)
    assert found.tolist() == [exact_divide(int(x), exponent) for x in values]


def test_multiplying_rounds_twice_and_wraps_a_left_shift() -> None:
    rng = np.random.default_rng(4)
    values = some_int32(5)
    multipliers = rng.integers(1 << 30, 1 << 31, len(values))
    shifts = rng.integers(-31, 31, len(values))
    found = multiply_by_quantized_multiplier(values, multipliers, shifts)
    for x, multiplier, shift, result in zip(values, multipliers, shifts, found, strict=True):
        shifted = (int(x) << max(int(shift), 0)) + (1 << 31)
        wrapped = shifted % (1 << 32) - (1 << 31)
        product = exact_high_mul(wrapped, int(multiplier))
        assert result == exact_divide(product, max(-int(shift), 0))


def test_a_multiplier_is_within_half_a_bit_of_the_real_one() -> None:
    rng = np.random.default_rng(6)
    for real in [1.0, 0.5, 0.75, 1 - 2**-40, 2.0**29, *2 ** rng.uniform(-31, 30, 300)]:
        multiplier, shift = quantize_multiplier(float(real))
        assert 1 << 30 <= multiplier < 1 << 31 and -31 <= shift <= 30
        exact = Fraction(float(real))
        error = abs(Fraction(multiplier) * Fraction(2) ** (shift - 31) - exact)
        assert error <= exact / (1 << 31)


def test_a_multiplier_of_nothing_is_zero_and_one_that_rounds_up_has_the_next_shift() -> None:
    assert quantize_multiplier(0.0) == (0, 0)
    assert quantize_multiplier(2.0**-33) == (0, 0)
    assert quantize_multiplier(2.0**-32) == (1 << 30, -31)
    assert quantize_multiplier(math.nextafter(1.0, 0.0)) == (1 << 30, 1)
    for wrong in (-1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="a multiplier must be"):
            quantize_multiplier(wrong)


def test_wrapping_keeps_the_low_32_bits() -> None:
    values = [INT32_MAX + 1, INT32_MIN - 1, 1 << 32, -(1 << 40) + 5]
    assert wrap_int32(values).tolist() == [INT32_MIN, INT32_MAX, 0, 5]


def test_rounding_takes_halves_away_from_zero_and_only_halves() -> None:
    values = np.array([0.5, -0.5, 1.5, -2.5, 0.49999997, -0.49999997, 8388609.0], np.float32)
    assert round_half_away(values).tolist() == [1, -1, 2, -3, 0, 0, 8388609]


@pytest.mark.parametrize(
    ("fused", "zero_point", "expected"),
    [
        ("NONE", 5, (-128, 127)),
        ("RELU", -10, (-10, 127)),
        ("RELU", -128, (-128, 127)),
        ("RELU6", -10, (-10, 50)),
        ("RELU6", 100, (100, 127)),
        ("RELU_N1_TO_1", 0, (-10, 10)),
    ],
)
def test_a_fused_activation_bounds_the_stored_values(
    fused: str, zero_point: int, expected: tuple[int, int]
) -> None:
    assert activation_range(fused, "int8", np.float32(0.1), zero_point) == expected


def test_an_activation_without_bounds_is_refused() -> None:
    with pytest.raises(CommandError, match="SIGN_BIT is not supported"):
        activation_range("SIGN_BIT", "int8", 0.1, 0)
    with pytest.raises(CommandError, match="too small for the fused activation RELU6"):
        activation_range("RELU6", "int8", np.float32(1e-9), 0)


def test_the_fixed_point_functions_are_near_the_real_ones() -> None:
    raw = np.linspace(INT32_MIN + 1, INT32_MAX, 4001).astype(np.int32)
    real = raw / 2.0**27
    one = 2.0**31
    negative = -np.abs(raw)
    exponential = fixed_point.exp_on_negative_values(negative, 4) / one
    np.testing.assert_allclose(exponential, np.exp(negative / 2.0**27), atol=1e-6)
    np.testing.assert_allclose(
        fixed_point.logistic(raw, 4) / one, 1 / (1 + np.exp(-real)), atol=1e-6
    )
    np.testing.assert_allclose(fixed_point.tanh(raw, 4) / one, np.tanh(real), atol=1e-6)
    assert fixed_point.logistic(np.zeros(1, np.int32), 4).tolist() == [1 << 30]
