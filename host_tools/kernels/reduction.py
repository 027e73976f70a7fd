"""mean_s8, reduce_max_s8, reduce_min_s8, arg_max_s8: of int8 over some dimensions."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Card, by_keyword, fields
from host_tools.kernels.layer import Counts, Layer
from host_tools.kernels.steps import elements_in, mean_rows, reduce_rows
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
    over = _axes(axes, input.ndim)
    sums = input.sum(axis=over, dtype=np.int64)
    count = int(np.prod([input.shape[axis] for axis in over], dtype=np.int64))
    sums = np.asarray(sums + count * input_offset)
    return requantize(sums, multiplier, shift, output_offset, -128, 127).reshape(output_shape)


def reduce_max(
    input: npt.NDArray[np.int8], *, axes: int, output_shape: tuple[int, ...]
) -> npt.NDArray[np.int8]:
    """The greatest of int8 `input` over the dimensions whose bits are set in `axes`."""
    return np.asarray(input.max(axis=_axes(axes, input.ndim))).reshape(output_shape)


def reduce_min(
    input: npt.NDArray[np.int8], *, axes: int, output_shape: tuple[int, ...]
) -> npt.NDArray[np.int8]:
    """As `reduce_max`, the least."""
    return np.asarray(input.min(axis=_axes(axes, input.ndim))).reshape(output_shape)


def _axes(bits: int, rank: int) -> tuple[int, ...]:
    return tuple(axis for axis in range(rank) if bits >> axis & 1)


def _counts(layer: Layer) -> Counts:
    return {"element": math.prod(layer.inputs[0]), "output": math.prod(layer.output)}


def _extremum_counts(layer: Layer) -> Counts:
    """A row is as many of the last dimensions as are all reduced, or all kept."""
    shape = layer.inputs[0]
    reduced = [bool(layer.params["axes"] >> axis & 1) for axis in range(len(shape))]
    length = 1
    for size, over in zip(shape[::-1], reduced[::-1], strict=True):
        if over != reduced[-1]:
            break
        length *= size
    return {"element": math.prod(shape), "row": math.prod(shape) // length}


def arg_max(
    input: npt.NDArray[np.int8], *, axis: int, minimum: int, output_shape: tuple[int, ...]
) -> npt.NDArray[np.int32]:
    """The first index along `axis` of the greatest or, where `minimum` is 1, of the least."""
    find = np.argmin if minimum else np.argmax
    return np.asarray(find(input, axis=axis)).astype(np.int32).reshape(output_shape)


CARDS = (
    Card(
        "mean_s8",
        14,
        fields("axes input_offset output_offset multiplier shift"),
        compute=by_keyword(mean),
        counts=_counts,
        rows=mean_rows,
        steps=elements_in,
        rates=(25, 64, 43, 149),
    ),
    Card(
        "reduce_max_s8",
        22,
        fields("axes"),
        compute=by_keyword(reduce_max),
        counts=_extremum_counts,
        rows=reduce_rows,
        steps=elements_in,
        rates=(12, 19, 74, 188),
    ),
    Card(
        "reduce_min_s8",
        23,
        fields("axes"),
        compute=by_keyword(reduce_min),
        counts=_extremum_counts,
        rows=reduce_rows,
        steps=elements_in,
        rates=(11, 0, 0, 139),
    ),
    Card(
        "arg_max_s8",
        28,
        fields("axis minimum"),
        compute=by_keyword(arg_max),
        counts=lambda layer: {
            "element": math.prod(layer.inputs[0]),
            "output": math.prod(layer.output),
        },
        steps=elements_in,
        rates=(29, 15, 15, 115),
    ),
)
