"""Lowers AVERAGE_POOL_2D."""

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, call
from host_tools.reference import parameters


def lower_average_pool_2d(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "average_pool_s8", parameters.average_pool(graph, operator))]
