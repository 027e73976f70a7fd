"""Two copies in a row run as one, to the same bytes."""

from __future__ import annotations

import os

import numpy as np
import pytest
from single_operators.common import Rng
from tflite_builder import ModelBuilder

from host_tools import reference
from host_tools.graph import Graph
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.plan import make_plan

PAIRS = int(os.environ.get("INKLING_GRAPHS", "60"))
QUANTIZATION = {"scale": 0.1, "zero_point": -7}


class Moves:
    """Grows a chain of moves from a tensor of `shape`."""

    def __init__(self, shape: list[int]) -> None:
        self.builder = ModelBuilder()
        self.input = self.last = self.builder.tensor(shape, **QUANTIZATION)
        self.shape = list(shape)

    def add(self, kind: str, shape: list[int], *constants: object, **options: object) -> Moves:
        target = self.builder.tensor(shape, **QUANTIZATION)
        inputs = [self.last, *map(self.builder.constant, constants)]
        self.builder.operator(kind, inputs, [target], **options)
        self.last, self.shape = target, list(shape)
        return self

    def transpose(self, *order: int) -> Moves:
        return self.add("TRANSPOSE", [self.shape[axis] for axis in order], list(order))

    def reshape(self, *shape: int) -> Moves:
        return self.add("RESHAPE", list(shape), list(shape))

    def tile(self, *factors: int) -> Moves:
        shape = [n * factor for n, factor in zip(self.shape, factors, strict=True)]
        return self.add("TILE", shape, list(factors))

    def slice(self, begin: list[int], size: list[int]) -> Moves:
        return self.add("SLICE", size, begin, size)

    def reverse(self, axis: int) -> Moves:
        return self.add("REVERSE_V2", self.shape, [axis])

    def pad(self, *widths: list[int]) -> Moves:
        shape = [n + sum(width) for n, width in zip(self.shape, widths, strict=True)]
        return self.add("PAD", shape, list(widths))

    def kernels(self, *outputs: int) -> list[str]:
        """The kernels of the blob, whose bytes are the reference interpreter's."""
        self.builder.build([self.input], outputs or [self.last])
        graph: Graph = self.builder.graph
        values = np.random.default_rng(1).integers(-128, 128, graph.tensors[self.input].shape)
        inputs = [values.astype(np.int8)]
        expected = reference.run(graph, inputs)
        for ours, wanted in zip(HostModel(pack(graph)).run(inputs), expected, strict=True):
            np.testing.assert_array_equal(ours, wanted)
        return [operator.kernel for operator in make_plan(graph).operators]


def test_repeated_rows_and_columns_are_one_copy() -> None:
    moves = Moves([1, 6, 5, 4]).reshape(1, 6, 1, 5, 4).tile(1, 1, 2, 1, 1).reshape(1, 12, 5, 1, 4)
    assert moves.tile(1, 1, 1, 2, 1).reshape(1, 12, 10, 4).kernels() == ["copy"]


def test_a_turn_and_the_turn_back_are_nothing() -> None:
    moves = Moves([1, 6, 5, 4]).transpose(0, 3, 1, 2).transpose(0, 2, 3, 1)
    moves.add("RELU", moves.shape)
    assert moves.kernels() == ["lut_s8"]


def test_a_padding_of_what_was_turned_is_one_copy() -> None:
    moves = Moves([1, 6, 5, 4]).transpose(0, 3, 1, 2).pad([0, 0], [0, 0], [1, 2], [3, 0])
    assert moves.kernels() == ["copy"]


def test_what_is_turned_after_its_padding_stays_two_copies() -> None:
    moves = Moves([1, 6, 5, 4]).pad([0, 0], [1, 2], [3, 0], [0, 0]).transpose(0, 3, 1, 2)
    assert moves.kernels() == ["copy", "copy"]


def test_what_an_output_needs_in_between_stays() -> None:
    moves = Moves([1, 6, 5, 4]).transpose(0, 3, 1, 2)
    between = moves.last
    assert moves.transpose(0, 2, 3, 1).kernels(moves.last, between) == ["copy", "copy"]


def test_what_another_operator_needs_in_between_stays() -> None:
    moves = Moves([1, 6, 5, 4]).transpose(0, 3, 1, 2)
    between, shape = moves.last, moves.shape
    back = moves.transpose(0, 2, 3, 1).last
    moves.last = between
    assert moves.add("RELU", shape).kernels(moves.last, back) == ["copy", "copy", "lut_s8"]


def test_a_way_that_no_strides_describe_stays_two_copies() -> None:
    moves = Moves([1, 4, 6]).transpose(0, 2, 1).reshape(1, 8, 3).transpose(0, 2, 1)
    assert moves.kernels() == ["copy", "copy"]


def test_a_part_of_a_larger_tensor_is_taken_first() -> None:
    moves = Moves([1, 8, 8, 4]).slice([0, 0, 0, 0], [1, 8, 8, 2]).pad(*([0, 1] for _ in range(4)))
    # the larger tensor need not stay while the padded one is made
    assert moves.kernels() == ["copy", "copy"]


def _random_move(moves: Moves, rng: Rng) -> None:
    rank = len(moves.shape)
    kind = str(rng.choice(["transpose", "reshape", "tile", "slice", "reverse", "pad"]))
    if kind == "transpose":
        moves.transpose(*(int(axis) for axis in rng.permutation(rank)))
    elif kind == "reshape":
        flat, last = int(np.prod(moves.shape)), moves.shape[-1]
        moves.reshape(*[[flat], [flat // last, last], [1, *moves.shape]][int(rng.integers(0, 3))])
    elif kind == "tile":
        factors = rng.choice([1, 1, 2], rank)
        if np.prod(factors) * np.prod(moves.shape) < 4096:
            moves.tile(*(int(factor) for factor in factors))
    elif kind == "slice":
        begin = [int(rng.integers(0, n)) for n in moves.shape]
        moves.slice(
            begin,
            [int(rng.integers(1, n - b + 1)) for n, b in zip(moves.shape, begin, strict=True)],
        )
    elif kind == "reverse":
        moves.reverse(int(rng.integers(0, rank)))
    else:
        moves.pad(*([int(n) for n in rng.integers(0, 2, 2)] for _ in range(rank)))


@pytest.mark.parametrize("seed", range(PAIRS))
def test_random_moves_give_the_reference_interpreters_bytes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    moves = Moves([int(n) for n in rng.integers(1, 6, 4)])
    for _ in range(int(rng.integers(2, 6))):
        if len(moves.shape) < 6:
            _random_move(moves, rng)
    moves.add("RELU", moves.shape)
    moves.kernels()
