"""Tables from pixel values to an input's stored values, for inputs that are pictures."""

from __future__ import annotations

import numpy as np

from host_tools.arithmetic import LIMITS, round_half_away
from host_tools.plan_types import Plan

Range = tuple[float, float]


def image_tables(plan: Plan, image_range: Range | None = None) -> list[np.ndarray | None]:
    """For each input of shape [1, height, width, 1 or 3] its 256 stored values, else None.

    Entry p is for the pixel value p of 0 to 255: between the real values `image_range` of the
    pixels 0 and 255, rounded half away from zero and saturated. By default pixels span the whole
    range of an 8-bit input, or of the first 8-bit tensor that a float32 input is quantized to.
    """
    return [_table(plan, index, image_range) for index in plan.inputs]


def _table(plan: Plan, index: int, image_range: Range | None) -> np.ndarray | None:
    tensor = plan.tensors[index]
    shape = tensor.shape
    if len(shape) != 4 or shape[0] != 1 or shape[3] not in (1, 3):
        return None
    if tensor.dtype == "int32":
        return None
    if tensor.dtype == "float32":
        image_range = image_range or _quantized_range(plan, index)
        return None if image_range is None else _spread(image_range).astype(np.float32)
    lowest, highest = LIMITS[tensor.dtype]
    if image_range is None:
        stored = np.arange(lowest, highest + 1, dtype=np.float64)
    else:
        stored = round_half_away(_spread(image_range) / tensor.scale) + tensor.zero_point
    return np.clip(stored, lowest, highest).astype(tensor.dtype)


def _spread(image_range: Range) -> np.ndarray:
    low, high = image_range
    return low + np.arange(256) * (high - low) / 255


def _quantized_range(plan: Plan, index: int) -> Range | None:
    """The real values that the first QUANTIZE of a float32 input tells apart."""
    for operator in plan.operators:
        if operator.kernel == "quantize_f32" and plan.root(operator.inputs[0]) == index:
            output = plan.tensors[operator.output]
            lowest, highest = LIMITS[output.dtype]
            return (
                output.scale * (lowest - output.zero_point),
                output.scale * (highest - output.zero_point),
            )
    return None
