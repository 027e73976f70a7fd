"""QUANTIZE, DEQUANTIZE and CAST.

The first two are kernels of their own with float32 on one side, a table between 8-bit types.
"""

from __future__ import annotations

from host_tools.graph import Graph, Operator
from host_tools.operators.arguments import check_dtype, check_shape, output, quantized, required
from host_tools.operators.lookup import lower_lookup
from host_tools.operators.lowering import Lowered, Page, View, call


def _lower_quantize(graph: Graph, operator: Operator) -> Lowered:
    (source,) = required(graph, operator, 1)
    target = output(graph, operator)
    if source.dtype != "float32":
        return lower_lookup(graph, operator)
    quantized(target, "int8", "uint8")
    check_shape(target, source.shape)
    return [call(operator, "quantize_f32")]


def _lower_dequantize(graph: Graph, operator: Operator) -> Lowered:
    (source,) = required(graph, operator, 1)
    target = output(graph, operator)
    quantized(source, "int8", "uint8")
    check_dtype(target, "float32")
    check_shape(target, source.shape)
    return [call(operator, "dequantize_f32")]


def _lower_cast(graph: Graph, operator: Operator) -> Lowered:
    """A call of cast, or a view where the type stays; quantization does not count."""
    (source,) = required(graph, operator, 1)
    target = output(graph, operator)
    # what a blob cannot hold may still be a constant, which is cast at packing
    check_dtype(source, "int8", "uint8", "int32", "float32", "int64", "bool")
    check_dtype(target, "int8", "uint8", "int32", "float32")
    check_shape(target, source.shape)
    if source.dtype == target.dtype:
        return [View(source.index, target.index)]
    return [call(operator, "cast")]


PAGES = {
    "CAST": Page(_lower_cast, by_value=True),
    "DEQUANTIZE": Page(_lower_dequantize, by_value=True),
    "QUANTIZE": Page(_lower_quantize, by_value=True),
}
