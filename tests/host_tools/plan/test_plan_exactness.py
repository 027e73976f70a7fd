"""Plans compute what the model does: blobs run in numpy give tflite-micro's bytes."""

from __future__ import annotations

import os
import zlib

import numpy as np
import pytest
from blob_runner import BlobRunner
from oracle import REAL_MODELS, ROOT, TfliteMicro, extreme_inputs, random_inputs, real_model
from single_operators import KINDS, random_model, runs_of

from host_tools.operators import OPERATORS
from host_tools.pack import pack
from host_tools.reference import run
from host_tools.tflite import read_model

MODELS = int(os.environ.get("INKLING_MODELS", "25"))


def test_every_operator_that_can_be_packed_has_random_models() -> None:
    assert set(OPERATORS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_packed_operator_gives_the_reference_interpreters_bytes(kind: str) -> None:
    rng = np.random.default_rng(zlib.crc32(kind.encode()) + 1)
    for _ in range(MODELS):
        graph = read_model(random_model(kind, rng))
        runner = BlobRunner(pack(graph))
        states: dict[int, np.ndarray] = {}
        for _ in range(runs_of(kind)):
            inputs = random_inputs(graph, rng)
            wanted = run(graph, inputs, states)
            for ours, expected in zip(runner.run(inputs), wanted, strict=True):
                assert ours.dtype == expected.dtype
                np.testing.assert_array_equal(ours, expected, err_msg=f"{graph}")


@pytest.mark.parametrize("name", [*REAL_MODELS, "cifar10"])
def test_a_packed_network_gives_tflite_micros_bytes(name: str) -> None:
    path = ROOT / "models" / "cifar10" / "cifar10.tflite"
    model = (path if name == "cifar10" else real_model(name)).read_bytes()
    graph = read_model(model)
    runner, oracle = BlobRunner(pack(model)), TfliteMicro(model)
    rng = np.random.default_rng(5)
    for inputs in [random_inputs(graph, rng), *extreme_inputs(graph)[1:4]]:
        [expected] = oracle.run(inputs)
        np.testing.assert_array_equal(runner.run(inputs)[0], expected)
