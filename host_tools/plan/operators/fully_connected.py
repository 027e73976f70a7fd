"""Lowers FULLY_CONNECTED."""

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, call
from host_tools.reference import parameters


def lower_fully_connected(graph: Graph, operator: Operator) -> Lowered:
    params, data = parameters.fully_connected(graph, operator)
    return [call(operator, "fully_connected_s8", params, data)]
