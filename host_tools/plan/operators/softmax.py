"""Lowers SOFTMAX."""

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, call
from host_tools.reference import parameters


def lower_softmax(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "softmax_s8", parameters.softmax(graph, operator))]
