"""READ_VARIABLE and ASSIGN_VARIABLE: copies from and to a state. The planner drops what it can.

The reader has made states of VAR_HANDLE and CALL_ONCE (host_tools/tflite/variables.py).
"""

from __future__ import annotations

from host_tools.graph import Graph, Operator
from host_tools.operators.arguments import check_same_quantization, check_shape, output, required
from host_tools.operators.lowering import Lowered, Page, copy_whole


def _lower(graph: Graph, operator: Operator) -> Lowered:
    (source,) = required(graph, operator, 1)
    target = output(graph, operator)
    check_same_quantization(source, target)
    check_shape(target, source.shape)
    return [copy_whole(operator, source, target)]


PAGES = {"ASSIGN_VARIABLE": Page(_lower), "READ_VARIABLE": Page(_lower)}
