"""A pytest plugin that keeps every small model which a test lets the planner pack, and how.

They go to the file that INKLING_RECORD names, pickled one after the other.
"""

from __future__ import annotations

import functools
import os
import pickle
from pathlib import Path
from typing import Any

from host_tools import pack, plan
from host_tools.graph import Graph

MOST_BYTES = 1 << 16


def pytest_configure() -> None:
    out = Path(os.environ["INKLING_RECORD"]).open("wb")  # noqa: SIM115
    seen: set[bytes] = set()

    def keep(model: Any, options: dict[str, Any]) -> None:
        if not isinstance(model, bytes | Graph):
            return
        kept = pickle.dumps((model, options))
        if len(kept) <= MOST_BYTES and kept not in seen:
            seen.add(kept)
            out.write(kept)

    plan_model, make_plan = pack.plan_model, plan.make_plan

    @functools.wraps(plan_model)
    def kept_model(source: Any, *rest: Any, **options: Any) -> Any:
        if not rest:
            keep(source, {name: one for name, one in options.items() if name != "where"})
        return plan_model(source, *rest, **options)

    @functools.wraps(make_plan)
    def kept_plan(graph: Graph, target: str = "portable", *rest: Any, **options: Any) -> Any:
        if not rest and not options:
            keep(graph, {"target": target})
        return make_plan(graph, target, *rest, **options)

    pack.plan_model, plan.make_plan = kept_model, kept_plan
