"""conv_general_s8, fully_connected_general_s8: what conv_packed_s8 and its like do not hold.

Groups, dilation, sums of 2^23 and more, weights of -128 beside negative ones. The data block is a
record a pair of output channels A and B of a group (the units of a fully connected layer), one
after the other:
    i32 bias_a, bias_b                       the input's offset folded in
    i8 weight_b, weight_a, for each tap      taps filled up to a multiple of 4 with 0
    i32 multiplier, scale of A, then of B    see requantization.py
Where a group has an odd number of them the last B is alone: its weights are i16, A's bias and
requantization 0. Taps come row by row, of each place the group's input channels; those of each
group of 4 lie in the order 0, 2, 1, 3.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.kernels import conv_packed, fully_connected_packed
from host_tools.kernels.card import Array, Block, Call, Card, Data, Packing, Params, fields, has
from host_tools.kernels.conv import ONE_GROUP, UNDILATED, window
from host_tools.kernels.layer import (
    Counts,
    Layer,
    clamped_outputs,
    dense_rows,
    divide_up,
    reads_by_pixels,
)
from host_tools.kernels.requantization import (
    Refused,
    accumulator_range,
    fold_offset,
    records,
    wrap_int32,
)
from host_tools.kernels.steps import (
    conv_general_rows,
    conv_general_steps,
    dense_general_steps,
    rows_of_units,
)

GROUP = conv_packed.GROUP
PIXELS = conv_packed.PIXELS


def pack(
    weights: npt.NDArray[np.int8],
    bias: npt.ArrayLike,
    multiplier: npt.ArrayLike,
    shift: npt.ArrayLike,
    *,
    groups: int,
    input_offset: int,
    output_offset: int,
) -> bytes:
    """The data block of `weights` [output channels, kernel_h, kernel_w, input channels / groups].

    `bias`, `multiplier` and `shift` are [output channels]. Raises Refused where it is not exact:
    a sum that can leave int32.
    """
    flat = weights.reshape(len(weights), -1)
    folded = fold_offset(flat, bias, input_offset)
    low, high = accumulator_range(flat, folded)
    table, fixed, constant = records(low, high, multiplier, shift, output_offset)
    flat = np.where(fixed[:, None], np.int8(0), flat)
    biases = wrap_int32(np.where(fixed, constant, folded))
    order = conv_packed.tap_order(1, flat.shape[1])
    taps = np.where(order >= 0, flat[:, order], 0).astype(np.int8)
    units = len(weights) // groups
    block = b""
    for group in range(0, len(weights), units):
        for unit in range(group, group + units - 1, 2):
            a, b = unit, unit + 1
            block += biases[[a, b]].astype("<i4").tobytes()
            block += np.stack([taps[b], taps[a]], axis=-1).tobytes()
            block += table[[a, b]].astype("<i4").tobytes()
        if units % 2:
            b = group + units - 1
            block += bytes(4) + biases[b].astype("<i4").tobytes()
            block += taps[b].astype("<i2").tobytes()
            block += bytes(8) + table[b].astype("<i4").tobytes()
    return block


def unpack(
    block: npt.NDArray[np.uint8], groups: int, units: int, taps: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Weights [groups * units, taps], biases and requantizations of what `pack` made."""
    order = conv_packed.tap_order(1, taps)
    kind = [("bias", "<i4", 2), ("taps", "u1", 2 * len(order)), ("table", "<i4", (2, 2))]
    records = np.frombuffer(block.tobytes(), np.dtype(kind)).reshape(groups, -1)
    pairs = records["taps"].copy().view(np.int8).reshape(*records.shape, -1, 2)
    # [groups, pairs, A or B, taps in order]
    both = np.stack([pairs[..., 1], pairs[..., 0]], axis=2).astype(np.int64)
    if units % 2:
        both[:, -1, 1] = records["taps"][:, -1].copy().view("<i2")
    weights = np.zeros((*both.shape[:3], taps), np.int64)
    weights[..., order[order >= 0]] = both[..., order >= 0]
    kept = [*range(units - units % 2), *([units] if units % 2 else [])]

    def of_units(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        flat = values.reshape(groups, -1, *values.shape[3:])[:, kept]
        return flat.reshape(groups * units, *flat.shape[2:]).astype(np.int64)

    return of_units(weights), of_units(records["bias"]), of_units(records["table"])


def _compute_conv(call: Call) -> Array:
    params, channels = call.params, call.inputs[0].values.shape[3]
    groups = params["groups"]
    shape = (params["kernel_h"], params["kernel_w"], channels // groups)
    block, units = call.data["weights"], call.shape[3] // groups
    weights, bias, table = unpack(block, groups, units, math.prod(shape))
    sums = conv_packed.packed_sums(call, weights.reshape(-1, *shape)) + bias
    return conv_packed.finish(call, sums, table)


def _compute_dense(call: Call) -> Array:
    depth, units = call.params["depth"], call.params["units"]
    weights, bias, table = unpack(call.data["weights"], 1, units, depth)
    rows = call.inputs[0].values.reshape(-1, depth).astype(np.float64)
    sums = (rows @ weights.T.astype(np.float64)).astype(np.int64) + bias
    return conv_packed.finish(call, sums, table)


PARAMS = (*conv_packed.PARAMS, "dilation_h", "dilation_w", "groups")


def _refuse_packed(card: Card, lowered: str, params: Params, data: Data) -> None:
    """Raises Refused where a faster kernel holds the layer."""
    try:
        card.packs[lowered].pack(params, data)
    except Refused:
        return
    raise Refused(f"{card.name} holds it")


def _block(params: Params, data: Data, groups: int) -> dict[str, Array]:
    block = pack(
        *(data[name] for name in ("weights", "bias", "multiplier", "shift")),
        groups=groups,
        input_offset=params["input_offset"],
        output_offset=params["output_offset"],
    )
    return {"weights": np.frombuffer(block, np.uint8)}


def _conv(params: Params, data: Data) -> dict[str, Array]:
    if has(params, ONE_GROUP):
        _refuse_packed(conv_packed.CARD, "conv_s8", params, data)
    return _block(params, data, params["channel_factor"])


def _few_channels(params: Params, data: Data) -> dict[str, Array]:
    if has(params, UNDILATED):
        _refuse_packed(conv_packed.CARD, "depthwise_conv_s8", params, data)
    return _block(params, conv_packed.dense(params, data), 1)


def _fully_connected(params: Params, data: Data) -> dict[str, Array]:
    _refuse_packed(fully_connected_packed.CARD, "fully_connected_s8", params, data)
    units = params["units"]
    tables = {name: np.broadcast_to(data[name], (units,)) for name in ("multiplier", "shift")}
    return _block(params, {**data, **tables}, 1)


def _size(groups: int, units: int, taps: int) -> int:
    return groups * divide_up(units, 2) * (24 + 2 * divide_up(taps, GROUP) * GROUP)


def _taps(layer: Layer) -> int:
    return window(layer) * (layer.inputs[0][3] // max(1, layer.params["groups"]))


def _scratch(taps: int) -> int:
    """Bytes: ink_conv_general_s8_scratch() says the same."""
    return divide_up(taps, GROUP) * GROUP * (2 * PIXELS + PIXELS)


def _count(pixels: int, groups: int, units: int, taps: int, copied: int) -> Counts:
    words = divide_up(taps, GROUP)
    pairs = groups * divide_up(units, 2)
    panels, left = divmod(pixels, PIXELS)
    # one or two pixels are computed alone
    panels, single = (panels + 1, 0) if left > 2 else (panels, left)
    return {
        "multiply": panels * pairs * words,
        "pair": panels * pairs,
        "single multiply": single * pairs * words,
        "widen": panels * groups * words,
        "group": (panels + (single > 0)) * groups,
        "place": pixels * groups * copied,
        "word": pixels * groups * words * (copied > 0),
        "output": pixels * groups * units,
    }


def _row_counts(rows: int, units: int, taps: int) -> Counts:
    """Of one row or two, which are read where they lie."""
    pairs, alone, groups = units // 2, units % 2, taps // GROUP
    rest = int(taps % GROUP > 0)
    return {
        "row": rows,
        "row pair": rows * pairs,
        "row multiply": rows * pairs * groups,
        "alone": rows * alone,
        "alone multiply": rows * alone * groups,
        "rest": rows * (pairs + alone) * rest,
    }


def _conv_counts(layer: Layer) -> Counts:
    groups = layer.params["groups"]
    pixels, places = math.prod(layer.output[:3]), window(layer)
    taps = _taps(layer)
    if _is_rows(layer):
        rows = _row_counts(pixels, layer.output[3], taps)
        return {**rows, "clamp": clamped_outputs(layer)}
    copied = 0 if places == 1 and taps % GROUP == 0 else places
    counted = _count(pixels, groups, layer.output[3] // groups, taps, copied)
    return {**counted, "clamp": clamped_outputs(layer)}


_ROWS = {"kernel_h": 1, "kernel_w": 1, "stride_w": 1, "pad_top": 0, "pad_left": 0, "groups": 1}


def _is_rows(layer: Layer) -> bool:
    few = layer.output[0] * layer.output[1] == 1 and layer.output[2] <= 2
    return few and has(layer.params, _ROWS)


def _dense_counts(layer: Layer) -> Counts:
    depth, rows = layer.params["depth"], dense_rows(layer)
    if rows <= 2:
        counted = _row_counts(rows, layer.params["units"], depth)
        return {**counted, "clamp": clamped_outputs(layer)}
    counted = _count(rows, 1, layer.params["units"], depth, int(depth % GROUP > 0))
    return {**counted, "clamp": clamped_outputs(layer)}


CARDS = (
    Card(
        "conv_general_s8",
        42,
        PARAMS,
        (
            Block(
                "weights",
                "uint8",
                lambda layer: _size(
                    layer.params["groups"],
                    layer.output[3] // max(1, layer.params["groups"]),
                    _taps(layer),
                ),
            ),
        ),
        pictures=True,
        compute=_compute_conv,
        counts=_conv_counts,
        steps=conv_general_steps,
        rows=conv_general_rows,
        scratch=lambda layer: _scratch(_taps(layer)),
        reads=partial(reads_by_pixels, PIXELS),
        packs={
            "conv_s8": Packing(
                pack=_conv, params=lambda params: {"groups": params["channel_factor"]}
            ),
            "depthwise_conv_s8": Packing(
                lambda layer: layer.inputs[0][3] < GROUP,
                _few_channels,
                lambda params: {"groups": 1},
            ),
        },
        rates=(20, 37, 52, 98),
    ),
    Card(
        "fully_connected_general_s8",
        43,
        fields("depth units act_min act_max"),
        (
            Block(
                "weights",
                "uint8",
                lambda layer: _size(1, layer.params["units"], layer.params["depth"]),
            ),
        ),
        compute=_compute_dense,
        counts=_dense_counts,
        steps=dense_general_steps,
        rows=rows_of_units,
        scratch=lambda layer: _scratch(layer.params["depth"]),
        reads=lambda layer: (dense_rows(layer), 0),
        packs={
            "fully_connected_s8": Packing(
                lambda layer: layer.params["filter_offset"] == 0, _fully_connected
            )
        },
        rates=(12, 48, 97, 75),
    ),
)
