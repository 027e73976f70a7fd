"""Lowers MUL: flat where no input is repeated, else broadcast."""

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, call, is_flat
from host_tools.reference import parameters


def lower_mul(graph: Graph, operator: Operator) -> Lowered:
    params = parameters.mul(graph, operator)
    kernel = "mul_s8" if is_flat(graph, operator) else "broadcast_mul_s8"
    return [call(operator, kernel, params, inputs=operator.inputs)]
