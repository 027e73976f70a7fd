"""Requantization records of the packed kernels: two int32 for an output channel.

The kernels compute, for an accumulator `a` (int32, the input's offset folded into its bias):
    r = (a * 2^32 + a * multiplier + 2^31) >> 32                one SMMLAR
    r = r + (r >> 31)
    out = (zero_point * 2^32 - r * scale + 2^31) >> 32          one SMMLSR
saturated to int8. With multiplier = 2m - 2^32 the first line is gemmlowp's rounding doubling high
multiply by m; with scale = -2^(32 - n) the others are its rounding division by 2^n, halves away
from zero. Exact for every shift to the right by n = 1 to 31.
For a shift to the left by s = 0 to 31 (an effective scale of 0.5 and more) scale is 1 + s, which
is above 0: `a` is shifted first, and wraps; the first line is then all but the zero point, added
with wrapping. Slower, apart from what the other channels run through.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import multiply_by_quantized_multiplier, wrap_int32

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]

LARGEST = 1 << 31


class Refused(Exception):
    """A packed kernel cannot compute this layer exactly; the message says why."""


def fold_offset(
    weights: npt.NDArray[np.int8], bias: npt.ArrayLike, input_offset: int
) -> Int64Array:
    """bias + input_offset * sum of weights, for `weights` [channels, taps] and `bias` [channels].

    Then the kernel takes inputs as they are stored. Raises Refused where a sum leaves int32.
    """
    sums = weights.astype(np.int64).sum(axis=1)
    folded = np.asarray(bias, dtype=np.int64) + input_offset * sums
    if len(folded) and np.abs(folded).max() >= LARGEST:
        raise Refused("a bias with the input's offset folded in leaves int32")
    return folded


def accumulator_range(
    weights: npt.NDArray[np.int8], folded_bias: Int64Array
) -> tuple[Int64Array, Int64Array]:
    """Least and greatest accumulator of each channel over all int8 inputs, [channels] each.

    Raises Refused where one leaves int32.
    """
    wide = weights.astype(np.int64)
    low = folded_bias + np.minimum(wide * 127, wide * -128).sum(axis=1)
    high = folded_bias + np.maximum(wide * 127, wide * -128).sum(axis=1)
    if len(low) and (low.min() < -LARGEST or high.max() >= LARGEST):
        raise Refused("an accumulator can leave int32")
    return low, high


def constants(
    low: Int64Array,
    high: Int64Array,
    multiplier: npt.ArrayLike,
    shift: npt.ArrayLike,
    output_offset: int,
) -> tuple[npt.NDArray[np.bool_], Int32Array]:
    """Which channels give one value whatever the input, and the value (saturated to int8).

    Requantization never falls as its input rises, so both ends of the range tell, unless a shift
    to the left, or the addition of the zero point after it, wraps between them.
    """
    ends = [
        np.clip(
            wrap_int32(
                multiply_by_quantized_multiplier(end, multiplier, shift).astype(np.int64)
                + output_offset
            ),
            -128,
            127,
        )
        for end in (low, high)
    ]
    furthest = np.maximum(np.abs(low), np.abs(high)) << np.clip(shift, 0, 31)
    may_wrap = (np.asarray(shift) >= 0) & (furthest >= LARGEST - 256) & (low != high)
    return (ends[0] == ends[1]) & ~may_wrap, ends[0].astype(np.int32)


def shared_record(multiplier: int, shift: int) -> Int32Array:
    """The record of one requantization, [2], for sums of any range. Raises Refused for others."""
    if not _exact(np.asarray(multiplier), np.asarray(shift)):
        raise Refused(_no_record("its sum", multiplier, shift))
    return wrap_int32(np.array([2 * multiplier, _scale(np.asarray(shift))]))


def records(
    low: Int64Array,
    high: Int64Array,
    multiplier: npt.ArrayLike,
    shift: npt.ArrayLike,
    output_offset: int,
) -> tuple[Int32Array, npt.NDArray[np.bool_], Int32Array]:
    """Records [channels, 2] (multiplier, scale), which channels became constants, their biases.

    `low` and `high` are the ends of the channels' accumulators, `multiplier` and `shift`
    TensorFlow Lite's. A channel that only ever gives one value becomes a constant: its weights
    must then be packed as 0, with the bias given here. Raises Refused for any other without an
    exact record.
    """
    multipliers = np.broadcast_to(np.asarray(multiplier, dtype=np.int64), low.shape)
    shifts = np.broadcast_to(np.asarray(shift, dtype=np.int64), low.shape)
    constant, values = constants(low, high, multipliers, shifts, output_offset)
    for channel in np.flatnonzero(~constant & ~_exact(multipliers, shifts)):
        raise Refused(_no_record(f"channel {channel}", multipliers[channel], shifts[channel]))
    # a constant is requantized by 2^30 * 2^-1, which is a quarter
    chosen = np.where(constant, 1 << 30, multipliers)
    scales = _scale(np.where(constant, -1, shifts))
    table = wrap_int32(np.stack([2 * chosen, scales], axis=-1))
    return table, constant, 4 * (values - output_offset)


def requantize_by_records(
    sums: npt.ArrayLike, table: npt.ArrayLike, output_zero: int, act_min: int, act_max: int
) -> npt.NDArray[np.int8]:
    """`sums` [..., channels], wrapped to int32, by records [channels, 2], as the kernels do it."""
    wide = wrap_int32(sums).astype(np.int64)
    multiplier, scale = np.moveaxis(np.asarray(table).astype(np.int64), -1, 0)
    # 64 bits wrap as the kernels' do
    left = wrap_int32(wide << np.where(scale > 0, (scale - 1) & 31, 0)).astype(np.int64)
    shifted = wrap_int32(_high_add(left, multiplier) + output_zero)
    right = _high_add(wide, multiplier)
    right = wrap_int32(right + (right >> 31)).astype(np.int64)
    divided = ((output_zero << 32) - right * scale + (1 << 31)) >> 32
    saturated = np.clip(np.where(scale > 0, shifted, divided), -128, 127)
    return np.clip(saturated, act_min, act_max).astype(np.int8)


def rescale(sums: npt.ArrayLike, table: npt.ArrayLike) -> Int64Array:
    """`sums` [..., channels], wrapped to int32, by records [channels, 2]: no offset, no bounds.

    A record of zeros makes 0 of all.
    """
    wide = wrap_int32(sums).astype(np.int64)
    multiplier, scale = np.moveaxis(np.asarray(table).astype(np.int64), -1, 0)
    left = wrap_int32(wide << np.where(scale > 0, (scale - 1) & 31, 0)).astype(np.int64)
    right = wrap_int32(_high_add(wide, multiplier)).astype(np.int64)
    right = wrap_int32(right + (right >> 31)).astype(np.int64)
    divided = (-right * scale + (1 << 31)) >> 32
    return wrap_int32(np.where(scale > 0, _high_add(left, multiplier), divided)).astype(np.int64)


def scale_record(multiplier: int, shift: int) -> tuple[int, int]:
    """What makes `rescale` multiply as TensorFlow Lite's multiplier and shift do."""
    if multiplier == 0:
        return 0, 0
    first, second = shared_record(multiplier, shift)
    return int(first), int(second)


def _high_add(values: Int64Array, multiplier: Int64Array) -> Int64Array:
    return ((values << 32) + values * multiplier + (1 << 31)) >> 32


def _scale(shift: Int64Array) -> Int64Array:
    right = -(np.int64(1) << (32 + np.minimum(shift, -1)))
    return np.where(shift >= 0, 1 + shift, right)


def _exact(multiplier: Int64Array, shift: Int64Array) -> npt.NDArray[np.bool_]:
    return (shift <= 31) & (shift >= -31) & (multiplier >= 1 << 30)


def _no_record(what: str, multiplier: int, shift: int) -> str:
    return (
        f"{what} is requantized by {multiplier} * 2^{shift}, which the kernel does not have (a "
        "multiplier of 2^30 and more, a shift of -31 to 31)"
    )
