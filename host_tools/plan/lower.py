"""Turns a graph into calls of kernels, from its outputs back, so that what is unread drops out.

Refuses, all at once, the operators that cannot run exactly. Decides neither layouts nor memory.
"""

from __future__ import annotations

from host_tools.blob.layout import MAX_RANK
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.operators import OPERATORS
from host_tools.operators.arguments import label
from host_tools.operators.gru import GRU, lower_gru
from host_tools.operators.lookup import TABLE, lower_table
from host_tools.operators.lowering import Lowered, View
from host_tools.plan.refusal import refusal, unsupported
from host_tools.plan_types import ITEM_SIZES, PlanOperator


def lower(graph: Graph) -> tuple[list[PlanOperator], dict[int, int]]:
    """The calls that compute the graph's outputs, in running order, and its views.

    Tensor indices are the graph's; views map a tensor to the one whose bytes it has. Raises one
    CommandError that names every operator that is not supported.
    """
    needed = {*graph.outputs, *(tensor.index for tensor in graph.tensors if tensor.state)}
    calls: list[PlanOperator] = []
    views: dict[int, int] = {}
    refused: list[tuple[Operator, CommandError]] = []
    for operator in reversed(graph.operators):
        if needed.isdisjoint(operator.outputs):
            continue
        try:
            lowered = _lower_one(graph, operator)
        except CommandError as error:
            refused.insert(0, (operator, error))
            needed.update(index for index in operator.inputs if index >= 0)
            continue
        for step in reversed(lowered):
            if step.output not in needed:
                continue
            if isinstance(step, View):
                views[step.output] = step.source
                needed.add(step.source)
            else:
                calls.insert(0, step)
                needed.update(step.inputs)
    if refused:
        raise refusal(graph, refused)
    return calls, views


def _lower_one(graph: Graph, operator: Operator) -> Lowered:
    if operator.kind == TABLE:
        lowered = lower_table(graph, operator)
    elif operator.kind == GRU:
        lowered = lower_gru(graph, operator)
    elif operator.kind in OPERATORS:
        lowered = OPERATORS[operator.kind].lower(graph, operator)
    else:
        raise unsupported(operator.kind)
    for step in lowered:
        inputs = (step.source,) if isinstance(step, View) else step.inputs
        for index in (*inputs, step.output):
            check_tensor(graph, index)
    return lowered


def check_tensor(graph: Graph, index: int) -> None:
    """Raises CommandError for a tensor that a blob cannot hold."""
    tensor = graph.tensors[index]
    if tensor.dtype not in ITEM_SIZES:
        hint = "; make it int32 in the model" if tensor.dtype == "int64" else ""
        raise CommandError(
            f"{label(tensor)} is {tensor.dtype}; only {', '.join(ITEM_SIZES)} are supported{hint}"
        )
    if len(tensor.shape) > MAX_RANK or 0 in tensor.shape:
        raise CommandError(
            f"{label(tensor)} has shape {list(tensor.shape)}; at most {MAX_RANK} dimensions, "
            "each 1 or more, are supported"
        )
