"""Lowers RESIZE_NEAREST_NEIGHBOR: the host tabulates which row and column each output takes."""

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, call
from host_tools.reference import parameters
from host_tools.reference.arguments import check_dtype, output


def lower_resize_nearest_neighbor(graph: Graph, operator: Operator) -> Lowered:
    check_dtype(output(graph, operator), "int8")
    tables = parameters.resize_nearest(graph, operator)
    return [call(operator, "resize_nearest_s8", data=dict(tables))]
