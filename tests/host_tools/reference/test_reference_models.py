"""Whole networks: the reference interpreter and tflite-micro give the same bytes."""

from __future__ import annotations

import os

import numpy as np
import pytest
from oracle import REAL_MODELS, ROOT, TfliteMicro, extreme_inputs, random_inputs, real_model

from host_tools.reference import run
from host_tools.tflite import read_model

# more inputs, for a sweep by hand
INPUTS = int(os.environ.get("INKLING_INPUTS", "4"))


@pytest.mark.parametrize("name", REAL_MODELS)
def test_a_real_model_equals_tflite_micro_on_random_inputs_and_extremes(name: str) -> None:
    _compare(real_model(name).read_bytes(), INPUTS)


def test_our_cifar10_network_equals_tflite_micro() -> None:
    path = ROOT / "models" / "cifar10" / "cifar10.tflite"
    if not path.exists():
        pytest.skip("models/cifar10/cifar10.tflite has not been trained yet")
    _compare(path.read_bytes(), INPUTS)


def _compare(model: bytes, count: int) -> None:
    graph = read_model(model)
    oracle = TfliteMicro(model)
    rng = np.random.default_rng(20)
    for inputs in extreme_inputs(graph) + [random_inputs(graph, rng) for _ in range(count)]:
        expected = oracle.run(inputs, len(graph.outputs))
        for ours, theirs in zip(run(graph, inputs), expected, strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
