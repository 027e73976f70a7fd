"""depthwise_3x3_s8: depthwise 3x3 convolution, stride 1 or 2 both ways, depth multiplier 1.

The data block is 24 bytes for each channel, one after the other, with w[row][column]:
    i8  w00 w01 w10 w11   w02 w10 w12 w20   w11 w12 w21 w22
    i32 bias                            the input's offset folded in
    i32 multiplier, scale               see requantization.py
Each word of weights widens (bytes 0 and 2, bytes 1 and 3) into two pairs of one column.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.plan.layouts.requantization import accumulator_range, fold_offset, records

ORDER = [0, 1, 3, 4, 2, 3, 5, 6, 4, 5, 7, 8]  # row * 3 + column


def pack(
    weights: npt.NDArray[np.int8],
    bias: npt.ArrayLike,
    multiplier: npt.ArrayLike,
    shift: npt.ArrayLike,
    *,
    input_offset: int,
    output_offset: int,
) -> bytes:
    """The data block of `weights` [3, 3, channels].

    `bias`, `multiplier` and `shift` are [channels]. Raises Refused where it is not exact.
    """
    flat = weights.reshape(9, -1).T
    folded = fold_offset(flat, bias, input_offset)
    low, high = accumulator_range(flat, folded)
    table, fixed, constant = records(low, high, multiplier, shift, output_offset)
    flat = np.where(fixed[:, None], np.int8(0), flat)
    folded = np.where(fixed, constant, folded)
    return b"".join(
        flat[channel, ORDER].tobytes()
        + folded[channel].astype("<i4").tobytes()
        + table[channel].astype("<i4").tobytes()
        for channel in range(len(flat))
    )


def scratch_size(output_h: int, output_w: int, stride: int) -> int:
    """Bytes of scratch: ink_depthwise_3x3_s8_scratch() says the same."""
    even_w = output_w + output_w % 2
    columns = even_w + 2 if stride == 1 else 2 * even_w + 1
    steps = (output_h + 1) // 2 if stride == 1 else output_h
    return columns * 32 + steps * 16
