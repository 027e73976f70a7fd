"""quantize_f32, dequantize_f32: float32 to int8 or uint8, and back. cast: any type to any."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import LIMITS, round_half_away
from host_tools.kernels.card import Call, Card


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


def stored(
    values: npt.NDArray[np.generic], dtype: str, scale: float, zero_point: int
) -> npt.NDArray[np.generic]:
    """Values of an input of `dtype`: real ones, float32, are quantized where it is 8-bit."""
    if dtype not in LIMITS or values.dtype != np.float32:
        return values
    return quantize(
        values.astype(np.float32, copy=False),
        scale=scale,
        zero_point=zero_point,
        output_shape=values.shape,
        output_dtype=dtype,
    )


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


def cast(
    input: npt.NDArray[np.generic], output_dtype: str, output_shape: tuple[int, ...]
) -> npt.NDArray[np.generic]:
    """Stored values as another type.

    From float32 towards zero, saturated, NaN to 0; of an integer the low bits stay.
    """
    if output_dtype in LIMITS and input.dtype.kind == "f":
        wide = np.trunc(np.where(np.isnan(input), 0, input).astype(np.float64))
        input = np.clip(wide, *LIMITS[output_dtype])
    return input.astype(output_dtype).reshape(output_shape)


def _quantize(call: Call) -> npt.NDArray[np.generic]:
    return quantize(
        *call.arrays,
        scale=np.float32(call.output.scale),
        zero_point=call.output.zero_point,
        output_shape=call.shape,
        output_dtype=call.output.values.dtype.name,
    )


def _dequantize(call: Call) -> npt.NDArray[np.float32]:
    source = call.inputs[0]
    return dequantize(
        source.values,
        scale=np.float32(source.scale),
        zero_point=source.zero_point,
        output_shape=call.shape,
    )


def _cast(call: Call) -> npt.NDArray[np.generic]:
    return cast(call.inputs[0].values, call.output.values.dtype.name, call.shape)


CARDS = (
    Card(
        "quantize_f32",
        16,
        compute=_quantize,
        rates=(29, 0, 0, 85),
    ),
    Card(
        "dequantize_f32",
        17,
        compute=_dequantize,
        rates=(24, 0, 0, 83),
    ),
    Card(
        "cast",
        29,
        compute=_cast,
        rates=(34, 0, 0, 88),
    ),
)
