"""Lowers QUANTIZE: of float32 by its own kernel, between 8-bit types by a table."""

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, call
from host_tools.plan.operators.lookup import lower_lookup
from host_tools.reference.arguments import check_shape, output, quantized, required


def lower_quantize(graph: Graph, operator: Operator) -> Lowered:
    (source,) = required(graph, operator, 1)
    target = output(graph, operator)
    if source.dtype != "float32":
        return lower_lookup(graph, operator)
    quantized(target, "int8", "uint8")
    check_shape(target, source.shape)
    return [call(operator, "quantize_f32")]
