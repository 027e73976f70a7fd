"""fully_connected_packed_s8: two units a halfword, 4 units at a time.

The data block:
    i32 multiplier, scale               shared by all blocks, see requantization.py
    blocks of 4 units A, B, C, D, while 4 are left and all units share one requantization:
        i32 256 * bias_a + bias_b, 256 * bias_c + bias_d, bias_b, bias_d
        for each group of 4 taps (filled up with 0), in the order 0, 2, 1, 3:
            4 x i16 256 * weight_a + weight_b, then 4 x i16 256 * weight_c + weight_d
    then the units left, as pairs in the layout of conv_packed.py
The input's offset is folded into the biases.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.kernels import conv_packed
from host_tools.kernels.card import Array, Block, Call, Card, Packing, fields
from host_tools.kernels.fully_connected import dense_macs
from host_tools.kernels.layer import Counts, Layer, clamped_outputs, dense_rows, divide_up
from host_tools.kernels.requantization import (
    Refused,
    accumulator_range,
    fold_offset,
    shared_record,
    wrap_int32,
)
from host_tools.kernels.steps import rows_of_units

UNITS = 4


def count_blocks(units: int, per_channel: bool) -> int:
    """Blocks of 4 units."""
    return 0 if per_channel else units // UNITS


def pack(
    weights: npt.NDArray[np.int8],
    bias: npt.ArrayLike,
    multiplier: npt.ArrayLike,
    shift: npt.ArrayLike,
    *,
    input_offset: int,
    output_offset: int,
) -> bytes:
    """The data block of `weights` [units, depth].

    `bias` is [units]; `multiplier` and `shift` are [units] for per-channel quantization, else [1].
    Raises Refused where it is not exact.
    """
    units, depth = weights.shape
    multipliers, shifts = np.asarray(multiplier), np.asarray(shift)
    blocks = count_blocks(units, len(multipliers) > 1)
    blocked = blocks * UNITS
    head = bytes(8)
    if blocks:
        folded = fold_offset(weights[:blocked], np.asarray(bias)[:blocked], input_offset)
        low, high = accumulator_range(weights[:blocked], folded)
        if np.maximum(np.abs(low), np.abs(high))[0::2].max() >= 1 << 23:
            raise Refused("an accumulator can reach 2^23")
        head = shared_record(int(multipliers[0]), int(shifts[0])).astype("<i4").tobytes()
        order = conv_packed.tap_order(1, depth)
        taps = np.where(order >= 0, weights[:blocked, order], 0).astype(np.int64)
        both = conv_packed.join_weights(taps[0::2], taps[1::2])
        sums = wrap_int32(256 * folded[0::2] + folded[1::2]).reshape(blocks, 2)
        lows = wrap_int32(folded[1::2]).reshape(blocks, 2)
        both = both.reshape(blocks, 2, -1, 4).transpose(0, 2, 1, 3)
        head += b"".join(
            sums[block].astype("<i4").tobytes()
            + lows[block].astype("<i4").tobytes()
            + both[block].astype("<i2").tobytes()
            for block in range(blocks)
        )
    if blocked == units:
        return head
    return head + conv_packed.pack(
        weights[blocked:, None, None, :],
        np.asarray(bias)[blocked:],
        np.broadcast_to(multipliers, (units,))[blocked:],
        np.broadcast_to(shifts, (units,))[blocked:],
        input_offset=input_offset,
        output_offset=output_offset,
    )


def _compute(call: Call) -> Array:
    depth, units = call.params["depth"], call.params["units"]
    blocks, block = call.params["blocks"], call.data["weights"]
    rows = call.inputs[0].values.reshape(-1, depth).astype(np.float64)
    order = conv_packed.tap_order(1, depth)

    def sums_of(weights: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return (rows @ weights.T.astype(np.float64)).astype(np.int64)

    kind = [("sums", "<i4", 2), ("lows", "<i4", 2), ("both", "<i2", (len(order) // 4, 2, 4))]
    size = blocks * np.dtype(kind).itemsize
    shared = np.frombuffer(block[:8].tobytes(), "<i4")
    found = np.frombuffer(block[8 : 8 + size].tobytes(), np.dtype(kind))
    # each block is two pairs
    pairs = np.zeros(2 * blocks, [("head", "<i4", 2), ("both", "<i2", len(order))])
    pairs["head"] = np.stack([found["sums"].ravel(), found["lows"].ravel()], axis=-1)
    pairs["both"] = found["both"].transpose(0, 2, 1, 3).reshape(2 * blocks, len(order))
    rest = conv_packed.pair_records(block[8 + size :], depth)
    sums = [conv_packed.pair_sums(part, order, depth, sums_of) for part in (pairs, rest)]
    tables = [np.broadcast_to(shared, (4 * blocks, 2)), rest["table"].reshape(-1, 2)]
    both, table = np.concatenate(sums, axis=-1), np.concatenate(tables)
    return conv_packed.finish(call, both[:, :units], table[:units])


def scratch_size(depth: int) -> int:
    """Bytes of scratch: ink_fully_connected_packed_s8_scratch() says the same."""
    return -(-depth // 4) * 8 + 8


def _size(layer: Layer) -> int:
    params = layer.params
    taps = divide_up(params["depth"], 4) * 4
    pairs = (params["units"] - UNITS * params["blocks"] + 1) // 2
    return int(8 + params["blocks"] * (16 + 4 * taps) + pairs * (24 + 2 * taps))


def _slide(layer: Layer) -> int:
    depth, units = layer.params["depth"], layer.params["units"]
    return int((dense_rows(layer) - 1) * max(0, units - depth))


def _counts(layer: Layer) -> Counts:
    params, rows = layer.params, dense_rows(layer)
    groups = divide_up(params["depth"], 4)
    pairs = divide_up(params["units"] - 4 * params["blocks"], 2)
    if params["units"] <= 3:
        pair, alone = params["units"] // 2, params["units"] % 2
        return {
            "only pair multiply": rows * pair * groups,
            "only pair": rows * pair,
            "alone multiply": rows * alone * groups,
            "alone": rows * alone,
            "clamp": clamped_outputs(layer),
        }
    return {
        "block multiply": rows * params["blocks"] * groups,
        "block": rows * params["blocks"],
        "pair multiply": rows * pairs * groups,
        "pair": rows * pairs,
        "widen": rows * groups,
        "row": rows,
        "clamp": clamped_outputs(layer),
    }


CARD = Card(
    "fully_connected_packed_s8",
    34,
    fields("depth units blocks act_min act_max"),
    (Block("weights", "uint8", _size),),
    compute=_compute,
    counts=_counts,
    steps=dense_macs,
    rows=rows_of_units,
    scratch=lambda layer: scratch_size(layer.params["depth"]),
    reads=lambda layer: (dense_rows(layer), divide_up(layer.params["units"], UNITS)),
    slide=_slide,
    packs={
        "fully_connected_s8": Packing(
            lambda layer: layer.params["filter_offset"] == 0,
            conv_packed.one_block(pack),
            lambda params: {"blocks": count_blocks(params["units"], bool(params["per_channel"]))},
        )
    },
    rates=(10, 37, 53, 110),
)
