"""Lowers RESIZE_NEAREST_NEIGHBOR: the host tabulates which row and column each output takes."""

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, call
from host_tools.reference import parameters


def lower_resize_nearest_neighbor(graph: Graph, operator: Operator) -> Lowered:
    tables = parameters.resize_nearest(graph, operator)
    return [call(operator, "resize_nearest_s8", data=dict(tables))]
