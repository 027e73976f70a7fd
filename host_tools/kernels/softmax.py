"""softmax_s8: softmax of int8 over the last dimension, in fixed point."""

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
from host_tools.fixed_point import exp_on_negative_values, one_over_one_plus_x
from host_tools.kernels.card import Card, by_keyword, fields

_DIFFERENCE_BITS = 5
_SUM_BITS = 12


def softmax(
    input: npt.NDArray[np.int8],
    *,
    multiplier: int,
    shift: int,
    diff_min: int,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.int8]:
    """exp(x) / sum(exp(x)) along the last dimension; the output has scale 1/256, zero point -128.

    `multiplier` and `shift` bring a difference of inputs to Q5.26; differences below `diff_min`
    count as minus infinity. Where the sum is 512 or more, tflite-micro stops with an error: here
    each result is then the rounded exact one, which is 0. Sums wrap at 8192 equal elements.
    """
    rows = input.reshape(-1, input.shape[-1]).astype(np.int64)
    difference = rows - rows.max(axis=1, keepdims=True)
    kept = difference >= diff_min
    scaled = multiply_by_quantized_multiplier(np.where(kept, difference, 0), multiplier, shift)
    exponential = exp_on_negative_values(scaled, _DIFFERENCE_BITS)
    terms = np.where(kept, rounding_divide_by_pot(exponential, _SUM_BITS), 0)
    sums = terms.sum(axis=1, keepdims=True, dtype=np.int64) & 0xFFFFFFFF
    leading_zeros = 32 - np.frexp(sums.astype(np.float64))[1].astype(np.int64)
    fraction = wrap_int32((sums << leading_zeros) - (1 << 31))
    reciprocal = one_over_one_plus_x(fraction)
    exponent = _SUM_BITS - leading_zeros + 31 - 8
    quotient = rounding_divide_by_pot(
        saturating_rounding_doubling_high_mul(reciprocal, exponential), np.minimum(exponent, 31)
    )
    result = np.where(kept & (exponent <= 31), quotient, 0) - 128
    return np.clip(result, -128, 127).astype(np.int8).reshape(output_shape)


CARDS = (
    Card(
        "softmax_s8",
        11,
        fields("multiplier shift diff_min"),
        compute=by_keyword(softmax),
        counts=lambda layer: {
            "element": math.prod(layer.output),
            "row": math.prod(layer.output[:-1]),
        },
    ),
)
