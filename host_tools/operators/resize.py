"""RESIZE_NEAREST_NEIGHBOR: the host tabulates which row and column each output takes."""

from __future__ import annotations

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


def resize_nearest(graph: Graph, operator: Operator) -> dict[str, npt.NDArray[np.generic]]:
    """RESIZE_NEAREST_NEIGHBOR: the tables of resize_nearest_s8. GetNearestNeighbor."""
    source, size = required(graph, operator, 2)
    target = output(graph, operator)
    check_same_quantization(source, target)
    check_rank(source, 4)
    wanted = integers(size)
    if len(wanted) != 2 or min(wanted) < 1 or max(wanted) > 1 << 15 or 0 in source.shape:
        raise CommandError(f"{label(size)} is {wanted}; it must be a height and a width")
    check_shape(target, (source.shape[0], *wanted, source.shape[3]))
    return {
        "rows": _nearest(source.shape[1], wanted[0], operator),
        "columns": _nearest(source.shape[2], wanted[1], operator),
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


def _lower(graph: Graph, operator: Operator) -> Lowered:
    check_dtype(output(graph, operator), "int8")
    return [call(operator, "resize_nearest_s8", data=resize_nearest(graph, operator))]


PAGES = {
    "RESIZE_NEAREST_NEIGHBOR": Page(
        _lower,
        ("ResizeNearestNeighborOptions", {"align_corners": bool, "half_pixel_centers": bool}),
    ),
}
