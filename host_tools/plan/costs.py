"""Predicts what a call of a kernel costs on the Cortex-M7, from shapes alone.

The coefficients in costs.json were fitted to measurements on the virtual board;
`python -m host_tools.fit_costs` measures again and rewrites them.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from host_tools.plan.features import counts
from host_tools.plan.layer import Layer

COEFFICIENTS = Path(__file__).with_name("costs.json")
KINDS = ("instructions", "cycles")


@dataclass(frozen=True)
class Prediction:
    """Executed instructions and estimated cycles."""

    instructions: int
    cycles: int


def predict(kernel: str, layer: Layer) -> Prediction:
    """What one call costs, dispatch included. The same on every computer."""
    by_kind = _coefficients()[kernel]
    found = counts(kernel, layer)
    totals = []
    for kind in KINDS:
        terms = (by_kind[kind].get(name, 0.0) * count for name, count in found.items())
        totals.append(round(sum(terms)))
    return Prediction(*totals)


@functools.cache
def _coefficients() -> dict[str, dict[str, dict[str, float]]]:
    """kernel -> instructions or cycles -> count -> what one costs."""
    read: dict[str, dict[str, dict[str, float]]] = json.loads(COEFFICIENTS.read_text("utf8"))
    return read
