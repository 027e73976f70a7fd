"""depthwise_packed_s8: depthwise convolution, any window, stride and depth multiplier.

With a depth multiplier M, output channel c * M + m is the m-th of input channel c. The data block
is a record for each m and each group of 4 input channels, the groups of m = 0 first:
    i32 [4] bias                        the input's offset is not folded in
    i32 [4] multiplier, scale           see requantization.py
    i16 [4] weights, for each tap       of the group's channels 0, 2, 1, 3
The last group is of the last 4 input channels: where their number is no multiple of 4, some of
them are in the group before as well.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.plan.layouts.requantization import accumulator_range, fold_offset, records

CHANNELS = 4  # of a record, and the fewest of an input
ORDER = [0, 2, 1, 3]


def pack(
    weights: npt.NDArray[np.int8],
    bias: npt.ArrayLike,
    multiplier: npt.ArrayLike,
    shift: npt.ArrayLike,
    *,
    input_channels: int,
    input_offset: int,
    output_offset: int,
) -> bytes:
    """The data block of `weights` [kernel_h, kernel_w, output channels].

    `bias`, `multiplier` and `shift` are [output channels]. Raises Refused where it is not exact.
    A window that is partly outside the input has a sum of some taps only, which lies in the range
    of those of all: a tap left out is one whose input is the zero point.
    """
    flat = weights.reshape(-1, weights.shape[2]).T
    low, high = accumulator_range(flat, fold_offset(flat, bias, input_offset))
    table, fixed, constant = records(low, high, multiplier, shift, output_offset)
    flat = np.where(fixed[:, None], np.int8(0), flat)
    biases = np.where(fixed, constant, np.asarray(bias))
    factor = len(flat) // input_channels
    starts = [min(c, input_channels - CHANNELS) for c in range(0, input_channels, CHANNELS)]
    block = b""
    for m in range(factor):
        for start in starts:
            units = (start + np.arange(CHANNELS)) * factor + m
            block += biases[units].astype("<i4").tobytes() + table[units].astype("<i4").tobytes()
            block += flat[units[ORDER]].T.astype("<i2").tobytes()
    return block
