"""Single operators: the reference interpreter gives the oracle's bytes."""

from __future__ import annotations

import os
import zlib

import numpy as np
import pytest
from oracle import LiteRt, TfliteMicro, extreme_inputs, random_inputs
from single_operators import KINDS, oracle_of, random_model, runs_of

from host_tools.graph import Graph
from host_tools.operators import OPERATORS
from host_tools.reference import run
from host_tools.tflite import read_model

MODELS = int(os.environ.get("INKLING_MODELS", "40"))


def test_every_operator_of_the_interpreter_has_random_models() -> None:
    assert set(KINDS) == set(OPERATORS)


@pytest.mark.parametrize("kind", KINDS)
def test_random_models_of_one_operator_give_the_oracles_bytes(kind: str) -> None:
    rng = np.random.default_rng(zlib.crc32(kind.encode()))
    for _ in range(MODELS):
        model = random_model(kind, rng)
        graph = read_model(model)
        kinds = [operator.kind for operator in graph.operators]
        assert kind in kinds if kind.endswith("_VARIABLE") else kinds == [kind]
        expected = oracle_of(kind, model)
        states: dict[int, np.ndarray] = {}
        inputs = [random_inputs(graph, rng) for _ in range(runs_of(kind))]
        if all(graph.tensors[index].dtype != "float32" for index in graph.inputs):
            inputs += extreme_inputs(graph)
        for arrays in inputs:
            _compare(graph, arrays, states, expected)


def _compare(
    graph: Graph,
    inputs: list[np.ndarray],
    states: dict[int, np.ndarray],
    oracle: TfliteMicro | LiteRt,
) -> None:
    expected = oracle.run(inputs, len(graph.outputs))
    for ours, theirs in zip(run(graph, inputs, states), expected, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(
            ours, theirs, err_msg=f"{graph.operators[0]}\n{graph.tensors}"
        )
