"""The fit of the cost model: it finds known coefficients, and its networks have what it fits."""

from __future__ import annotations

import json
from collections import defaultdict

import pytest

from host_tools.blob.reader import read_blob
from host_tools.fit_costs.__main__ import Sample, fit
from host_tools.fit_costs.networks import networks
from host_tools.kernels import KERNELS
from host_tools.kernels.layer import Layer
from host_tools.pack import pack
from host_tools.plan.costs import COEFFICIENTS, counts

FITTED = json.loads(COEFFICIENTS.read_text())


def sample(outputs: int, rows: int, cost: float) -> Sample:
    layer = Layer({}, ((rows, outputs),), (rows, outputs))
    return Sample("softmax_s8", layer, (round(cost), 1))


def test_a_fit_finds_what_each_count_costs() -> None:
    sizes = [(1, 1), (10, 1), (64, 3), (500, 2), (7, 90)]
    samples = [sample(n, rows, 40.5 * n * rows + 300 * rows + 1000) for n, rows in sizes]
    assert fit(samples, 0) == pytest.approx({"element": 40.5, "row": 300, "call": 1000}, rel=0.01)


def test_no_count_costs_less_than_nothing() -> None:
    sizes = [(1, 1), (10, 1), (64, 3), (500, 2), (7, 90)]
    samples = [sample(n, rows, 2000 + 40 * n * rows - 10 * rows) for n, rows in sizes]
    found = fit(samples, 0)
    assert "row" not in found
    assert found["element"] == pytest.approx(40, rel=0.05)


@pytest.fixture(scope="module")
def calls() -> dict[str, list[Layer]]:
    """By kernel, its calls in the networks of the fit."""
    found = defaultdict(list)
    for network in networks():
        blob = read_blob(pack(network.graph, target="cortex-m7", force=network.force))
        for operator in blob.operators:
            found[operator.kernel].append(blob.layer(operator))
    return found


def test_the_networks_have_each_fitted_kernel_in_several_shapes(
    calls: dict[str, list[Layer]],
) -> None:
    assert set(FITTED) <= set(calls) <= set(KERNELS)
    assert min(len(calls[kernel]) for kernel in FITTED) >= 6


@pytest.mark.parametrize("kernel", FITTED)
def test_every_count_that_was_fitted_is_counted(
    calls: dict[str, list[Layer]], kernel: str
) -> None:
    counted = {
        name for layer in calls[kernel] for name, count in counts(kernel, layer).items() if count
    }
    for kind, costs in FITTED[kernel].items():
        assert set(costs) <= counted, kind
