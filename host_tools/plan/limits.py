"""Refuses plans that are beyond what a blob holds or a board runs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from host_tools.blob import layout
from host_tools.errors import CommandError
from host_tools.kernels import KERNELS
from host_tools.plan_types import Plan, PlanOperator


def check_limits(plan: Plan) -> None:
    """Raises CommandError for a plan past a limit of docs/blob-format.md, arena and work aside."""
    for found, least, most, what in (
        (len(plan.inputs), 1, layout.MAX_IO, "inputs"),
        (len(plan.outputs), 1, layout.MAX_IO, "outputs"),
        (len(plan.tensors), 1, layout.MAX_TENSORS, "tensors"),
        (len(plan.operators), 0, layout.MAX_OPERATORS, "operators"),
    ):
        if not least <= found <= most:
            raise CommandError(f"the model needs {found} {what}; a blob has {least} to {most}")
    for operator in plan.operators:
        _check_operator(plan, operator)


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
    reduced = _reduced(operator, source.shape, output.shape)
    if reduced > layout.MAX_REDUCED:
        raise CommandError(
            f"{where}: it goes over {reduced} values at once; "
            f"at most {layout.MAX_REDUCED} are supported"
        )
    sides = ("kernel", "stride", "dilation")
    largest = max(operator.params.get(f"{side}_{axis}", 1) for side in sides for axis in "hw")
    if largest > layout.MAX_WINDOW:
        raise CommandError(
            f"{where}: a window's side, stride or dilation is {largest}; "
            f"at most {layout.MAX_WINDOW} is supported"
        )


def _reduced(operator: PlanOperator, source: Sequence[int], output: Sequence[int]) -> int:
    """What a kernel that has no weights, or few, goes over before it can be left by Ctrl-C."""
    params = operator.params
    if operator.kernel in ("average_pool_s8", "max_pool_s8"):
        return math.prod(source[1:])
    if operator.kernel == "depthwise_conv_s8":
        return int(params["kernel_h"] * params["kernel_w"] * output[3])
    return source[params["axis"]] if operator.kernel == "arg_max_s8" else 0


def check_run(plan: Plan) -> None:
    """Raises CommandError for a plan that needs more RAM or time than a blob can ask for."""
    if plan.arena_size > layout.MAX_ARENA:
        raise CommandError(
            f"the model needs {plan.arena_size} bytes of arena; at most {layout.MAX_ARENA} fit"
        )
    work = sum(KERNELS[operator.kernel].work(plan.layer(operator)) for operator in plan.operators)
    if work > layout.MAX_WORK:
        raise CommandError(
            f"a run of the model takes {work} instructions; at most {layout.MAX_WORK} are allowed"
        )
