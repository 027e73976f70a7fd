"""Models of the planner's own tests that go through more of it than those already there.

Each step from a line of host_tools/plan to another counts; a model that brings a new one is kept.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from host_tools import pack
from host_tools.places import ROOT

# a model, and how it is packed
Way = tuple[Any, dict[str, Any]]
Steps = set[tuple[str, int, int]]

MOST_LINES = 300_000  # of a model, or each mutant would take long with it
# these make thousands of models
LEFT_OUT = "not random and not hostile and not exactness"
_PLAN = str(ROOT / "host_tools" / "plan")


class _TooLongError(Exception):
    pass


def reaching(known: Sequence[Way], folder: Path) -> Iterator[Way]:
    """Those beyond `known`; `folder` is for a file of all."""
    covered: Steps = set()
    for way in known:
        covered |= _steps(way)
    for way in _recorded(folder / "models.bin"):
        if new := _steps(way) - covered:
            covered |= new
            yield way


def _recorded(file: Path) -> Iterator[Way]:
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "mutants.plan_recorder", "-k", LEFT_OUT]
        + ["tests/host_tools/plan"],
        env={**os.environ, "INKLING_RECORD": str(file)},
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with file.open("rb") as models:
        while True:
            try:
                yield pickle.load(models)
            except EOFError:
                return


def _steps(way: Way) -> Steps:
    """What packing goes through; nothing where it fails or takes too long."""
    seen: Steps = set()
    lines = 0

    def called(frame: FrameType, event: str, argument: Any) -> Any:
        path, before = frame.f_code.co_filename, 0
        if not path.startswith(_PLAN):
            return None

        def went_on(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal before, lines
            if event == "line":
                seen.add((path, before, frame.f_lineno))
                before = frame.f_lineno
                lines += 1
                if lines > MOST_LINES:
                    raise _TooLongError
            return went_on

        return went_on

    model, options = way
    sys.settrace(called)
    try:
        pack.pack(model, **options)
    except Exception:
        return set()
    finally:
        sys.settrace(None)
    return seen
