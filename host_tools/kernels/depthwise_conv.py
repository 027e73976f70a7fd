"""depthwise_conv_s8: depthwise convolution of int8, per channel, with a depth multiplier."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Block, Card, by_keyword, has
from host_tools.kernels.conv import ONE_GROUP, PARAMS, WINDOW_3X3, units, window
from host_tools.kernels.layer import Counts, Layer, pixels_of, taps_inside
from host_tools.kernels.steps import depthwise_steps
from host_tools.kernels.windows import requantize, windows


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


def depthwise_macs(layer: Layer) -> int:
    """Multiply-accumulates of a depthwise convolution."""
    return math.prod(layer.output) * window(layer)


def _scratch(layer: Layer) -> int:
    """Bytes enough for our kernel and for CMSIS-NN's with DSP instructions: the weights as int16.

    As documented for its get_buffer_size function.
    """
    params = layer.params
    if not has(params, ONE_GROUP):
        return 0
    if has(params, WINDOW_3X3) and max(params["pad_top"], params["pad_left"]) <= 1:
        return 0
    return 2 * window(layer) * layer.inputs[0][3]


def _counts(layer: Layer) -> Counts:
    pixels = math.prod(layer.output[:3])
    return {
        "multiply": taps_inside(layer) * layer.output[3],
        "output": math.prod(layer.output),
        "tap": taps_inside(layer),
        "pixel": pixels,
    }


CARD = Card(
    "depthwise_conv_s8",
    2,
    PARAMS,
    (
        Block("weights", "int8", lambda layer: units(layer) * window(layer)),
        Block("bias", "int32", units),
        Block("multiplier", "int32", units),
        Block("shift", "int32", units),
    ),
    pictures=True,
    compute=by_keyword(depthwise_conv),
    counts=_counts,
    steps=depthwise_steps,
    macs=depthwise_macs,
    scratch=_scratch,
    reads=lambda layer: (pixels_of(layer), 1),
    rates=(17, 88, 82, 171),
)
