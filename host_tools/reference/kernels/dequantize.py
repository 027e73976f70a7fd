"""int8 or uint8 to float32."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def dequantize(
    input: npt.NDArray[np.generic],
    *,
    scale: float | np.floating,
    zero_point: int,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.float32]:
    """scale * (input - zero_point), rounded once to float32."""
    difference = (input.astype(np.int32) - zero_point).astype(np.float32)
    with np.errstate(over="ignore"):
        return (np.float32(scale) * difference).reshape(output_shape)
