"""How each operator of a model runs: its parameters, then its kernel, or a move of values.

Every function takes the graph, the operator and its inputs' values (None where absent), and
returns its outputs' values. It raises CommandError where the operator is not supported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from host_tools.graph import Graph, Operator
from host_tools.reference import kernels, parameters
from host_tools.reference.arguments import (
    check_dtype,
    check_shape,
    output,
    quantized,
    required,
)
from host_tools.reference.moves import MOVES
from host_tools.reference.tables import lookup_table

Array = npt.NDArray[Any]
Run = Callable[[Graph, Operator, list[Any]], list[Array]]


def _weighted(
    compute: Callable[[Graph, Operator], tuple[dict[str, int], dict[str, Array]]],
    kernel: Callable[..., Array],
) -> Run:
    def run(graph: Graph, operator: Operator, values: list[Any]) -> list[Array]:
        integers, data = compute(graph, operator)
        return [kernel(values[0], **data, **integers, output_shape=output(graph, operator).shape)]

    return run


def _plain(
    compute: Callable[[Graph, Operator], dict[str, Any]], kernel: Callable[..., Array], count: int
) -> Run:
    """A kernel of the first `count` inputs."""

    def run(graph: Graph, operator: Operator, values: list[Any]) -> list[Array]:
        found = compute(graph, operator)
        return [kernel(*values[:count], **found, output_shape=output(graph, operator).shape)]

    return run


def _table(graph: Graph, operator: Operator, values: list[Any]) -> list[Array]:
    (source,) = required(graph, operator, 1)
    target = output(graph, operator)
    check_shape(target, source.shape)
    table = lookup_table(operator.kind, source, target, operator.options)
    return [kernels.lut(values[0], table, output_shape=target.shape, output_dtype=target.dtype)]


def _quantize(graph: Graph, operator: Operator, values: list[Any]) -> list[Array]:
    (source,) = required(graph, operator, 1)
    if source.dtype != "float32":
        return _table(graph, operator, values)
    target = output(graph, operator)
    check_shape(target, source.shape)
    result = quantized(target, "int8", "uint8")
    return [
        kernels.quantize(
            values[0],
            scale=result.scale,
            zero_point=result.zero_point,
            output_shape=target.shape,
            output_dtype=target.dtype,
        )
    ]


def _dequantize(graph: Graph, operator: Operator, values: list[Any]) -> list[Array]:
    (source,) = required(graph, operator, 1)
    target = output(graph, operator)
    check_dtype(target, "float32")
    check_shape(target, source.shape)
    given = quantized(source, "int8", "uint8")
    return [
        kernels.dequantize(
            values[0],
            scale=given.scale,
            zero_point=given.zero_point,
            output_shape=target.shape,
        )
    ]


OPERATORS: dict[str, Run] = {
    "ABS": _table,
    "ADD": _plain(parameters.add, kernels.broadcast_add, 2),
    "AVERAGE_POOL_2D": _plain(parameters.average_pool, kernels.average_pool, 1),
    "CONV_2D": _weighted(parameters.conv, kernels.conv),
    "DEPTHWISE_CONV_2D": _weighted(parameters.depthwise_conv, kernels.depthwise_conv),
    "DEQUANTIZE": _dequantize,
    "FULLY_CONNECTED": _weighted(parameters.fully_connected, kernels.fully_connected),
    "HARD_SWISH": _table,
    "LEAKY_RELU": _table,
    "LOGISTIC": _table,
    "MAX_POOL_2D": _plain(parameters.max_pool, kernels.max_pool, 1),
    "MEAN": _plain(parameters.mean, kernels.mean, 1),
    "MUL": _plain(parameters.mul, kernels.broadcast_mul, 2),
    "QUANTIZE": _quantize,
    "RELU": _table,
    "RELU6": _table,
    "RESIZE_NEAREST_NEIGHBOR": _plain(parameters.resize_nearest, kernels.resize_nearest, 1),
    "SOFTMAX": _plain(parameters.softmax, kernels.softmax, 1),
    "SUB": _plain(parameters.add, kernels.broadcast_sub, 2),
    "TANH": _table,
    **MOVES,
}
