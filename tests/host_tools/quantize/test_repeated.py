"""Ranges of unrolled layers: one for each place of a step, and none for what is not repeated."""

from __future__ import annotations

import numpy as np
from tflite_builder import ModelBuilder

from host_tools.graph import Graph
from host_tools.quantize.repeated import shared_ranges
from host_tools.tflite import read_model

NONE = {"fused_activation_function": "NONE"}
DENSE = {**NONE, "weights_format": "DEFAULT", "keep_num_dims": False}
UNITS = 4


def _unrolled(steps: int, *, shared: bool = True) -> Graph:
    """hidden = tanh(U hidden + W input) step by step, then a layer of its own, in float32."""
    rng = np.random.default_rng(2)
    builder = ModelBuilder("steps")

    def constant(*shape: int) -> int:
        return builder.tensor(shape, "float32", data=rng.normal(size=shape).astype(np.float32))

    def made(kind: str, inputs: list[int], **options: object) -> int:
        target = builder.tensor((1, UNITS), "float32")
        builder.operator(kind, inputs, [target], **options)
        return target

    inputs = [builder.tensor((1, UNITS), "float32") for _ in range(steps + 1)]
    hidden = inputs[0]
    layers = [(constant(UNITS, UNITS), constant(UNITS, UNITS)) for _ in range(steps)]
    for step, given in enumerate(inputs[1:]):
        ours, theirs = layers[0 if shared else step]
        bias = constant(UNITS)
        parts = [
            made("FULLY_CONNECTED", [given, ours, bias], **DENSE),
            made("FULLY_CONNECTED", [hidden, theirs, bias], **DENSE),
        ]
        hidden = made("TANH", [made("ADD", parts, **NONE)])
    last = made("FULLY_CONNECTED", [hidden, constant(UNITS, UNITS), constant(UNITS)], **DENSE)
    return read_model(builder.build(inputs, [last]))


def _places(graph: Graph) -> list[list[int]]:
    """What comes of each kind of operator in the order of steps, layers of the input apart."""
    kinds: dict[str, list[int]] = {}
    for operator in graph.operators[:-1]:
        named = operator.kind
        if named == "FULLY_CONNECTED" and operator.inputs[0] in graph.inputs[1:]:
            named = "of the input"
        kinds.setdefault(named, []).append(operator.outputs[0])
    return list(kinds.values())


def test_each_place_of_a_step_has_one_range() -> None:
    graph = _unrolled(4)
    ranges = {t.index: (-1.0 - t.index, 2.0 * t.index) for t in graph.tensors if t.data is None}
    found = shared_ranges(graph, ranges)
    places = _places(graph)
    assert [len(place) for place in places] == [4, 4, 4, 4]
    for place in places:
        ends = {found[index] for index in place}
        assert len(ends) == 1
        low, high = ends.pop()
        assert low <= -1.0 - max(place) and high >= 2.0 * max(place)
    # the state before the first step is the same place as those behind the others
    assert found[graph.inputs[0]] == found[places[-1][0]]
    (result,) = graph.outputs
    assert found[result] == ranges[result]
    assert found.keys() == ranges.keys()


def test_layers_of_their_own_keep_their_ranges() -> None:
    graph = _unrolled(3, shared=False)
    ranges = {t.index: (-1.0 - t.index, 2.0 * t.index) for t in graph.tensors if t.data is None}
    assert shared_ranges(graph, ranges) == ranges
