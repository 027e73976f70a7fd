"""Refuses plans that are beyond what a blob holds or a board runs."""

from __future__ import annotations

from dataclasses import replace

from host_tools.blob import layout
from host_tools.errors import CommandError
from host_tools.kernels import KERNELS
from host_tools.plan.candidates import packed_params, possible_kernels
from host_tools.plan_types import Plan, PlanOperator


def check_limits(plan: Plan) -> None:
    """Raises CommandError for a plan past a limit of docs/blob-format.md, its arena aside."""
    for found, least, most, what in (
        (len(plan.inputs), 1, layout.MAX_IO, "inputs"),
        (len(plan.outputs), 1, layout.MAX_IO, "outputs"),
        (len(plan.tensors), 1, layout.MAX_TENSORS, "tensors"),
        (len(plan.operators), 0, layout.MAX_OPERATORS, "operators"),
        (sum(_most_work(plan, op) for op in plan.operators), 0, layout.MAX_WORK, "steps of work"),
    ):
        if not least <= found <= most:
            raise CommandError(f"the model needs {found} {what}; a blob has {least} to {most}")
    for operator in plan.operators:
        _check_operator(plan, operator)


def _most_work(plan: Plan, operator: PlanOperator) -> int:
    """What the kernel does that has the most to do."""
    layer = plan.layer(operator)
    found = [KERNELS[operator.kernel].work(layer)]
    for kernel in possible_kernels(plan, operator)[1:]:
        params = packed_params(operator.kernel, kernel, operator.params)
        found.append(KERNELS[kernel].work(replace(layer, params=params)))
    return max(found)


def _check_operator(plan: Plan, operator: PlanOperator) -> None:
    """Raises CommandError where an operator's sizes are beyond what its kernel counts in."""
    source, output = plan.tensors[operator.inputs[0]], plan.tensors[operator.output]
    where = f"operator {operator.source_index} ({operator.name})"
    if KERNELS[operator.kernel].pictures:
        largest = max(*source.shape[1:], *output.shape[1:])
        if largest > layout.MAX_PICTURE:
            raise CommandError(
                f"{where}: a height, width or channel count is {largest}; "
                f"at most {layout.MAX_PICTURE} are supported"
            )
    sides = ("kernel", "stride", "dilation")
    largest = max(operator.params.get(f"{side}_{axis}", 1) for side in sides for axis in "hw")
    if largest > layout.MAX_WINDOW:
        raise CommandError(
            f"{where}: a window's side, stride or dilation is {largest}; "
            f"at most {layout.MAX_WINDOW} is supported"
        )


def check_arena(plan: Plan) -> None:
    """Raises CommandError for a plan that needs more RAM than a blob can ask for."""
    if plan.arena_size > layout.MAX_ARENA:
        raise CommandError(
            f"the model needs {plan.arena_size} bytes of arena; at most {layout.MAX_ARENA} fit"
        )
