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

from host_tools.kernels.card import Array, Block, Call, Card, Data, Packing, Params, has
from host_tools.kernels.conv import UNDILATED, WINDOW_3X3
from host_tools.kernels.conv_packed import PARAMS, finish, one_block, packed_sums
from host_tools.kernels.layer import Counts, Layer, clamped_outputs, divide_up, pixels_of
from host_tools.kernels.requantization import accumulator_range, fold_offset, records
from host_tools.kernels.slides import ALIGNMENT
from host_tools.kernels.steps import depthwise_3x3_steps

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


def _compute(call: Call) -> Array:
    kind = [("weights", "i1", 12), ("bias", "<i4"), ("table", "<i4", 2)]
    records = np.frombuffer(call.data["weights"].tobytes(), np.dtype(kind))
    weights = np.zeros((len(records), 9), np.int64)
    weights[:, ORDER] = records["weights"]
    sums = packed_sums(call, weights.reshape(-1, 3, 3, 1)) + records["bias"]
    return finish(call, sums, records["table"])


def scratch_size(output_h: int, output_w: int, stride: int) -> int:
    """Bytes of scratch: ink_depthwise_3x3_s8_scratch() says the same."""
    even_w = output_w + output_w % 2
    columns = even_w + 2 if stride == 1 else 2 * even_w + 1
    steps = (output_h + 1) // 2 if stride == 1 else output_h
    return columns * 32 + steps * 16


def _has_window(layer: Layer) -> bool:
    params = layer.params
    square = params["stride_h"] == params["stride_w"] <= 2
    return square and has(params, {**WINDOW_3X3, **UNDILATED})


def _fits(layer: Layer) -> bool:
    return layer.params["channel_factor"] == 1 and _has_window(layer)


def _fits_groups(layer: Layer) -> bool:
    """Whether a convolution has a group for each of its channels, which are some."""
    channels = layer.params["channel_factor"]
    return (
        channels > 1 and channels == layer.inputs[0][3] == layer.output[3] and _has_window(layer)
    )


def _data_of_groups(params: Params, data: Data) -> dict[str, Array]:
    weights = data["weights"][..., 0].transpose(1, 2, 0)
    return one_block(pack)(params, {**data, "weights": weights})


def _may_replace(layer: Layer) -> bool:
    # a row is written once all input rows that it may cover are in the kernel's ring
    source, output = layer.inputs[0], layer.output
    return output[1] <= source[1] and output[2] <= source[2]


def _slide(layer: Layer) -> int | None:
    # the bytes of a channel may only be written over by the same channel's
    return 0 if layer.output[3] % ALIGNMENT == 0 and _may_replace(layer) else None


def _counts(layer: Layer) -> Counts:
    batch, height, width, channels = layer.output
    # rows are widened four channels at a time, stride 1 computes two rows and columns at a time
    words = batch * divide_up(channels, 4)
    stride = layer.params["stride_h"]
    rows = divide_up(height, 2) if stride == 1 else height
    blocks = rows * divide_up(width, 2)
    name = f"stride {stride} "
    return {
        f"{name}block": batch * channels * blocks,
        f"{name}channel row": batch * channels * rows,
        f"{name}column": words * blocks,
        f"{name}row": words * rows,
        f"{name}group": words,
        "clamp": clamped_outputs(layer),
    }


CARD = Card(
    "depthwise_3x3_s8",
    33,
    PARAMS,
    (Block("weights", "uint8", lambda layer: 24 * layer.output[3]),),
    pictures=True,
    compute=_compute,
    counts=_counts,
    steps=depthwise_3x3_steps,
    reads=lambda layer: (divide_up(pixels_of(layer), 2 * layer.output[2]), 1),
    scratch=lambda layer: scratch_size(layer.output[1], layer.output[2], layer.params["stride_h"]),
    slide=_slide,
    may_replace=_may_replace,
    packs={
        "depthwise_conv_s8": Packing(_fits, one_block(pack)),
        "conv_s8": Packing(_fits_groups, _data_of_groups),
    },
    rates=(37, 9, 33, 111),
)
