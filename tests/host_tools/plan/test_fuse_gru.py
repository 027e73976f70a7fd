"""An unrolled GRU is a call of gru_s8 a step, to the bits of its operators."""

from __future__ import annotations

import numpy as np
import pytest
from blob_runner import BlobRunner
from oracle import TfliteMicro, extreme_inputs, random_inputs
from unrolled_gru import unrolled_gru

from host_tools.graph import Quantization
from host_tools.host_runtime import HostModel
from host_tools.pack import pack, plan_model
from host_tools.reference import run
from host_tools.tflite import read_model


@pytest.mark.parametrize("seed", range(24))
def test_each_step_is_one_call_that_gives_tflite_micros_bytes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    depth, units = (int(n) for n in rng.integers(1, 18, 2))
    reset_first = bool(rng.random() < 0.5)
    model = unrolled_gru(seed, steps=3, depth=depth, units=units, reset_first=reset_first)
    graph, oracle = read_model(model), TfliteMicro(model)
    kernels = [operator.kernel for operator in plan_model(model, target="cortex-m7").operators]
    assert kernels == ["gru_s8"] * 3
    blobs = [pack(model), pack(model, target="cortex-m7")]
    runners = [*map(HostModel, blobs), *map(BlobRunner, blobs)]
    seen: set[int] = set()
    for inputs in [*(random_inputs(graph, rng) for _ in range(12)), *extreme_inputs(graph)]:
        (expected,) = oracle.run(inputs)
        np.testing.assert_array_equal(run(graph, inputs)[0], expected)
        for runner in runners:
            np.testing.assert_array_equal(runner.run(inputs)[0], expected)
        seen.update(expected.ravel().tolist())
    assert len(seen) > 8


def test_weights_of_all_steps_are_in_the_blob_once() -> None:
    sizes = [len(pack(unrolled_gru(1, steps, depth=64, units=64))) for steps in (1, 2)]
    assert sizes[1] - sizes[0] < 3 * 64 * 64


def test_what_is_read_besides_is_still_computed() -> None:
    model = unrolled_gru(2)
    graph = read_model(model)
    (tanh, *_) = [op for op in graph.operators if op.kind == "TANH"]
    graph.outputs = (*graph.outputs, *tanh.outputs)
    plan = plan_model(graph)
    assert [op.kernel for op in plan.operators].count("gru_s8") == 3
    rng = np.random.default_rng(0)
    inputs = random_inputs(graph, rng)
    for ours, theirs in zip(HostModel(pack(graph)).run(inputs), run(graph, inputs), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kind, other", [("TANH", "LOGISTIC"), ("SUB", "ADD")])
def test_another_cell_stays_as_it_is(kind: str, other: str) -> None:
    graph = read_model(unrolled_gru(3, steps=1))
    for operator in graph.operators:
        if operator.kind == kind:
            operator.kind = other
            graph.tensors[operator.outputs[0]].quantization = Quantization(
                np.array([1 / 256], np.float32), np.array([-128])
            )
    kernels = [operator.kernel for operator in plan_model(graph).operators]
    assert "gru_s8" not in kernels and "fully_connected_s8" in kernels
