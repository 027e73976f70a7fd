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

import dataclasses
import math
from functools import partial

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import (
    Array,
    Block,
    Call,
    Card,
    Data,
    Operand,
    Packing,
    Params,
    Rates,
    has,
)
from host_tools.kernels.conv import UNDILATED, window
from host_tools.kernels.conv_packed import PARAMS, finish, one_block, packed_sums
from host_tools.kernels.layer import (
    Counts,
    Layer,
    clamped_outputs,
    divide_up,
    pixels_of,
    rows_inside,
    taps_inside,
)
from host_tools.kernels.requantization import accumulator_range, fold_offset, records
from host_tools.kernels.slides import slide_by_pixels
from host_tools.kernels.steps import depthwise_packed_steps

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


def _compute(call: Call) -> Array:
    channels, units = call.inputs[0].values.shape[3], call.shape[3]
    kernel = (call.params["kernel_h"], call.params["kernel_w"])
    kind = [("bias", "<i4", 4), ("table", "<i4", (4, 2)), ("taps", "<i2", (*kernel, 4))]
    records = np.frombuffer(call.data["weights"].tobytes(), np.dtype(kind))
    weights = np.zeros((units, *kernel, 1), np.int64)
    bias, table = np.zeros(units, np.int64), np.zeros((units, 2), np.int64)
    factor = units // channels
    starts = [min(c, channels - CHANNELS) for c in range(0, channels, CHANNELS)]
    for number, record in enumerate(records):
        m, group = divmod(number, len(starts))
        own = (starts[group] + np.arange(CHANNELS)) * factor + m
        bias[own], table[own] = record["bias"], record["table"]
        weights[own[ORDER], ..., 0] = record["taps"].transpose(2, 0, 1)
    # taps outside the input add nothing
    image = call.inputs[0]
    centred = Operand(image.values.astype(np.int64) - image.zero_point)
    sums = packed_sums(dataclasses.replace(call, inputs=(centred,)), weights)
    return finish(call, sums + bias, table)


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


def _card(name: str, number: int, dilated: bool, rates: Rates) -> Card:
    return Card(
        name,
        number,
        (*PARAMS, "dilation_h", "dilation_w") if dilated else PARAMS,
        (Block("weights", "uint8", lambda layer: _records(layer) * (48 + 8 * window(layer))),),
        pictures=True,
        compute=_compute,
        counts=_counts,
        steps=depthwise_packed_steps,
        rates=rates,
        reads=lambda layer: (pixels_of(layer), 1),
        slide=_slide,
        packs=_packs(dilated),
    )


CARDS = (
    _card("depthwise_packed_s8", 40, False, (16, 37, 94, 113)),
    _card("depthwise_dilated_s8", 41, True, (15, 42, 85, 143)),
)
