"""Tables from pixel values to an input's stored values, for inputs that are pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from host_tools.arithmetic import LIMITS, round_half_away
from host_tools.errors import CommandError
from host_tools.plan_types import Plan

Range = tuple[float, float]
COLOURS = 3


@dataclass(frozen=True)
class Pictures:
    """How a network was trained to see pictures.

    `range` are the real values of the pixels 0 and 255, of which `mean` is subtracted and which
    then are divided by `std`: of one number or one for each channel of the input, in the input's
    order, which is blue, green, red where `bgr`. Without mean and deviation the default range is
    that of an 8-bit input, or of the first 8-bit tensor that a float32 input is quantized to;
    with one of them it is 0 to 1. `fit` and `scaling` say how a picture gets the input's size
    (host_tools/images.py).
    """

    range: Range | None = None
    mean: Sequence[float] = ()
    std: Sequence[float] = ()
    bgr: bool = False
    fit: str = "crop"
    scaling: str = "average"


def image_tables(plan: Plan, pictures: Pictures) -> list[np.ndarray | None]:
    """For each input of shape [1, height, width, 1 or 3] its stored values, else None.

    Entry p is for the pixel value p of 0 to 255, rounded half away from zero and saturated. There
    are [256] where one table serves all channels, else [3, 256]. Raises CommandError for three
    means or deviations where an input has one channel.
    """
    return [_table(plan, index, pictures) for index in plan.inputs]


def _table(plan: Plan, index: int, pictures: Pictures) -> np.ndarray | None:
    tensor = plan.tensors[index]
    shape = tensor.shape
    if len(shape) != 4 or shape[0] != 1 or shape[3] not in (1, COLOURS):
        return None
    if tensor.dtype == "int32":
        return None
    numbers = max(len(pictures.mean), len(pictures.std))
    if numbers > 1 and numbers != shape[3]:
        raise CommandError(
            f"{numbers} numbers for mean or deviation do not fit input "
            f"{plan.inputs.index(index)}, which has 1 channel: give one"
        )
    if tensor.dtype == "float32":
        real = real_values(pictures, _quantized_range(plan, index))
        return None if real is None else _shared(real.astype(np.float32))
    lowest, highest = LIMITS[tensor.dtype]
    real = real_values(pictures, None)
    if real is not None and plan.inputs.index(index) in plan.real_inputs:
        # in float32, as the model's QUANTIZE has it
        stored = round_half_away(real.astype(np.float32) / np.float32(tensor.scale))
        stored = stored.astype(np.float64) + tensor.zero_point
    elif real is None:
        stored = np.arange(lowest, highest + 1, dtype=np.float64)
    else:
        stored = round_half_away(real / tensor.scale) + tensor.zero_point
    return _shared(np.clip(stored, lowest, highest).astype(tensor.dtype))


def real_values(pictures: Pictures, default: Range | None) -> np.ndarray | None:
    """What the pixels 0 to 255 stand for, float64 [256] or [3, 256]; None where nobody says."""
    if not pictures.mean and not pictures.std:
        values = pictures.range or default
        return None if values is None else _spread(values)
    mean = np.array([*pictures.mean] or [0.0])[:, np.newaxis]
    std = np.array([*pictures.std] or [1.0])[:, np.newaxis]
    return np.asarray((_spread(pictures.range or (0, 1)) - mean) / std)


def _shared(tables: np.ndarray) -> np.ndarray:
    """One table where all are equal."""
    if tables.ndim == 2 and (tables == tables[0]).all():
        return np.asarray(tables[0])
    return tables


def _spread(values: Range) -> np.ndarray:
    low, high = values
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
