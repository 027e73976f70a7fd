"""channel_lines_s8: a function of int8 for each channel, and the lines that make it.

One part is a table that all channels share. The other is a channel's own line, of a multiplier and
an offset, between two other tables. PReLU is of this kind, and so is what
converters write in its place: products with a constant of each channel, then tables.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Block, Card, by_keyword, fields
from host_tools.kernels.steps import pixels_in

Int8 = npt.NDArray[np.int8]
Int64 = npt.NDArray[np.int64]

LOWEST, HIGHEST = -(1 << 31), (1 << 31) - 1
# bits behind the point that are tried; 24 leave room for the 8 of a byte before it
SHIFTS = (24, 22, 20, 18, 16)


def channel_lines(
    input: Int8,
    lines: npt.NDArray[np.int32],
    above: Int8,
    inner: Int8,
    below: Int8,
    *,
    greater: int,
    threshold: int,
    shift: int,
    output_shape: tuple[int, ...],
) -> Int8:
    """int8 `input` [..., channels] by `above`, or by `inner`, lines and `below`.

    The tables are int8 [256] for -128 to 127. `lines` is int32 [channels, 2], a multiplier and an
    offset each; a line's value is (entry of `inner` * multiplier + offset) >> shift, wrapped to 32
    bits before the shift and saturated behind it. `greater` takes the greater of both, else
    `above` counts where the input is `threshold` or more.
    """
    values = input.astype(np.int64)
    multipliers, offsets = lines.reshape(-1, 2).T.astype(np.int64)
    sums = (inner[values + 128] * multipliers + offsets).astype(np.int32)
    places = np.clip(sums >> shift, -128, 127) + 128
    first, second = above[values + 128], below[places]
    if greater:
        return np.maximum(first, second).reshape(output_shape)
    return np.where(values >= threshold, first, second).reshape(output_shape)


def fit_lines(
    values: npt.NDArray[np.integer], lowest: Int64, highest: Int64
) -> tuple[npt.NDArray[np.int32], int] | None:
    """(lines, shift) that take `values` [n] between two bounds [n, channels]; None without any.

    The bounds are int8's, where they are -128 and 127 the line may go on as far as 32 bits reach.
    For a multiplier m the offset has room from max(least - m x) to min(most - m x) over the values
    x: concave in m, so that its maximum is found by halving.
    """
    x = values.astype(np.int64)[:, None]
    for shift in SHIFTS:
        least = np.where(lowest == -128, LOWEST, lowest << shift)
        most = np.where(highest == 127, HIGHEST, ((highest + 1) << shift) - 1)
        low = np.full(lowest.shape[1], LOWEST, np.int64)
        high = np.full(lowest.shape[1], HIGHEST, np.int64)
        while (low < high).any():
            middle = (low + high) >> 1
            rises = _room(x, least, most, middle + 1) > _room(x, least, most, middle)
            low, high = np.where(rises, middle + 1, low), np.where(rises, high, middle)
        if (_room(x, least, most, low) >= 0).all():
            start = (least - x * low).max(axis=0)
            end = (most - x * low).min(axis=0)
            return np.stack([low, (start + end) >> 1], axis=1).astype(np.int32), shift
    return None


def _room(x: Int64, least: Int64, most: Int64, multipliers: Int64) -> Int64:
    products = x * multipliers
    room: Int64 = (most - products).min(axis=0) - (least - products).max(axis=0)
    return room


CARD = Card(
    "channel_lines_s8",
    30,
    fields("greater threshold shift"),
    blocks=(
        Block("lines", "int32", lambda layer: 2 * (1, *layer.inputs[0])[-1]),
        Block("above", "int8", lambda layer: 256),
        Block("inner", "int8", lambda layer: 256),
        Block("below", "int8", lambda layer: 256),
    ),
    in_place=True,
    compute=by_keyword(channel_lines),
    rows=pixels_in,
    rates=(28, 0, 37, 83),
)
