"""Arithmetic on shapes is done at packing."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import LiteRt, TfliteMicro, random_inputs
from tflite_builder import ModelBuilder

from host_tools import reference
from host_tools.host_runtime import HostModel
from host_tools.operators.shapes import fold_shapes
from host_tools.pack import pack
from host_tools.plan import make_plan
from host_tools.tflite import read_model

QUANTIZATION = {"scale": 0.1, "zero_point": 5}


def _flatten() -> bytes:
    """What a converter makes of flattening all but a batch whose size it does not know."""
    builder = ModelBuilder()
    source = builder.tensor([1, 4, 6, 16], **QUANTIZATION)
    shape = builder.tensor([4], "int32")
    builder.operator("SHAPE", [source], [shape], out_type="INT32")
    batch = builder.tensor([], "int32")
    bounds = [builder.constant([n]) for n in (0, 1, 1)]
    builder.operator("STRIDED_SLICE", [shape, *bounds], [batch], shrink_axis_mask=1)
    flat = builder.tensor([2], "int32")
    rest = builder.constant(384)
    builder.operator("PACK", [batch, rest], [flat], values_count=2, axis=0)
    target = builder.tensor([1, 384], **QUANTIZATION)
    builder.operator("RESHAPE", [source, flat], [target])
    after = builder.tensor([1, 384], **QUANTIZATION)
    builder.operator("ADD", [target, target], [after], fused_activation_function="NONE")
    return builder.build([source], [after])


def _halved() -> bytes:
    """A resize to twice the size, computed in several types."""
    builder = ModelBuilder()
    source = builder.tensor([1, 4, 6, 2], **QUANTIZATION)
    shape = builder.tensor([4], "int32")
    builder.operator("SHAPE", [source], [shape], out_type="INT32")
    sides = builder.tensor([2], "int32")
    builder.operator("SLICE", [shape, builder.constant([1]), builder.constant([2])], [sides])
    real, scaled = (builder.tensor([2], "float32") for _ in range(2))
    builder.operator("CAST", [sides], [real], in_data_type="INT32", out_data_type="FLOAT32")
    half = builder.tensor([], "float32", data=0.5)
    builder.operator("MUL", [real, half], [scaled], fused_activation_function="NONE")
    size = builder.tensor([2], "int32")
    builder.operator("CAST", [scaled], [size], in_data_type="FLOAT32", out_data_type="INT32")
    target = builder.tensor([1, 2, 3, 2], **QUANTIZATION)
    builder.operator(
        "RESIZE_NEAREST_NEIGHBOR",
        [source, size],
        [target],
        align_corners=False,
        half_pixel_centers=False,
    )
    return builder.build([source], [target])


def _filled() -> bytes:
    """A constant of the input's shape, added to it."""
    builder = ModelBuilder()
    source = builder.tensor([2, 3, 4], **QUANTIZATION)
    shape = builder.tensor([3], "int32")
    builder.operator("SHAPE", [source], [shape], out_type="INT32")
    value = builder.tensor([], data=17, **QUANTIZATION)
    filled = builder.tensor([2, 3, 4], **QUANTIZATION)
    builder.operator("FILL", [shape, value], [filled])
    target = builder.tensor([2, 3, 4], scale=0.2)
    builder.operator("ADD", [source, filled], [target], fused_activation_function="NONE")
    return builder.build([source], [target])


SHAPES = (_flatten, _halved, _filled)


@pytest.mark.parametrize(
    "make, kernel, oracle_of",
    [
        (_flatten, "lut_s8", TfliteMicro),
        # tflite-micro takes neither the size of a resize nor FILL's shape from an operator
        (_halved, "resize_nearest_s8", LiteRt),
        (_filled, "add_s8", LiteRt),
    ],
)
def test_only_what_depends_on_the_input_runs(make, kernel: str, oracle_of) -> None:
    model = make()
    graph = read_model(model)
    assert [operator.kernel for operator in make_plan(graph).operators] == [kernel]
    blob, oracle = HostModel(pack(graph)), oracle_of(model)
    inputs = random_inputs(graph, np.random.default_rng(1))
    (expected,) = oracle.run(inputs)
    np.testing.assert_array_equal(blob.run(inputs)[0], expected)
    np.testing.assert_array_equal(reference.run(graph, inputs)[0], expected)


