"""Convolution of int8 by int8, per channel, with groups."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.reference.kernels.windows import requantize, windows


def conv(
    input: npt.NDArray[np.int8],
    weights: npt.NDArray[np.int8],
    bias: npt.NDArray[np.int32],
    multiplier: npt.NDArray[np.int32],
    shift: npt.NDArray[np.int32],
    *,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    dilation_h: int,
    dilation_w: int,
    pad_top: int,
    pad_left: int,
    channel_factor: int,
    input_offset: int,
    output_offset: int,
    act_min: int,
    act_max: int,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.int8]:
    """NHWC int8 `input` by `weights` [output channels, kernel_h, kernel_w, channels / groups].

    `bias`, `multiplier` and `shift` are [output channels]; `channel_factor` is the number of
    groups. Returns int8 of `output_shape` (NHWC).
    """
    batch, height, width, units = output_shape
    groups = channel_factor
    # float64 keeps integers below 2^53 exact, and its matrix product is fast
    shifted = input.astype(np.float64) + input_offset
    patches = windows(
        shifted,
        0,
        kernel=(kernel_h, kernel_w),
        stride=(stride_h, stride_w),
        dilation=(dilation_h, dilation_w),
        pad=(pad_top, pad_left),
        output=(height, width),
    )
    depth = input.shape[3] // groups
    each = units // groups
    columns = weights.reshape(units, -1).T.astype(np.float64)
    sums = np.empty((batch * height * width, units), dtype=np.int64)
    for group in range(groups):
        rows = patches[..., group * depth : (group + 1) * depth].reshape(len(sums), -1)
        own = slice(group * each, (group + 1) * each)
        sums[:, own] = rows @ columns[:, own]
    result = requantize(sums + bias, multiplier, shift, output_offset, act_min, act_max)
    return result.reshape(output_shape)
