"""conv_s8: convolution of int8 by int8, per channel, with groups."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Block, Card, by_keyword, fields, has
from host_tools.kernels.layer import Counts, Layer, pixels_of, taps_inside
from host_tools.kernels.steps import conv_steps
from host_tools.kernels.windows import requantize, weighted_sums


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
    sums = weighted_sums(
        input.astype(np.int64) + input_offset,
        0,
        weights.reshape(len(bias), kernel_h, kernel_w, -1),
        stride=(stride_h, stride_w),
        dilation=(dilation_h, dilation_w),
        pad=(pad_top, pad_left),
        output=(output_shape[1], output_shape[2]),
    )
    result = requantize(sums + bias, multiplier, shift, output_offset, act_min, act_max)
    return result.reshape(output_shape)


WINDOW = "kernel_h kernel_w stride_h stride_w"
PARAMS = fields(
    f"{WINDOW} dilation_h dilation_w pad_top pad_left channel_factor"
    " input_offset output_offset act_min act_max"
)
UNDILATED = {"dilation_h": 1, "dilation_w": 1}
# one group of a convolution, or a depth multiplier of 1
ONE_GROUP = {**UNDILATED, "channel_factor": 1}
WINDOW_3X3 = {"kernel_h": 3, "kernel_w": 3}
_PLAIN = {"kernel_h": 1, "kernel_w": 1, **ONE_GROUP}


def window(layer: Layer) -> int:
    """Taps of a channel."""
    return int(layer.params["kernel_h"] * layer.params["kernel_w"])


def units(layer: Layer) -> int:
    """Output channels."""
    return layer.output[3]


def _depth(layer: Layer) -> int:
    """Input channels that an output channel reads."""
    return layer.inputs[0][3] // max(1, layer.params["channel_factor"])


def _scratch(layer: Layer) -> int:
    """Bytes enough for our kernel and for CMSIS-NN's with DSP instructions: two columns of int16.

    As documented for its get_buffer_size function.
    """
    params = layer.params
    column = window(layer) * layer.inputs[0][3]
    if has(params, _PLAIN) and not params["pad_top"] | params["pad_left"]:
        return 4 * column
    return 4 * (-(-column // 4) * 4)


def _counts(layer: Layer) -> Counts:
    depth = layer.inputs[0][3] // layer.params["channel_factor"]
    taps, channels = taps_inside(layer), layer.output[3]
    return {
        "multiply four": taps * (channels // 4) * depth,
        "multiply one": taps * (channels % 4) * depth,
        "tap": taps * channels,
        "output": math.prod(layer.output),
        "row": math.prod(layer.output) * layer.params["kernel_h"],
        "pixel": math.prod(layer.output[:3]),
    }


CARD = Card(
    "conv_s8",
    1,
    PARAMS,
    (
        Block("weights", "int8", lambda layer: units(layer) * window(layer) * _depth(layer)),
        Block("bias", "int32", units),
        Block("multiplier", "int32", units),
        Block("shift", "int32", units),
    ),
    pictures=True,
    compute=by_keyword(conv),
    counts=_counts,
    steps=conv_steps,
    macs=lambda layer: math.prod(layer.output) * window(layer) * _depth(layer),
    scratch=_scratch,
    reads=lambda layer: (pixels_of(layer), 1),
    rates=(14, 75, 135, 63),
)
