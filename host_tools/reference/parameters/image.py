"""Parameters of the poolings and of RESIZE_NEAREST_NEIGHBOR."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.reference.arguments import (
    check_rank,
    check_same_quantization,
    check_shape,
    integers,
    label,
    output,
    quantized,
    required,
)
from host_tools.reference.parameters.common import activation, window


def average_pool(graph: Graph, operator: Operator) -> dict[str, int]:
    """AVERAGE_POOL_2D: the parameters of average_pool_s8. PoolingPrepare."""
    return _pool(graph, operator)


def max_pool(graph: Graph, operator: Operator) -> dict[str, int]:
    """MAX_POOL_2D: the parameters of max_pool_s8. PoolingPrepare."""
    return _pool(graph, operator)


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


def _pool(graph: Graph, operator: Operator) -> dict[str, int]:
    (source,) = required(graph, operator, 1)
    target = output(graph, operator)
    given, result = quantized(source), quantized(target)
    check_rank(source, 4)
    if (
        abs(float(given.scale) - float(result.scale)) > 1e-6
        or given.zero_point != result.zero_point
    ):
        raise CommandError("its input and output differ in scale or zero point")
    kernel = (operator.options["filter_height"], operator.options["filter_width"])
    (pad_top, pad_left), (height, width) = window(operator, source, kernel, (1, 1))
    check_shape(target, (source.shape[0], height, width, source.shape[3]))
    act_min, act_max = activation(operator, result)
    return {
        "kernel_h": kernel[0],
        "kernel_w": kernel[1],
        "stride_h": operator.options["stride_h"],
        "stride_w": operator.options["stride_w"],
        "pad_top": pad_top,
        "pad_left": pad_left,
        "act_min": act_min,
        "act_max": act_max,
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
