"""Lowers DEQUANTIZE of 8-bit tensors."""

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, call
from host_tools.reference.arguments import check_dtype, check_shape, output, quantized, required


def lower_dequantize(graph: Graph, operator: Operator) -> Lowered:
    (source,) = required(graph, operator, 1)
    target = output(graph, operator)
    quantized(source, "int8", "uint8")
    check_dtype(target, "float32")
    check_shape(target, source.shape)
    return [call(operator, "dequantize_f32")]
