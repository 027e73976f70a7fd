"""Lowers what a table of 256 bytes can do: activations and QUANTIZE between 8-bit types."""

import numpy as np

from host_tools.graph import Graph, Operator
from host_tools.plan.lowering import Lowered, View, call
from host_tools.reference.arguments import check_shape, output, required
from host_tools.reference.tables import lookup_table


def lower_lookup(graph: Graph, operator: Operator) -> Lowered:
    (source,) = required(graph, operator, 1)
    target = output(graph, operator)
    table = lookup_table(operator.kind, source, target, operator.options)
    check_shape(target, source.shape)
    if source.dtype == target.dtype and np.array_equal(table, np.arange(256)):
        return [View(source.index, target.index)]
    return [call(operator, "lut_s8", data={"table": table})]
