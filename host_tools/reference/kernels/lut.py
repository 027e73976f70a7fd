"""A table looked up by each byte."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def lut(
    input: npt.NDArray[np.generic],
    table: npt.NDArray[np.generic],
    *,
    output_shape: tuple[int, ...],
    output_dtype: str = "int8",
) -> npt.NDArray[np.generic]:
    """The bytes of `table` (256 of them) at the bytes of int8 or uint8 `input`, read unsigned.

    Returns `output_dtype` (int8 or uint8) of `output_shape`.
    """
    found = table.view(np.uint8)[np.ascontiguousarray(input).view(np.uint8)]
    return found.view(output_dtype).reshape(output_shape)
