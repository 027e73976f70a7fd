"""Fully connected layer of int8 by int8, per tensor or per channel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.reference.kernels.windows import requantize


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
