"""Lowers ADD: flat where no input is repeated, else broadcast."""

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, call, is_flat
from host_tools.reference import parameters


def lower_add(graph: Graph, operator: Operator) -> Lowered:
    params = parameters.add(graph, operator)
    kernel = "add_s8" if is_flat(graph, operator) else "broadcast_add_s8"
    return [call(operator, kernel, params, inputs=operator.inputs)]
