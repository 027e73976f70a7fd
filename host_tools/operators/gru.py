"""A step of an unrolled GRU: an operator that the planner makes (host_tools/plan/fuse_gru.py)."""

from __future__ import annotations

from host_tools.graph import Graph, Operator
from host_tools.operators.lowering import Lowered, call

# no name of TensorFlow Lite's
GRU = "GRU"


def lower_gru(graph: Graph, operator: Operator) -> Lowered:
    """The call of gru_s8, whose parameters and data are the options."""
    options = operator.options
    return [call(operator, "gru_s8", options["params"], options["data"], inputs=operator.inputs)]
