"""Lowers MEAN."""

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, call
from host_tools.reference import parameters


def lower_mean(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "mean_s8", parameters.mean(graph, operator))]
