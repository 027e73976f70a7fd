"""Measures networks of many shapes on the virtual board and fits the cost model to the counts.

Run it when a kernel has changed, with fresh firmware: `python -m host_tools.fit_costs` takes some
minutes, rewrites host_tools/plan/costs.json and prints, kernel by kernel, how far the fit is from
what was measured.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from host_tools.blob.reader import read_blob
from host_tools.fit_costs.networks import networks
from host_tools.kernels.layer import Counts, Layer
from host_tools.pack import pack
from host_tools.plan.costs import COEFFICIENTS, KINDS, counts
from host_tools.virtual_board.profiling import profile_on_virtual_board, random_inputs

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """A measured call, and its instructions and cycles in the order of KINDS."""

    kernel: str
    layer: Layer
    measured: tuple[int, int]

    @property
    def counts(self) -> Counts:
        return counts(self.kernel, self.layer)


def main() -> None:
    parser = argparse.ArgumentParser("python -m host_tools.fit_costs", description=__doc__)
    parser.parse_args()
    write(measure())


def write(samples_of: dict[str, list[Sample]]) -> None:
    """Fits and rewrites the coefficients, and prints how far they are from the samples."""
    fitted = {}
    for kernel, samples in sorted(samples_of.items()):
        fitted[kernel] = {kind: fit(samples, place) for place, kind in enumerate(KINDS)}
        errors = [
            f"{kind} {100 * np.abs(_errors(samples, fitted[kernel][kind], place)).mean():5.1f} %, "
            f"{100 * np.abs(_errors(samples, fitted[kernel][kind], place)).max():5.1f} % at most"
            for place, kind in enumerate(KINDS)
        ]
        print(f"{kernel:28}{len(samples):4} calls, off by {'; '.join(errors)}")
    COEFFICIENTS.write_text(json.dumps(fitted, indent=1, sort_keys=True) + "\n", "utf8")


def measure() -> dict[str, list[Sample]]:
    """The samples of each kernel."""
    samples = defaultdict(list)
    for network in networks():
        blob = pack(network.graph, target="cortex-m7", force=network.force)
        read = read_blob(blob)
        for cost in profile_on_virtual_board(blob, random_inputs(blob), cycles=True):
            if cost.index is None:
                continue
            assert cost.cycles is not None
            layer = read.layer(read.operators[cost.index])
            sample = Sample(cost.kernel, layer, (cost.instructions, cost.cycles))
            samples[cost.kernel].append(sample)
    return samples


def fit(samples: list[Sample], place: int) -> dict[str, float]:
    """What one of each count costs: least squares of the relative errors, none below 0."""
    names = sorted({name for sample in samples for name, n in sample.counts.items() if n})
    measured = np.array([sample.measured[place] for sample in samples], np.float64)
    table = np.array([[sample.counts.get(name, 0) for name in names] for sample in samples])
    table = table / measured[:, None]
    while True:
        solution = np.linalg.lstsq(table, np.ones(len(samples)), rcond=None)[0]
        # in shares of a call, so that the least of them can be told
        shares = (solution * table).mean(axis=0)
        if not names or np.min(shares) >= 0:
            break
        worst = int(np.argmin(shares))
        names.pop(worst)
        table = np.delete(table, worst, axis=1)
    return {name: float(f"{value:.5g}") for name, value in zip(names, solution, strict=True)}


def _errors(samples: list[Sample], coefficients: dict[str, float], place: int) -> Floats:
    """(predicted - measured) / measured of each sample."""
    predicted = [
        sum(coefficients.get(name, 0.0) * n for name, n in sample.counts.items())
        for sample in samples
    ]
    return np.array(predicted) / [sample.measured[place] for sample in samples] - 1


if __name__ == "__main__":
    main()
