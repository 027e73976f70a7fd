"""copy: elements from strided places to strided places."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Call, Card, fields
from host_tools.kernels.layer import Counts, Layer
from host_tools.kernels.steps import copy_rows, copy_steps


def copy(
    input: npt.NDArray[np.generic],
    output: npt.NDArray[np.generic] | None = None,
    *,
    element_size: int,
    count: Sequence[int],
    input_start: int,
    input_stride: Sequence[int],
    output_start: int,
    output_stride: Sequence[int],
    fill: int,
    fill_value: int,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.generic]:
    """Elements (i0..i5) below `count` of `input` at their places of an output.

    Starts and strides count elements. `output` is what the output held before (zeros if None);
    where `fill` is 1 every byte of it becomes `fill_value` first. `element_size` must be that of
    the input's dtype. Returns a new array of `output_shape` and the input's dtype.
    """
    assert element_size == input.itemsize
    if fill:
        result = np.full(output_shape, np.uint8(fill_value & 0xFF)).view(input.dtype)
    elif output is None:
        result = np.zeros(output_shape, dtype=input.dtype)
    else:
        result = np.array(output).reshape(output_shape)
    places = np.indices(tuple(count)).reshape(len(count), -1)
    source = input_start + np.asarray(input_stride) @ places
    target = output_start + np.asarray(output_stride) @ places
    result.reshape(-1)[target] = input.reshape(-1)[source]
    return result


def _compute(call: Call) -> npt.NDArray[np.generic]:
    (source,) = call.arrays
    return copy(source, call.output.values, **call.params, output_shape=call.shape)


def _counts(layer: Layer) -> Counts:
    params, size = layer.params, layer.params["element_size"]
    *outer, rows, row = params["count"]
    planes = math.prod(outer)
    counted: Counts = {"plane": planes, "filled": params["fill"] * math.prod(layer.output)}
    if params["input_stride"][-1] == params["output_stride"][-1] == 1:
        steps = [row, params["input_start"], params["output_start"]]
        steps += [*params["input_stride"][:-1], *params["output_stride"][:-1]]
        words = all(step * size % 4 == 0 for step in steps)
        kind = "words" if words else "bytes"
        return {**counted, kind: planes * rows * row * size, f"row of {kind}": planes * rows}
    return {**counted, "element": planes * rows * row, "row": planes * rows}


CARD = Card(
    "copy",
    13,
    fields(
        "element_size count input_start input_stride output_start output_stride fill fill_value"
    ),
    vectors=("count", "input_stride", "output_stride"),
    compute=_compute,
    counts=_counts,
    steps=copy_steps,
    rows=copy_rows,
    rates=(11, 2, 68, 109),
)
