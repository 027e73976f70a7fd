"""Predicts what a call of a kernel costs on the Cortex-M7, from shapes alone.

The coefficients in costs.json were fitted to measurements on the virtual board;
`python -m host_tools.fit_costs` measures again and rewrites them. A kernel that was never fitted
has those of UNFITTED.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from host_tools.cycles.lines import Machine, missed_lines
from host_tools.kernels import KERNELS
from host_tools.kernels.layer import Counts, Layer

COEFFICIENTS = Path(__file__).with_name("costs.json")
KINDS = ("instructions", "cycles")

# what a call and each of its counts cost where nothing was measured: a portable kernel's loop
UNFITTED = {"call": 400.0}
UNFITTED_COUNT = 20.0


@dataclass(frozen=True)
class Prediction:
    """Executed instructions and estimated cycles."""

    instructions: int
    cycles: int


def counts(kernel: str, layer: Layer) -> Counts:
    """The counts of a call of `kernel`, by name. Every kernel has `call`, which is 1."""
    return {**KERNELS[kernel].counts(layer), "call": 1}


def predict(kernel: str, layer: Layer) -> Prediction:
    """What one call costs, dispatch included. The same on every computer."""
    found = counts(kernel, layer)
    by_kind = _coefficients().get(kernel)
    totals = []
    for kind in KINDS:
        costs = UNFITTED if by_kind is None else by_kind[kind]
        rest = UNFITTED_COUNT if by_kind is None else 0.0
        totals.append(round(sum(costs.get(name, rest) * count for name, count in found.items())))
    return Prediction(*totals)


def predict_on(machine: Machine, kernel: str, layer: Layer) -> int:
    """Cycles of one call on a machine: those predicted, and for the lines that it misses."""
    lines = missed_lines(kernel, layer, machine.cache_bytes)
    return predict(kernel, layer).cycles + round(machine.cycles(lines))


@functools.cache
def _coefficients() -> dict[str, dict[str, dict[str, float]]]:
    """kernel -> instructions or cycles -> count -> what one costs."""
    read: dict[str, dict[str, dict[str, float]]] = json.loads(COEFFICIENTS.read_text("utf8"))
    return read
