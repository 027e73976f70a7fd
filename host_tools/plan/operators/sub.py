"""Lowers SUB, equal shapes too: it has no flat kernel."""

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, call
from host_tools.reference import parameters


def lower_sub(graph: Graph, operator: Operator) -> Lowered:
    params = parameters.add(graph, operator)
    return [call(operator, "broadcast_sub_s8", params, inputs=operator.inputs)]
