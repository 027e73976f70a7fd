"""AVERAGE_POOL_2D and MAX_POOL_2D."""

from __future__ import annotations

from collections.abc import Callable

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.operators.arguments import (
    check_rank,
    check_shape,
    output,
    quantized,
    required,
)
from host_tools.operators.lowering import Lowered, Page, call
from host_tools.operators.parameters import FUSED, STRIDES, activation, window


def pool(graph: Graph, operator: Operator) -> dict[str, int]:
    """The parameters of average_pool_s8 and max_pool_s8. PoolingPrepare."""
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


def _lower(kernel: str) -> Callable[[Graph, Operator], Lowered]:
    return lambda graph, operator: [call(operator, kernel, pool(graph, operator))]


_OPTIONS = ("Pool2DOptions", {**STRIDES, "filter_width": int, "filter_height": int, **FUSED})

PAGES = {
    "AVERAGE_POOL_2D": Page(_lower("average_pool_s8"), _OPTIONS),
    "MAX_POOL_2D": Page(_lower("max_pool_s8"), _OPTIONS),
}
