"""What the importer reads: every tensor, operator and option comes through as it was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracle import REAL_MODELS, real_model
from tflite_builder import ModelBuilder, build

from host_tools.graph import Graph
from host_tools.tflite import read_model


def assert_same(ours: Graph, theirs: Graph) -> None:
    assert (ours.inputs, ours.outputs) == (theirs.inputs, theirs.outputs)
    assert [vars(operator) for operator in ours.operators] == [
        vars(operator) for operator in theirs.operators
    ]
    assert len(ours.tensors) == len(theirs.tensors)
    for a, b in zip(ours.tensors, theirs.tensors, strict=True):
        assert (a.index, a.name, a.shape, a.dtype) == (b.index, b.name, b.shape, b.dtype)
        assert (a.data is None) == (b.data is None)
        if a.data is not None and b.data is not None:
            assert (a.data.dtype, a.data.shape) == (b.data.dtype, b.data.shape)
            np.testing.assert_array_equal(a.data, b.data)
        assert (a.quantization is None) == (b.quantization is None)
        if a.quantization is not None and b.quantization is not None:
            np.testing.assert_array_equal(a.quantization.scale, b.quantization.scale)
            np.testing.assert_array_equal(a.quantization.zero_point, b.quantization.zero_point)
            assert a.quantization.axis == b.quantization.axis


def two_layers() -> ModelBuilder:
    builder = ModelBuilder("two_layers")
    source = builder.tensor([1, 6, 5, 2], scale=0.1, zero_point=3, name="pixels")
    weights = builder.tensor(
        [4, 3, 3, 2],
        scale=[0.1, 0.2, 0.3, 0.4],
        axis=0,
        data=np.arange(72) - 36,
        name="weights",
    )
    bias = builder.tensor([4], "int32", scale=0.01, data=[1, -2, 3, -4], name="bias")
    middle = builder.tensor([1, 3, 3, 4], scale=0.5, zero_point=-128, name="middle")
    result = builder.tensor([1, 36], scale=0.5, zero_point=-128, name="result")
    builder.operator(
        "CONV_2D",
        [source, weights, bias],
        [middle],
        3,
        padding="SAME",
        stride_w=2,
        stride_h=2,
        dilation_w_factor=1,
        dilation_h_factor=1,
        fused_activation_function="RELU6",
    )
    builder.operator("RESHAPE", [middle, builder.constant([1, 36])], [result], new_shape=(1, 36))
    builder.graph.inputs, builder.graph.outputs = (source,), (result,)
    return builder


def test_a_model_comes_back_as_it_was_built() -> None:
    graph = two_layers().graph
    assert_same(read_model(build(graph), "two_layers"), graph)


def test_constants_behind_the_flatbuffer_are_read() -> None:
    graph = two_layers().graph
    assert_same(read_model(build(graph, external_buffers=True)), graph)


def test_the_name_is_the_files_or_the_one_given(tmp_path: Path) -> None:
    path = tmp_path / "flower pot.tflite"
    path.write_bytes(build(two_layers().graph))
    assert read_model(path).name == "flower pot"
    assert read_model(str(path), "rose").name == "rose"
    assert read_model(path.read_bytes()).name == "model"


def test_constants_are_views_of_the_file_and_cannot_be_written() -> None:
    weights = read_model(build(two_layers().graph)).tensors[1]
    assert weights.data is not None
    with pytest.raises(ValueError, match="read-only"):
        weights.data[0] = 1


def test_options_that_a_file_leaves_out_have_the_schemas_defaults() -> None:
    builder = ModelBuilder()
    tensors = [builder.tensor([1, 4, 4, 1], scale=0.1) for _ in range(2)]
    builder.operator("MAX_POOL_2D", tensors[:1], tensors[1:])
    assert read_model(builder.build(tensors[:1], tensors[1:])).operators[0].options == {
        "padding": "SAME",
        "stride_w": 0,
        "stride_h": 0,
        "filter_width": 0,
        "filter_height": 0,
        "fused_activation_function": "NONE",
    }


def test_operators_that_we_do_not_support_come_with_name_and_version() -> None:
    builder = ModelBuilder()
    tensors = [builder.tensor([4], scale=0.1) for _ in range(4)]
    builder.operator("SVDF", tensors[:1], tensors[1:2], 4)
    builder.operator("CUSTOM:Detect\nBoxes", tensors[1:2], tensors[2:3], 2)
    builder.operator("STABLEHLO_CBRT", tensors[2:3], tensors[3:])
    operators = read_model(builder.build(tensors[:1], tensors[3:])).operators
    assert [(operator.kind, operator.version) for operator in operators] == [
        ("SVDF", 4),
        ("CUSTOM:Detect\N{REPLACEMENT CHARACTER}Boxes", 2),
        ("STABLEHLO_CBRT", 1),
    ]


def test_absent_optional_inputs_are_minus_one() -> None:
    builder = ModelBuilder()
    source, target = (builder.tensor([1, 1], scale=0.1) for _ in range(2))
    weights = builder.tensor([1, 1], scale=0.1, data=[[1]])
    builder.operator("FULLY_CONNECTED", [source, weights, -1], [target])
    graph = read_model(builder.build([source], [target]))
    assert graph.operators[0].inputs == (source, weights, -1)


def test_types_that_numpy_lacks_keep_their_name_and_bytes() -> None:
    builder = ModelBuilder()
    tensors = [builder.tensor([3], scale=0.1) for _ in range(2)]
    packed = builder.tensor([3], data=[1, 2, 3])
    builder.graph.tensors[packed].dtype = "int4"
    builder.operator("ADD", [tensors[0], packed], tensors[1:])
    tensor = read_model(builder.build(tensors[:1], tensors[1:])).tensors[packed]
    assert tensor.dtype == "int4" and tensor.shape == (3,)
    assert tensor.data is not None and tensor.data.tolist() == [1, 2, 3]


def test_long_and_unprintable_names_become_one_short_line() -> None:
    builder = ModelBuilder()
    source = builder.tensor([4], scale=0.1, name="a\0b\x1b[31m" + "x" * 1000)
    target = builder.tensor([4], scale=0.1)
    builder.operator("RELU", [source], [target])
    name = read_model(builder.build([source], [target])).tensors[source].name
    assert (
        len(name) == 256 and name.isprintable() and name.startswith("a\N{REPLACEMENT CHARACTER}b")
    )


@pytest.mark.parametrize("name", REAL_MODELS)
def test_a_real_model_survives_being_written_and_read_again(name: str) -> None:
    graph = read_model(real_model(name))
    assert_same(read_model(build(graph)), graph)
