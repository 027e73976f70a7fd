"""lut_s8: a table looked up by each byte."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Block, Call, Card


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


def _compute(call: Call) -> npt.NDArray[np.generic]:
    dtype = call.output.values.dtype.name
    (source,) = call.arrays
    return lut(source, call.data["table"], output_shape=call.shape, output_dtype=dtype)


CARD = Card(
    "lut_s8",
    12,
    blocks=(Block("table", "uint8", lambda layer: 256),),
    in_place=True,
    compute=_compute,
    rates=(18, 0, 0, 79),
)
