"""A call of a kernel by its parameters and shapes, and counts of it that several kernels need."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Counts = dict[str, float]


@dataclass(frozen=True)
class Layer:
    """A call's parameters, named as in docs/blob-format.md, and the shapes of its tensors."""

    params: Mapping[str, Any]
    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]

    @classmethod
    def of(cls, operator: Any, tensors: Sequence[Any]) -> Layer:
        """The layer of an operator of a plan or blob whose tensors these are."""
        shapes = tuple(tensors[index].shape for index in operator.inputs)
        return cls(operator.params, shapes, tensors[operator.output].shape)


def divide_up(count: int, size: int) -> int:
    return -(-count // size)


def clamped_outputs(layer: Layer) -> int:
    """Outputs that are bounded by more than int8 is."""
    bounds = (layer.params["act_min"], layer.params["act_max"])
    return 0 if bounds == (-128, 127) else math.prod(layer.output)


def taps_inside(layer: Layer) -> int:
    """Places of the input in the windows of all output pixels, padding not counted."""
    return rows_inside(layer) // layer.output[2] * taps_along(layer, "w")


def rows_inside(layer: Layer) -> int:
    """Rows of the windows of all output pixels that lie in the input."""
    return layer.output[0] * layer.output[2] * taps_along(layer, "h")


def taps_along(layer: Layer, axis: str) -> int:
    """Taps along one axis that lie in the input, of all places of the output there."""
    place, pad = {"h": (1, "pad_top"), "w": (2, "pad_left")}[axis]
    size, output, padding = layer.inputs[0][place], layer.output[place], layer.params[pad]
    stride, step = layer.params[f"stride_{axis}"], layer.params.get(f"dilation_{axis}", 1)
    found = 0
    for tap in range(layer.params[f"kernel_{axis}"]):
        first, end = padding - tap * step, size + padding - tap * step
        found += max(0, min(output, divide_up(end, stride)) - max(0, divide_up(first, stride)))
    return found


def dense_rows(layer: Layer) -> int:
    return math.prod(layer.output) // layer.params["units"]


def pixels_of(layer: Layer) -> int:
    """Places of the output's pictures."""
    return math.prod(layer.output[:3])


def reads_by_pixels(count: int, layer: Layer) -> tuple[int, int]:
    """A card's `reads`: all weights for `count` pixels, whose scratch is read for two units.

    Fewer pixels than these need none.
    """
    pixels = pixels_of(layer)
    return divide_up(pixels, count), divide_up(layer.output[3], 2) if pixels >= count else 0
