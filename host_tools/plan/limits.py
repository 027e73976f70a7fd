"""Refuses plans that are beyond what a blob holds or a board runs."""

from __future__ import annotations

from host_tools.blob import layout
from host_tools.errors import CommandError
from host_tools.plan.types import Plan
from host_tools.plan.work import work


def check_limits(plan: Plan) -> None:
    """Raises CommandError for a plan past a limit of docs/blob-format.md, its arena aside."""
    for found, least, most, what in (
        (len(plan.inputs), 1, layout.MAX_IO, "inputs"),
        (len(plan.outputs), 1, layout.MAX_IO, "outputs"),
        (len(plan.tensors), 1, layout.MAX_TENSORS, "tensors"),
        (len(plan.operators), 0, layout.MAX_OPERATORS, "operators"),
        (sum(work(plan, op) for op in plan.operators), 0, layout.MAX_WORK, "steps of work"),
    ):
        if not least <= found <= most:
            raise CommandError(f"the model needs {found} {what}; a blob has {least} to {most}")


def check_arena(plan: Plan) -> None:
    """Raises CommandError for a plan that needs more RAM than a blob can ask for."""
    if plan.arena_size > layout.MAX_ARENA:
        raise CommandError(
            f"the model needs {plan.arena_size} bytes of arena; at most {layout.MAX_ARENA} fit"
        )
