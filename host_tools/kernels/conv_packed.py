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

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Array, Block, Call, Card, Data, Packing, Params, fields, has
from host_tools.kernels.conv import ONE_GROUP, UNDILATED, WINDOW, window
from host_tools.kernels.layer import Counts, Layer, clamped_outputs, divide_up, reads_by_pixels
from host_tools.kernels.requantization import (
    Refused,
    accumulator_range,
    fold_offset,
    records,
    requantize_by_records,
    wrap_int32,
)
from host_tools.kernels.slides import slide_by_pixels
from host_tools.kernels.steps import conv_packed_rows, conv_packed_steps
from host_tools.kernels.windows import weighted_sums

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


def pair_records(block: npt.NDArray[np.uint8], taps: int) -> npt.NDArray[np.void]:
    """The records of `pack` as a structured array: head, both [taps filled up], table."""
    filled = -(-taps // GROUP) * GROUP
    kind = [("head", "<i4", 2), ("both", "<i2", filled), ("table", "<i4", (2, 2))]
    return np.frombuffer(block.tobytes(), np.dtype(kind))


def split_pairs(
    both: npt.NDArray[np.int16], order: npt.NDArray[np.int64], taps: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """256 * weight_a + weight_b and weight_b of [pairs, places], [pairs, taps] each."""
    joined = np.zeros((len(both), taps), np.int64)
    joined[:, order[order >= 0]] = both[:, order >= 0]
    return joined, joined.astype(np.int8).astype(np.int64)


def first_of_pair(
    joined: npt.NDArray[np.int64], second: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The sum of A, of the sum of 256 * A + B and that of B."""
    return wrap_int32(joined - second).astype(np.int64) >> 8


def pair_sums(
    records: npt.NDArray[np.void],
    order: npt.NDArray[np.int64],
    taps: int,
    sums_of: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int64]],
) -> npt.NDArray[np.int64]:
    """Sums [..., 2 * pairs], A and B in turn; `sums_of` has those of weights [pairs, taps]."""
    joined, second = split_pairs(records["both"], order, taps)
    b = sums_of(second) + records["head"][:, 1]
    a = first_of_pair(sums_of(joined) + records["head"][:, 0], b)
    return np.stack([a, wrap_int32(b)], axis=-1).reshape(*b.shape[:-1], -1)


def _compute(call: Call) -> Array:
    params, image = call.params, call.inputs[0]
    window_shape = (params["kernel_h"], params["kernel_w"], image.values.shape[3])
    taps = math.prod(window_shape)
    records = pair_records(call.data["weights"], taps)
    sums = pair_sums(
        records,
        tap_order(window_shape[0], window_shape[1] * window_shape[2]),
        taps,
        lambda weights: packed_sums(call, weights.reshape(-1, *window_shape)),
    )
    units, table = call.shape[3], records["table"].reshape(-1, 2)
    return finish(call, sums[..., :units], table[:units])


def packed_sums(call: Call, weights: npt.NDArray[Any]) -> Array:
    """The sums of a packed convolution, without biases; padding holds the input's zero point."""
    params, image = call.params, call.inputs[0]
    return weighted_sums(
        image.values,
        image.zero_point,
        weights,
        stride=(params["stride_h"], params["stride_w"]),
        dilation=(params.get("dilation_h", 1), params.get("dilation_w", 1)),
        pad=(params["pad_top"], params["pad_left"]),
        output=(call.shape[1], call.shape[2]),
    )


def finish(call: Call, sums: Array, table: Array) -> Array:
    """int8 of sums by requantization records, within the activation's bounds."""
    params = call.params
    return requantize_by_records(
        sums, table, call.output.zero_point, params["act_min"], params["act_max"]
    ).reshape(call.shape)


def scratch_size(kernel_h: int, kernel_w: int, input_channels: int, output_channels: int) -> int:
    """Bytes of scratch: ink_conv_packed_s8_scratch() says the same."""

    def aligned(size: int) -> int:
        return -(-size // 4) * 4

    run = kernel_w * input_channels
    taps = aligned(kernel_h * run)
    rest = aligned(kernel_h * (run % GROUP))
    staging = (output_channels + output_channels % 2) * PIXELS
    return taps * 2 * PIXELS + 16 + rest * PIXELS + aligned(run) * (1 + PIXELS) + staging


PARAMS = fields(f"{WINDOW} pad_top pad_left act_min act_max")


def one_block(pack: Callable[..., bytes]) -> Callable[[Params, Data], dict[str, Array]]:
    """The one block of a packed kernel, of the data of conv_s8, depthwise_conv_s8 and the like."""

    def packed(params: Params, data: Data) -> dict[str, Array]:
        block = pack(
            *(data[name] for name in ("weights", "bias", "multiplier", "shift")),
            input_offset=params["input_offset"],
            output_offset=params["output_offset"],
        )
        return {"weights": np.frombuffer(block, np.uint8)}

    return packed


def few_channels(layer: Layer) -> bool:
    """Whether there are too few input channels for a depthwise kernel to take four at a time."""
    return layer.inputs[0][3] < GROUP and has(layer.params, UNDILATED)


def dense(params: Params, data: Data) -> dict[str, Array]:
    """The data of a depthwise convolution as a full one, whose weights of other channels are 0."""
    kernel = data["weights"]
    factor, units = params["channel_factor"], kernel.shape[2]
    full = np.zeros((units, *kernel.shape[:2], units // factor), np.int8)
    for unit in range(units):
        full[unit, :, :, unit // factor] = kernel[:, :, unit]
    return {**data, "weights": full}


def _dense(params: Params, data: Data) -> dict[str, Array]:
    return one_block(pack)(params, dense(params, data))


def _size(layer: Layer) -> int:
    taps = divide_up(window(layer) * layer.inputs[0][3], GROUP) * GROUP
    return divide_up(layer.output[3], 2) * (24 + 2 * taps)


def _scratch(layer: Layer) -> int:
    kernel = (layer.params["kernel_h"], layer.params["kernel_w"])
    return scratch_size(*kernel, layer.inputs[0][3], layer.output[3])


def _counts(layer: Layer) -> Counts:
    params, (_, height, width, depth) = layer.params, layer.inputs[0]
    batch, output_h, output_w, channels = layer.output
    kernel_h, run = params["kernel_h"], params["kernel_w"] * depth
    groups = divide_up(kernel_h * run, 4)
    pairs = divide_up(channels, 2)
    panels, left = divmod(batch * output_h * output_w, PIXELS)
    inside = panels
    if (kernel_h, params["kernel_w"], params["stride_h"], params["stride_w"]) != (1, 1, 1, 1):
        rows = _inside(height, kernel_h, params["stride_h"], params["pad_top"], output_h)
        columns = _inside(
            width, params["kernel_w"], params["stride_w"], params["pad_left"], output_w
        )
        inside = _whole_panels(batch, output_h, output_w, rows, columns)
    outside = panels - inside + (left > 0)
    whole = panels + (left == 3)
    single = left if left < 3 else 0
    return {
        "multiply": whole * pairs * groups,
        "pair": whole * pairs,
        "widen inside": inside * groups,
        "widen outside": outside * groups,
        "inside": inside,
        "inside row": inside * kernel_h,
        "outside row": outside * kernel_h,
        "rest": (inside + outside) * kernel_h * (run % 4),
        "rest row": (inside + outside) * kernel_h * (run % 4 > 0),
        "single multiply": single * pairs * groups,
        "single pair": single * pairs,
        "staged": panels * channels if channels % 2 else 0,
        "clamp": clamped_outputs(layer),
    }


def _inside(size: int, kernel: int, stride: int, pad: int, output: int) -> tuple[int, int]:
    """The first output place whose window lies in the input, and the end of those that do."""
    room = size + pad - kernel
    return divide_up(pad, stride), min(output, 0 if room < 0 else room // stride + 1)


def _whole_panels(
    batch: int, output_h: int, output_w: int, rows: tuple[int, int], columns: tuple[int, int]
) -> int:
    """Panels of 4 pixels that lie in one row, all their windows within the input."""
    found = 0
    # the place where a row's first panel starts repeats every 4 rows
    for phase in range(PIXELS):
        first = -phase * output_w % PIXELS
        start = first + divide_up(max(columns[0] - first, 0), PIXELS) * PIXELS
        panels = max(0, (columns[1] - start) // PIXELS)
        # as does where an image's first row starts, every 4 images
        for image in range(min(batch, PIXELS)):
            images = divide_up(batch - image, PIXELS)
            found += panels * images * len(range(*_rows_of_phase(image * output_h, phase, rows)))
    return found


def _rows_of_phase(before: int, phase: int, rows: tuple[int, int]) -> tuple[int, int, int]:
    first = before + rows[0]
    return first + (phase - first) % PIXELS, before + rows[1], PIXELS


CARD = Card(
    "conv_packed_s8",
    32,
    PARAMS,
    (Block("weights", "uint8", _size),),
    pictures=True,
    compute=_compute,
    counts=_counts,
    steps=conv_packed_steps,
    rows=conv_packed_rows,
    scratch=_scratch,
    reads=partial(reads_by_pixels, PIXELS),
    slide=slide_by_pixels,
    packs={
        "conv_s8": Packing(lambda layer: has(layer.params, ONE_GROUP), one_block(pack)),
        "depthwise_conv_s8": Packing(few_channels, _dense),
    },
    rates=(14, 36, 61, 255),
)
