"""depthwise_packed_s8: depthwise convolution, any window, stride and depth multiplier.

depthwise_dilated_s8: the same with dilation. Either takes a convolution of one input channel a
group, too, which is a depthwise one.

With a depth multiplier M, output channel c * M + m is the m-th of input channel c. The data block
is a record for each m and each group of 4 input channels, the groups of m = 0 first:
    i32 [4] bias                        the input's offset is not folded in
    i32 [4] multiplier, scale           see requantization.py
    i16 [4] weights, for each tap       of the group's channels 0, 2, 1, 3
The last group is of the last 4 input channels: where their number is no multiple of 4, some of
them are in the group before as well.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Array, Block, Card, Data, Packing, Params, has
from host_tools.kernels.conv import UNDILATED, window
from host_tools.kernels.conv_packed import PARAMS, one_block
from host_tools.kernels.depthwise_conv import depthwise_work
from host_tools.kernels.layer import (
    Counts,
    Layer,
    clamped_outputs,
    divide_up,
    rows_inside,
    taps_inside,
)
from host_tools.kernels.requantization import accumulator_range, fold_offset, records
from host_tools.kernels.slides import slide_by_pixels

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


def _fits(layer: Layer, dilated: bool) -> bool:
    return layer.inputs[0][3] >= CHANNELS and has(layer.params, UNDILATED) != dilated


def _fits_groups(layer: Layer, dilated: bool) -> bool:
    return layer.params["channel_factor"] == layer.inputs[0][3] and _fits(layer, dilated)


def _data(params: Params, data: Data) -> dict[str, Array]:
    channels = data["weights"].shape[2] // params["channel_factor"]
    return one_block(partial(pack, input_channels=channels))(params, data)


def _data_of_groups(params: Params, data: Data) -> dict[str, Array]:
    weights = data["weights"][..., 0].transpose(1, 2, 0)
    packed = one_block(partial(pack, input_channels=params["channel_factor"]))
    return packed(params, {**data, "weights": weights})


def _packs(dilated: bool) -> dict[str, Packing]:
    return {
        "depthwise_conv_s8": Packing(partial(_fits, dilated=dilated), _data),
        "conv_s8": Packing(partial(_fits_groups, dilated=dilated), _data_of_groups),
    }


def _records(layer: Layer) -> int:
    depth = layer.inputs[0][3]
    return divide_up(depth, CHANNELS) * (layer.output[3] // max(1, depth))


def _slide(layer: Layer) -> int | None:
    # some channels of a pixel are written before others are read
    pixels = slide_by_pixels(layer)
    return None if pixels is None else pixels + layer.output[3]


def _counts(layer: Layer) -> Counts:
    pixels, records = math.prod(layer.output[:3]), _records(layer)
    # a window of one column is one row
    rows = pixels if layer.params["kernel_w"] == 1 else rows_inside(layer)
    return {
        "tap": taps_inside(layer) * records,
        "row": rows * records,
        "record": pixels * records,
        "pixel": pixels,
        "clamp": clamped_outputs(layer),
    }


def _card(name: str, number: int, dilated: bool) -> Card:
    return Card(
        name,
        number,
        (*PARAMS, "dilation_h", "dilation_w") if dilated else PARAMS,
        (Block("weights", "uint8", lambda layer: _records(layer) * (48 + 8 * window(layer))),),
        pictures=True,
        counts=_counts,
        work=depthwise_work,
        slide=_slide,
        packs=_packs(dilated),
    )


CARDS = (_card("depthwise_packed_s8", 40, False), _card("depthwise_dilated_s8", 41, True))
