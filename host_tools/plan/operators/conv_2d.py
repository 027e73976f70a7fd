"""Lowers CONV_2D."""

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, call
from host_tools.reference import parameters


def lower_conv_2d(graph: Graph, operator: Operator) -> Lowered:
    params, data = parameters.conv(graph, operator)
    return [call(operator, "conv_s8", params, data)]
