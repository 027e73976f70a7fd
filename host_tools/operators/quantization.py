"""QUANTIZE and DEQUANTIZE: of float32 by kernels of their own, between 8-bit types by a table."""

from __future__ import annotations

from host_tools.graph import Graph, Operator
from host_tools.operators.arguments import check_dtype, check_shape, output, quantized, required
from host_tools.operators.lookup import lower_lookup
from host_tools.operators.lowering import Lowered, Page, call


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


PAGES = {"DEQUANTIZE": Page(_lower_dequantize), "QUANTIZE": Page(_lower_quantize)}
