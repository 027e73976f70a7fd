"""resize_nearest_s8: nearest neighbours of an image, by tables of rows and columns."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Block, Card, by_keyword


def resize_nearest(
    input: npt.NDArray[np.int8],
    rows: npt.ArrayLike,
    columns: npt.ArrayLike,
    *,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.int8]:
    """NHWC `input` at `rows` [output height] and `columns` [output width]."""
    return input[:, np.asarray(rows)][:, :, np.asarray(columns)].reshape(output_shape)


CARD = Card(
    "resize_nearest_s8",
    15,
    blocks=(
        Block("rows", "uint16", lambda layer: layer.output[1]),
        Block("columns", "uint16", lambda layer: layer.output[2]),
    ),
    pictures=True,
    compute=by_keyword(resize_nearest),
    counts=lambda layer: {
        "element": math.prod(layer.output),
        "pixel": math.prod(layer.output[:3]),
    },
)