CASES = {
    "ABS": ([[-3, 4]], {}, [3, 4]),
    "ADD": ([[7, 8], 2], {"fused_activation_function": "NONE"}, [9, 10]),
    "CAST": ([[7, 8]], {}, [7, 8]),
    "CONCATENATION": ([[7], [8, 9]], {"axis": 0, "fused_activation_function": "NONE"}, [7, 8, 9]),
    "EXPAND_DIMS": ([[7, 8], 0], {}, [[7, 8]]),
    "FILL": ([[2, 2], 3], {}, [[3, 3], [3, 3]]),
    "FLOOR_DIV": ([[-7, 7], 2], {}, [-4, 3]),
    "FLOOR_MOD": ([[-7, 7], 2], {}, [1, 1]),
    "GATHER": ([[7, 8, 9], [2, 0]], {"axis": 0, "batch_dims": 0}, [9, 7]),
    "MAXIMUM": ([[7, 1], 2], {}, [7, 2]),
    "MINIMUM": ([[7, 1], 2], {}, [2, 1]),
    "MUL": ([[7, 8], 2], {"fused_activation_function": "NONE"}, [14, 16]),
    "NEG": ([[7, -8]], {}, [-7, 8]),
    "PACK": ([7, 8], {"axis": 0, "values_count": 2}, [7, 8]),
    "RANGE": ([3, 9, 2], {}, [3, 5, 7]),
    "RANK": ([[[1, 2]]], {}, 2),
    "REDUCE_PROD": ([[7, 8], [0]], {}, 56),
    "RESHAPE": ([[7, 8], [2, 1]], {}, [[7], [8]]),
    "SHAPE": ([[[1, 2]]], {}, [1, 2]),
    "SLICE": ([[7, 8, 9], [1], [-1]], {}, [8, 9]),
    "SQUEEZE": ([[[7, 8]]], {}, [7, 8]),
    "SUB": ([[7, 8], 2], {"fused_activation_function": "NONE"}, [5, 6]),
    "SUM": ([[7, 8], [0]], {}, 15),
    "TRANSPOSE": ([[[7, 8]], [1, 0]], {}, [[7], [8]]),
    "ZEROS_LIKE": ([[7, 8]], {}, [0, 0]),
}


@pytest.mark.parametrize("kind", CASES)
def test_numbers_known_at_packing_are_computed(kind: str) -> None:
    inputs, options, expected = CASES[kind]
    builder = ModelBuilder()
    constants = [builder.constant(values) for values in inputs]
    target = builder.tensor(np.shape(expected), "int32")
    builder.operator(kind, constants, [target], **options)
    (result,) = fold_shapes(builder.graph.tensors, builder.graph.operators[0])
    assert result.dtype == np.int32
    np.testing.assert_array_equal(result, expected)


def test_numbers_that_do_not_go_together_are_left_to_the_refusal() -> None:
    builder = ModelBuilder()
    constants = [builder.constant([1, 2, 3]), builder.constant([1, 2])]
    target = builder.tensor([3], "int32")
    builder.operator("ADD", constants, [target], fused_activation_function="NONE")
    assert fold_shapes(builder.graph.tensors, builder.graph.operators[0]) is None


def test_a_fused_activation_is_left_to_the_refusal() -> None:
    builder = ModelBuilder()
    constants = [builder.constant([1, -2]), builder.constant([1, 1])]
    target = builder.tensor([2], "int32")
    builder.operator("ADD", constants, [target], fused_activation_function="RELU")
    assert fold_shapes(builder.graph.tensors, builder.graph.operators[0]) is None
