"""mean_s8: means of int8 over some dimensions."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Card, by_keyword, fields
from host_tools.kernels.windows import requantize


def mean(
    input: npt.NDArray[np.int8],
    *,
    axes: int,
    input_offset: int,
    output_offset: int,
    multiplier: int,
    shift: int,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.int8]:
    """int8 `input` averaged over the dimensions whose bits are set in `axes`.

    1 / (elements averaged) is already in `multiplier` and `shift`. Returns int8 `output_shape`.
    """
    over = tuple(axis for axis in range(input.ndim) if axes >> axis & 1)
    sums = input.sum(axis=over, dtype=np.int64)
    count = int(np.prod([input.shape[axis] for axis in over], dtype=np.int64))
    sums = np.asarray(sums + count * input_offset)
    return requantize(sums, multiplier, shift, output_offset, -128, 127).reshape(output_shape)


CARDS = (
    Card(
        "mean_s8",
        14,
        fields("axes input_offset output_offset multiplier shift"),
        compute=by_keyword(mean),
        counts=lambda layer: {
            "element": math.prod(layer.inputs[0]),
            "output": math.prod(layer.output),
        },
    ),
)
