"""Reads a state where it lies, if the copy that a READ_VARIABLE is would hold the same bytes."""

from __future__ import annotations

from host_tools.plan_types import Plan, PlanOperator


def read_in_place(plan: Plan) -> Plan:
    """The plan with views of states for copies whose readers all run before the state changes."""
    plan = plan.copy()
    for operator in list(plan.operators):
        if _holds(plan, operator):
            plan.tensors[plan.root(operator.output)].view_of = plan.root(operator.inputs[0])
            plan.operators.remove(operator)
    return plan


def _holds(plan: Plan, copy: PlanOperator) -> bool:
    """Whether a call copies all of a state to what nothing else writes, for early readers."""
    source, target = plan.root(copy.inputs[0]), plan.root(copy.output)
    if not plan.tensors[source].state or not _is_whole(plan, copy):
        return False
    if target in [plan.root(index) for index in (*plan.inputs, *plan.outputs)]:
        return False
    writers = [op for op in plan.operators if plan.root(op.output) == target]
    if plan.tensors[target].state or writers != [copy]:
        return False
    readers = [
        time
        for time, op in enumerate(plan.operators)
        if target in [plan.root(index) for index in op.inputs]
    ]
    until = plan.operators[plan.operators.index(copy) : max(readers, default=0) + 1]
    return source not in [plan.root(op.output) for op in until]


def _is_whole(plan: Plan, operator: PlanOperator) -> bool:
    elements = plan.tensors[operator.inputs[0]].elements
    wanted = {"input_start": 0, "output_start": 0, "fill": 0, "count": (1,) * 5 + (elements,)}
    return (
        operator.kernel == "copy"
        and plan.tensors[operator.output].elements == elements
        and all(operator.params[name] == value for name, value in wanted.items())
        and operator.params["input_stride"][-1] == operator.params["output_stride"][-1] == 1
    )
