"""What converters leave in float32 between DEQUANTIZE and QUANTIZE runs on bytes, to the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle import LiteRt, TfliteMicro, random_inputs
from tflite_builder import ModelBuilder

from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.plan import make_plan
from host_tools.tflite import read_model

GIVEN = {"scale": 0.05, "zero_point": 7}
RESULT = {"scale": 0.03, "zero_point": -20}
SHAPE = (1, 4, 4, 6)

# kind: constant inputs behind the float32 ones, the output's shape, options
MOVES: dict[str, tuple[list[Any], tuple[int, ...], dict[str, Any]]] = {
    "EXPAND_DIMS": ([1], (1, 1, 4, 4, 6), {}),
    "PAD": ([[[0, 0], [1, 0], [0, 2], [0, 0]]], (1, 5, 6, 6), {}),
    "REDUCE_MAX": ([[1, 2]], (1, 6), {"keep_dims": False}),
    "REDUCE_MIN": ([[1, 2]], (1, 6), {"keep_dims": False}),
    "RESHAPE": ([[1, 96]], (1, 96), {}),
    "SPACE_TO_BATCH_ND": ([[2, 2], [[0, 0], [0, 0]]], (4, 2, 2, 6), {}),
    "STRIDED_SLICE": ([[0, 1, 0, 0], [1, 4, 4, 6], [1, 2, 1, 1]], (1, 2, 4, 6), {}),
    "TILE": ([[1, 1, 2, 1]], (1, 4, 8, 6), {}),
    "TRANSPOSE": ([[0, 3, 1, 2]], (1, 6, 4, 4), {}),
}
VIEWS = ("EXPAND_DIMS", "RESHAPE")
# tflite-micro has no such kernel for float32
WITHOUT_ORACLE = ("REDUCE_MIN", "TILE")


class Network:
    """An int8 input, made float32; then whatever is added, and at last int8 again."""

    def __init__(self) -> None:
        self.builder = ModelBuilder()
        self.inputs = [self.builder.tensor(SHAPE, **GIVEN)]
        self.last = self.real(self.inputs[0])

    def real(self, source: int) -> int:
        shape = self.builder.graph.tensors[source].shape
        return self.add("DEQUANTIZE", [source], shape)

    def add(self, kind: str, inputs: list[int], shape: tuple[int, ...], **options: Any) -> int:
        self.last = self.builder.tensor(shape, "float32")
        self.builder.operator(kind, inputs, [self.last], **options)
        return self.last

    def quantized(self, source: int | None = None, **result: Any) -> int:
        source = self.last if source is None else source
        shape = self.builder.graph.tensors[source].shape
        target = self.builder.tensor(shape, **{**RESULT, **result})
        self.builder.operator("QUANTIZE", [source], [target])
        return target

    def build(self, *outputs: int) -> bytes:
        return self.builder.build(self.inputs, outputs or [self.quantized()])


def check(model: bytes, oracle_of: type = TfliteMicro) -> list[str]:
    """The blob gives the oracle's bytes; the kernels that it calls."""
    graph = read_model(model)
    blob, oracle = HostModel(pack(model)), oracle_of(model)
    rng = np.random.default_rng(3)
    for _ in range(5):
        inputs = random_inputs(graph, rng)
        expected = oracle.run(inputs, len(graph.outputs))
        for ours, theirs in zip(blob.run(inputs), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    return [operator.kernel for operator in make_plan(graph).operators]


@pytest.mark.parametrize("kind", MOVES)
def test_an_operator_that_moves_values_or_picks_one_runs_on_bytes(kind: str) -> None:
    constants, shape, options = MOVES[kind]
    network = Network()
    others = [network.builder.constant(values) for values in constants]
    network.add(kind, [network.last, *others], shape, **options)
    kernels = check(network.build(), LiteRt if kind in WITHOUT_ORACLE else TfliteMicro)
    # the change of scale, and the operator where it is more than a view
    assert kernels[0] == "lut_s8" and len(kernels) == (2 if kind not in VIEWS else 1)


@pytest.mark.parametrize("kind", ["MAXIMUM", "MINIMUM", "CONCATENATION"])
def test_two_inputs_are_each_quantized_before(kind: str) -> None:
    network = Network()
    other = network.builder.tensor(SHAPE, scale=0.02, zero_point=-9)
    network.inputs.append(other)
    pair = [network.last, network.real(other)]
    if kind == "CONCATENATION":
        options = {"axis": 3, "fused_activation_function": "NONE"}
        network.add(kind, pair, (1, 4, 4, 12), **options)
    else:
        network.add(kind, pair, SHAPE)
    kernels = check(network.build())
    assert kernels.count("lut_s8") == 2
    assert "quantize_f32" not in kernels and "dequantize_f32" not in kernels


def test_quantize_passes_several_operators_and_a_function_becomes_its_table() -> None:
    network = Network()
    order, back = (network.builder.constant(axes) for axes in ([0, 3, 1, 2], [0, 2, 3, 1]))
    network.add("ELU", [network.last], SHAPE)
    network.add("TRANSPOSE", [network.last, order], (1, 6, 4, 4))
    network.add("TRANSPOSE", [network.last, back], SHAPE)
    axes = network.builder.constant([1, 2])
    network.add("REDUCE_MAX", [network.last, axes], (1, 6), keep_dims=False)
    kernels = check(network.build())
    assert kernels == ["lut_s8", "reduce_max_s8"]


def test_nothing_runs_where_the_scale_stays() -> None:
    network = Network()
    sides = network.builder.constant([0, 3, 1, 2])
    network.add("TRANSPOSE", [network.last, sides], (1, 6, 4, 4))
    assert check(network.build(network.quantized(**GIVEN))) == ["copy"]


def test_a_shape_that_is_asked_of_the_real_values_is_that_of_the_bytes() -> None:
    network = Network()
    moved = network.add(
        "TRANSPOSE", [network.last, network.builder.constant([0, 3, 1, 2])], (1, 6, 4, 4)
    )
    shape = network.builder.tensor([4], "int32")
    network.builder.operator("SHAPE", [moved], [shape], out_type="INT32")
    target = network.quantized(moved)
    again = network.builder.tensor((1, 6, 4, 4), **RESULT)
    network.builder.operator("RESHAPE", [target, shape], [again])
    assert check(network.build(again)) == ["lut_s8", "copy"]


def test_real_values_that_are_needed_themselves_stay_real() -> None:
    network = Network()
    moved = network.add(
        "TRANSPOSE", [network.last, network.builder.constant([0, 3, 1, 2])], (1, 6, 4, 4)
    )
    kernels = check(network.build(network.quantized(moved), moved))
    assert kernels == ["dequantize_f32", "copy", "quantize_f32"]
    two = Network()
    moved = two.add("TRANSPOSE", [two.last, two.builder.constant([0, 3, 1, 2])], (1, 6, 4, 4))
    both = two.build(two.quantized(moved), two.quantized(moved, scale=0.07))
    assert check(both).count("quantize_f32") == 2
