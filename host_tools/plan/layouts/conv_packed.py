"""conv_packed_s8: direct convolution, two output channels a halfword.

The data block is a record a pair of output channels A and B (the last pair's B has zero weights
where their number is odd), one after the other:
    i32 256 * bias_a + bias_b (wrapped), i32 bias_b    the input's offset folded in
    i16 256 * weight_a + weight_b, for each tap        taps filled up to a multiple of 4 with 0
    i32 multiplier, scale of A, then of B              see requantization.py
A kernel row's kernel_w * input_c taps are a run. First come the whole groups of 4 taps of each
run, then what is left of all runs. The taps of each group of 4 lie in the order 0, 2, 1, 3.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.plan.layouts.requantization import (
    Refused,
    accumulator_range,
    fold_offset,
    records,
    wrap_int32,
)

GROUP = 4
PIXELS = 4


def tap_order(kernel_h: int, run: int) -> npt.NDArray[np.int64]:
    """Indices of the taps (row * run + place in the run) in the kernel's order, -1 for none."""
    whole = run - run % GROUP
    taps = np.arange(kernel_h * run).reshape(kernel_h, run)
    order = np.concatenate([taps[:, :whole].ravel(), taps[:, whole:].ravel()])
    order = np.concatenate([order, np.full(-len(order) % GROUP, -1)])
    return order.reshape(-1, GROUP)[:, [0, 2, 1, 3]].ravel()


def join_weights(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """256 * a + b; raises Refused where one does not fit int16."""
    both = 256 * a + b
    if np.min(both, initial=0) < -32768:
        raise Refused("a weight of -128 lies beside a negative one")
    return both


def pack(
    weights: npt.NDArray[np.int8],
    bias: npt.ArrayLike,
    multiplier: npt.ArrayLike,
    shift: npt.ArrayLike,
    *,
    input_offset: int,
    output_offset: int,
) -> bytes:
    """The data block of `weights` [output channels, kernel_h, kernel_w, input channels].

    `bias`, `multiplier` and `shift` are [output channels]. Raises Refused where it is not exact:
    a pair of weights that does not fit int16, or |A| of 2^23 and more.
    """
    units, kernel_h, kernel_w, depth = weights.shape
    flat = weights.reshape(units, -1)
    folded = fold_offset(flat, bias, input_offset)
    low, high = accumulator_range(flat, folded)
    table, fixed, constant = records(low, high, multiplier, shift, output_offset)
    flat = np.where(fixed[:, None], np.int8(0), flat)
    folded = np.where(fixed, constant, folded)
    if np.maximum(np.abs(low), np.abs(high))[0::2][~fixed[0::2]].max(initial=0) >= 1 << 23:
        raise Refused("an accumulator can reach 2^23")
    if units % 2:
        flat = np.concatenate([flat, np.zeros_like(flat[:1])])
        folded = np.concatenate([folded, [0]])
        table = np.concatenate([table, [[0, 0]]])

    order = tap_order(kernel_h, kernel_w * depth)
    taps = np.where(order >= 0, flat[:, order], 0).astype(np.int64)
    both = join_weights(taps[0::2], taps[1::2])
    heads = wrap_int32(np.stack([256 * folded[0::2] + folded[1::2], folded[1::2]], axis=-1))
    return b"".join(
        heads[pair].astype("<i4").tobytes()
        + both[pair].astype("<i2").tobytes()
        + table[2 * pair : 2 * pair + 2].astype("<i4").tobytes()
        for pair in range(len(both))
    )


def scratch_size(kernel_h: int, kernel_w: int, input_channels: int, output_channels: int) -> int:
    """Bytes of scratch: ink_conv_packed_s8_scratch() says the same."""

    def aligned(size: int) -> int:
        return -(-size // 4) * 4

    run = kernel_w * input_channels
    taps = aligned(kernel_h * run)
    rest = aligned(kernel_h * (run % GROUP))
    staging = (output_channels + output_channels % 2) * PIXELS
    return taps * 2 * PIXELS + 16 + rest * PIXELS + aligned(run) * (1 + PIXELS) + staging
