"""Models that contradict themselves: the reference interpreter runs them or refuses them."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest
from mutations import mutated
from single_operators import KINDS, random_model

from host_tools.errors import CommandError
from host_tools.graph import Graph
from host_tools.reference import run
from host_tools.tflite import read_model

MUTATIONS = int(os.environ.get("INKLING_MUTATIONS", "3000")) // len(KINDS)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_model_of_one_operator_runs_or_is_refused(kind: str) -> None:
    rng = np.random.default_rng(len(kind))
    for _ in range(MUTATIONS):
        try:
            graph = read_model(mutated(random_model(kind, rng), rng), "net")
        except CommandError:
            continue
        if sum(math.prod(tensor.shape) for tensor in graph.tensors) < 1 << 20:
            _run_or_refuse(graph)


def _run_or_refuse(graph: Graph) -> None:
    try:
        inputs = [
            np.zeros(graph.tensors[index].shape, graph.tensors[index].dtype)
            for index in graph.inputs
        ]
    except TypeError:
        # a type that numpy does not have
        return
    try:
        outputs = run(graph, inputs)
    except CommandError as error:
        assert "\n" not in str(error)
    else:
        for index, array in zip(graph.outputs, outputs, strict=True):
            assert array.shape == graph.tensors[index].shape
            assert array.dtype.name == graph.tensors[index].dtype
