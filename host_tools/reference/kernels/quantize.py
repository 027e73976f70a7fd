"""float32 to int8 or uint8."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import LIMITS, round_half_away


def quantize(
    input: npt.NDArray[np.float32],
    *,
    scale: float | np.floating,
    zero_point: int,
    output_shape: tuple[int, ...],
    output_dtype: str = "int8",
) -> npt.NDArray[np.generic]:
    """round(input / scale) + zero_point, halves away from zero, saturated to `output_dtype`.

    The division is float32's. A NaN becomes the zero point; tflite-micro leaves it, and quotients
    beyond int32, undefined.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        quotient = input.astype(np.float32) / np.float32(scale)
        values = np.nan_to_num(round_half_away(quotient), nan=0.0) + zero_point
    return np.clip(values, *LIMITS[output_dtype]).astype(output_dtype).reshape(output_shape)
