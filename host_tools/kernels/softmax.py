"""softmax_s8, log_softmax_s8, l2_normalization_s8: over the last dimension, in fixed point."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import (
    multiply_by_quantized_multiplier,
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
    wrap_int32,
)
from host_tools.fixed_point import (
    exp_on_negative_values,
    inverse_square_root,
    log,
    one_over_one_plus_x,
)
from host_tools.kernels.card import Card, by_keyword, fields
from host_tools.kernels.layer import Counts, Layer

Int8 = npt.NDArray[np.int8]

_DIFFERENCE_BITS = 5
_SUM_BITS = 12
_LOG_BITS = 4


def softmax(
    input: Int8,
    *,
    multiplier: int,
    shift: int,
    diff_min: int,
    output_shape: tuple[int, ...],
) -> Int8:
    """exp(x) / sum(exp(x)) along the last dimension; the output has scale 1/256, zero point -128.

    `multiplier` and `shift` bring a difference of inputs to Q5.26; differences below `diff_min`
    count as minus infinity. Where the sum is 512 or more, tflite-micro stops with an error: here
    each result is then the rounded exact one, which is 0. Sums wrap at 8192 equal elements.
    """
    _, kept, scaled = _differences(input, multiplier, shift, diff_min)
    exponential = exp_on_negative_values(scaled, _DIFFERENCE_BITS)
    sums = _sums(exponential, kept) & 0xFFFFFFFF
    leading_zeros = 32 - np.frexp(sums.astype(np.float64))[1].astype(np.int64)
    fraction = wrap_int32((sums << leading_zeros) - (1 << 31))
    reciprocal = one_over_one_plus_x(fraction)
    exponent = _SUM_BITS - leading_zeros + 31 - 8
    quotient = rounding_divide_by_pot(
        saturating_rounding_doubling_high_mul(reciprocal, exponential), np.minimum(exponent, 31)
    )
    result = np.where(kept & (exponent <= 31), quotient, 0) - 128
    return np.clip(result, -128, 127).astype(np.int8).reshape(output_shape)


def log_softmax(
    input: Int8,
    *,
    multiplier: int,
    shift: int,
    reverse_multiplier: int,
    reverse_shift: int,
    diff_min: int,
    output_shape: tuple[int, ...],
) -> Int8:
    """log(exp(x) / sum(exp(x))) along the last dimension; output scale 1/16, zero point 127.

    `multiplier`, `shift` and `diff_min` as in `softmax`; the reverse ones bring Q5.26 back to a
    difference of inputs. At most 4095 elements sum up.
    """
    difference, kept, scaled = _differences(input, multiplier, shift, diff_min)
    sums = _sums(exp_on_negative_values(scaled, _DIFFERENCE_BITS), kept)
    log_of_sum = log(sums.astype(np.int32), _SUM_BITS, _DIFFERENCE_BITS).astype(np.int64)
    # the least difference whose result Q5.26 holds, and one less than the least that is kept
    least = multiply_by_quantized_multiplier(
        log_of_sum - (1 << 31), reverse_multiplier, reverse_shift
    )
    quotient = rounding_divide_by_pot(
        wrap_int32(scaled - log_of_sum), 31 - _DIFFERENCE_BITS - _LOG_BITS
    )
    result = np.where(difference > np.maximum(least, diff_min - 1), quotient + 127, -128)
    return np.clip(result, -128, 127).astype(np.int8).reshape(output_shape)


def l2_normalization(input: Int8, *, input_offset: int, output_shape: tuple[int, ...]) -> Int8:
    """x / sqrt(sum(x^2)) along the last dimension; the output has scale 1/128, zero point 0."""
    rows = input.reshape(-1, input.shape[-1]).astype(np.int64) + input_offset
    roots = [inverse_square_root(int(total)) for total in (rows * rows).sum(axis=1)]
    multipliers, shifts = np.array(roots, np.int64).T[:, :, np.newaxis]
    result = multiply_by_quantized_multiplier(rows, multipliers, shifts + 7)
    return np.clip(result, -128, 127).astype(np.int8).reshape(output_shape)


def _differences(
    input: Int8, multiplier: int, shift: int, diff_min: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
    """How far [rows, length] are below their greatest, what of it counts, and that in Q5.26."""
    rows = input.reshape(-1, input.shape[-1]).astype(np.int64)
    difference = rows - rows.max(axis=1, keepdims=True)
    kept = difference >= diff_min
    scaled = multiply_by_quantized_multiplier(np.where(kept, difference, 0), multiplier, shift)
    return difference, kept, scaled


def _sums(
    exponential: npt.NDArray[np.int32], kept: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Sums of what is kept, from Q0.31 to Q12.19; [rows, 1]."""
    terms = np.where(kept, rounding_divide_by_pot(exponential, _SUM_BITS), 0)
    return terms.sum(axis=1, keepdims=True, dtype=np.int64)


def _counts(layer: Layer) -> Counts:
    return {"element": math.prod(layer.output), "row": math.prod(layer.output[:-1])}


CARDS = (
    Card(
        "softmax_s8",
        11,
        fields("multiplier shift diff_min"),
        compute=by_keyword(softmax),
        counts=_counts,
        rates=(123, 32, 85, 98),
    ),
    Card(
        "log_softmax_s8",
        26,
        fields("multiplier shift reverse_multiplier reverse_shift diff_min"),
        compute=by_keyword(log_softmax),
        counts=_counts,
        rates=(110, 79, 0, 128),
    ),
    Card(
        "l2_normalization_s8",
        27,
        fields("input_offset"),
        compute=by_keyword(l2_normalization),
        counts=_counts,
        rates=(43, 0, 0, 154),
    ),
)
