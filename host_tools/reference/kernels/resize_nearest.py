"""Nearest neighbours of an image, by tables of rows and columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def resize_nearest(
    input: npt.NDArray[np.int8],
    rows: npt.ArrayLike,
    columns: npt.ArrayLike,
    *,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.int8]:
    """NHWC `input` at `rows` [output height] and `columns` [output width]."""
    return input[:, np.asarray(rows)][:, :, np.asarray(columns)].reshape(output_shape)
