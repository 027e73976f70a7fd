"""add_table_s8: addition by a table for each input and one requantization.

The data block:
    i32 multiplier, scale                   see requantization.py
    i32 [256], what a stored byte of input 0 contributes, by its unsigned value; then input 1's
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import multiply_by_quantized_multiplier
from host_tools.kernels.card import Array, Block, Call, Card, Data, Packing, Params, fields
from host_tools.kernels.layer import clamped_outputs
from host_tools.kernels.requantization import (
    LARGEST,
    Refused,
    requantize_by_records,
    shared_record,
)


def table(offset: int, multiplier: int, shift: int, left_shift: int) -> npt.NDArray[np.int32]:
    """What each of 256 stored bytes contributes to the sum, by the byte's unsigned value."""
    values = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.int64) + offset
    return multiply_by_quantized_multiplier(values << left_shift, multiplier, shift)


def pack(
    *,
    input0_offset: int,
    input0_multiplier: int,
    input0_shift: int,
    input1_offset: int,
    input1_multiplier: int,
    input1_shift: int,
    left_shift: int,
    output_offset: int,
    output_multiplier: int,
    output_shift: int,
) -> bytes:
    """The data block of an addition with the fields of the blob's add_s8.

    Raises Refused where it is not exact.
    """
    table0 = table(input0_offset, input0_multiplier, input0_shift, left_shift)
    table1 = table(input1_offset, input1_multiplier, input1_shift, left_shift)
    low, high = (int(end(table0)) + int(end(table1)) for end in (np.min, np.max))
    if low < -LARGEST or high >= LARGEST:
        raise Refused("a sum can leave int32")
    head = shared_record(output_multiplier, output_shift).astype("<i4")
    return head.tobytes() + table0.astype("<i4").tobytes() + table1.astype("<i4").tobytes()


def swap(block: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The data block of the same addition with its inputs exchanged."""
    head, tables = block[:8], block[8:].reshape(2, -1)
    return np.concatenate([head, tables[1], tables[0]])


def _data(params: Params, data: Data) -> dict[str, Array]:
    bounds = ("act_min", "act_max")
    given = {name: value for name, value in params.items() if name not in bounds}
    return {"weights": np.frombuffer(pack(**given), np.uint8)}


def _compute(call: Call) -> Array:
    block = np.frombuffer(call.data["weights"].tobytes(), "<i4")
    first, second = (array.reshape(-1).view(np.uint8) for array in call.arrays)
    sums = block[2:258][first].astype(np.int64) + block[258:514][second]
    bounds = (call.params["act_min"], call.params["act_max"])
    result = requantize_by_records(sums, block[:2], call.output.zero_point, *bounds)
    return result.reshape(call.shape)


CARD = Card(
    "add_table_s8",
    35,
    fields("act_min act_max"),
    (Block("weights", "uint8", lambda layer: 8 + 2 * 256 * 4),),
    inputs=2,
    in_place=True,
    swap=lambda params, data: (dict(params), {"weights": swap(data["weights"])}),
    compute=_compute,
    counts=lambda layer: {"element": math.prod(layer.output), "clamp": clamped_outputs(layer)},
    packs={"add_s8": Packing(pack=_data)},
    rates=(28, 0, 0, 111),
)
