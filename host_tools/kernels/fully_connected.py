"""fully_connected_s8, batch_matmul_s8: rows of int8 by rows of int8.

The second rows are weights, per tensor or per channel, or another tensor.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Block, Card, by_keyword, fields
from host_tools.kernels.layer import Counts, Layer, dense_rows
from host_tools.kernels.steps import matmul_steps, rows_of_units
from host_tools.kernels.windows import requantize


def fully_connected(
    input: npt.NDArray[np.int8],
    weights: npt.NDArray[np.int8],
    bias: npt.NDArray[np.int32],
    multiplier: npt.NDArray[np.int32],
    shift: npt.NDArray[np.int32],
    *,
    depth: int,
    units: int,
    per_channel: int,
    input_offset: int,
    filter_offset: int,
    output_offset: int,
    act_min: int,
    act_max: int,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.int8]:
    """int8 `input`, read as [rows, depth], by `weights` [units, depth].

    `bias` is [units]; `multiplier` and `shift` are [units] where `per_channel` is 1, else [1]
    (broadcasting is all that `per_channel` changes).
    Returns int8 of `output_shape`, whose elements are [rows, units].
    """
    rows = input.reshape(-1, depth).astype(np.float64) + input_offset
    columns = weights.reshape(units, depth).astype(np.float64).T + filter_offset
    sums = (rows @ columns).astype(np.int64) + bias
    result = requantize(sums, multiplier, shift, output_offset, act_min, act_max)
    return result.reshape(output_shape)


def batch_matmul(
    input0: npt.NDArray[np.int8],
    input1: npt.NDArray[np.int8],
    *,
    input0_offset: int,
    input1_offset: int,
    output_offset: int,
    multiplier: int,
    shift: int,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.int8]:
    """int8 [..., rows, depth] by [..., columns, depth]; what stands for "..." broadcasts."""
    left = input0.astype(np.float64) + input0_offset
    right = input1.astype(np.float64) + input1_offset
    sums = (left @ np.swapaxes(right, -1, -2)).astype(np.int64)
    result = requantize(sums, multiplier, shift, output_offset, -128, 127)
    return result.reshape(output_shape)


def _units(layer: Layer) -> int:
    return int(layer.params["units"])


def _requantizations(layer: Layer) -> int:
    return _units(layer) if layer.params["per_channel"] else 1


def dense_macs(layer: Layer) -> int:
    """Multiply-accumulates."""
    return int(math.prod(layer.output) * layer.params["depth"])


def _counts(layer: Layer) -> Counts:
    rows, depth, units = dense_rows(layer), layer.params["depth"], layer.params["units"]
    return {
        "multiply four": rows * (units // 4) * depth,
        "multiply one": rows * (units % 4) * depth,
        "output": rows * units,
    }


def _matmul_counts(layer: Layer) -> Counts:
    columns, depth = layer.output[-1], layer.inputs[0][-1]
    rows = math.prod(layer.output[:-1])
    return {
        "multiply four": rows * (columns // 4) * depth,
        "multiply one": rows * (columns % 4) * depth,
        "output": rows * columns,
        "matrix": math.prod(layer.output[:-2]),
    }


CARDS = (
    Card(
        "fully_connected_s8",
        3,
        fields("depth units per_channel input_offset filter_offset output_offset act_min act_max"),
        (
            Block("weights", "int8", lambda layer: int(_units(layer) * layer.params["depth"])),
            Block("bias", "int32", _units),
            Block("multiplier", "int32", _requantizations),
            Block("shift", "int32", _requantizations),
        ),
        compute=by_keyword(fully_connected),
        counts=_counts,
        macs=dense_macs,
        steps=dense_macs,
        rows=rows_of_units,
        reads=lambda layer: (dense_rows(layer), 1),
        rates=(17, 61, 109, 78),
    ),
    Card(
        "batch_matmul_s8",
        25,
        fields("input0_offset input1_offset output_offset multiplier shift"),
        inputs=2,
        compute=by_keyword(batch_matmul),
        counts=_matmul_counts,
        macs=lambda layer: int(math.prod(layer.output) * layer.inputs[0][-1]),
        steps=matmul_steps,
        rates=(11, 43, 89, 92),
    ),
)
