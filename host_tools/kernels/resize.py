"""resize_nearest_s8, resize_bilinear_s8: images by tables of rows and columns."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Block, Card, by_keyword
from host_tools.kernels.layer import Counts, Layer


def resize_nearest(
    input: npt.NDArray[np.int8],
    rows: npt.ArrayLike,
    columns: npt.ArrayLike,
    *,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.int8]:
    """NHWC `input` at `rows` [output height] and `columns` [output width]."""
    return input[:, np.asarray(rows)][:, :, np.asarray(columns)].reshape(output_shape)


def resize_bilinear(
    input: npt.NDArray[np.int8],
    rows: npt.NDArray[np.generic],
    columns: npt.NDArray[np.generic],
    *,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.int8]:
    """NHWC `input` between its pixels, at `rows` and `columns` in 1/1024 of a pixel.

    ResizeBilinearInteger in resize_bilinear.h: the four neighbours by weights that are 2^20 in
    all, halves rounded away from zero.
    """
    upper, below = np.divmod(np.asarray(rows, np.int64), 1024)
    left, right = np.divmod(np.asarray(columns, np.int64), 1024)
    wide = input.astype(np.int64)
    below, right = below[:, None, None], right[:, None]
    columns_of = [left, left + (right[:, 0] > 0)]
    top, bottom = (
        picture[:, :, columns_of[0]] * (1024 - right) + picture[:, :, columns_of[1]] * right
        for picture in (wide[:, upper], wide[:, upper + (below[:, 0, 0] > 0)])
    )
    total = top * (1024 - below) + bottom * below
    rounded = np.sign(total) * ((np.abs(total) + (1 << 19)) >> 20)
    return rounded.astype(np.int8).reshape(output_shape)


def _counts(layer: Layer) -> Counts:
    return {"element": math.prod(layer.output), "pixel": math.prod(layer.output[:3])}


def _tables(dtype: str) -> tuple[Block, Block]:
    return (
        Block("rows", dtype, lambda layer: layer.output[1]),
        Block("columns", dtype, lambda layer: layer.output[2]),
    )


CARDS = (
    Card(
        "resize_nearest_s8",
        15,
        blocks=_tables("uint16"),
        pictures=True,
        compute=by_keyword(resize_nearest),
        counts=_counts,
        rates=(0, 19, 38, 120),
    ),
    Card(
        "resize_bilinear_s8",
        21,
        blocks=_tables("int32"),
        pictures=True,
        compute=by_keyword(resize_bilinear),
        counts=_counts,
        rates=(23, 14, 67, 147),
    ),
)
