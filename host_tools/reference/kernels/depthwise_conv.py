"""Depthwise convolution of int8 by int8, per channel, with a depth multiplier."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.reference.kernels.windows import requantize, windows


def depthwise_conv(
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
    """NHWC int8 `input` by `weights` [kernel_h, kernel_w, output channels].

    Output channel c reads input channel c // `channel_factor`, the depth multiplier. `bias`,
    `multiplier` and `shift` are [output channels]. Returns int8 of `output_shape` (NHWC).
    """
    height, width, units = output_shape[1:]
    filters = weights.reshape(kernel_h, kernel_w, units).astype(np.int64)
    shifted = input.astype(np.int64) + input_offset
    patches = windows(
        np.repeat(shifted, channel_factor, axis=3),
        0,
        kernel=(kernel_h, kernel_w),
        stride=(stride_h, stride_w),
        dilation=(dilation_h, dilation_w),
        pad=(pad_top, pad_left),
        output=(height, width),
    )
    sums = np.zeros(output_shape, dtype=np.int64)
    for row in range(kernel_h):
        for column in range(kernel_w):
            sums += patches[..., row, column, :] * filters[row, column]
    return requantize(sums + bias, multiplier, shift, output_offset, act_min, act_max)
