"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR.

The host tabulates which row and column each output takes, or which place between them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.operators.arguments import (
    check_dtype,
    check_rank,
    check_same_quantization,
    check_shape,
    integers,
    label,
    output,
    required,
)
from host_tools.operators.lowering import Lowered, Page, call
from host_tools.operators.parameters import Options

Table = Callable[[int, int, Operator], npt.NDArray[np.generic]]


def _tables(graph: Graph, operator: Operator, table: Table) -> dict[str, npt.NDArray[np.generic]]:
    source, size = required(graph, operator, 2)
    target = output(graph, operator)
    check_dtype(target, "int8")
    check_same_quantization(source, target)
    check_rank(source, 4)
    wanted = integers(size)
    if len(wanted) != 2 or min(wanted) < 1 or max(wanted) > 1 << 15 or 0 in source.shape:
        raise CommandError(f"{label(size)} is {wanted}; it must be a height and a width")
    check_shape(target, (source.shape[0], *wanted, source.shape[3]))
    return {
        "rows": table(source.shape[1], wanted[0], operator),
        "columns": table(source.shape[2], wanted[1], operator),
    }


def _nearest(given: int, wanted: int, operator: Operator) -> npt.NDArray[np.uint16]:
    """For each of `wanted` places the nearest of `given`, in float32."""
    align = operator.options["align_corners"]
    offset = np.float32(0.5 if operator.options["half_pixel_centers"] else 0)
    if align and wanted > 1:
        scale = np.float32(given - 1) / np.float32(wanted - 1)
    else:
        scale = np.float32(given) / np.float32(wanted)
    places = (np.arange(wanted).astype(np.float32) + offset) * scale
    # places are not negative, so that floor(x + 1/2) in float64 is C's round
    nearest = np.floor(places.astype(np.float64) + 0.5) if align else np.floor(places)
    return np.minimum(nearest, given - 1).astype(np.uint16)


def _between(given: int, wanted: int, operator: Operator) -> npt.NDArray[np.int32]:
    """For each of `wanted` places where it lies among `given`, in 1/1024.

    ComputeInterpolationValuesInteger in resize_bilinear.h. At either end one pixel has all the
    weight, as it has there, where its two halves are one pixel.
    """
    align, half = (operator.options[name] for name in ("align_corners", "half_pixel_centers"))
    if align and half:
        raise CommandError(
            "it has both align_corners and half_pixel_centers; one of them is supported"
        )
    counts = (given - 1, wanted - 1) if align and wanted > 1 else (given, wanted)
    scale = (1024 * counts[0] + counts[1] // 2) // counts[1]
    places = np.arange(wanted, dtype=np.int64) * scale
    if half:
        places += scale // 2 - 512
    return np.clip(places, 0, 1024 * (given - 1)).astype(np.int32)


def _lower_nearest(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "resize_nearest_s8", data=_tables(graph, operator, _nearest))]


def _lower_bilinear(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "resize_bilinear_s8", data=_tables(graph, operator, _between))]


_OPTIONS: Options = {"align_corners": bool, "half_pixel_centers": bool}

PAGES = {
    "RESIZE_BILINEAR": Page(_lower_bilinear, ("ResizeBilinearOptions", _OPTIONS)),
    "RESIZE_NEAREST_NEIGHBOR": Page(_lower_nearest, ("ResizeNearestNeighborOptions", _OPTIONS)),
}
