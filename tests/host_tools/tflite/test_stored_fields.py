"""What the package `tflite` would hide: fields are read as the file stores them."""

from __future__ import annotations

from collections.abc import Sequence

import flatbuffers
import numpy as np
import pytest
import tflite
from blob_runner import BlobRunner
from oracle import TfliteMicro, random_inputs
from tflite_builder import ModelBuilder

from host_tools.errors import CommandError
from host_tools.graph import Graph
from host_tools.operators import OPERATORS
from host_tools.pack import pack
from host_tools.tflite import read_model
from host_tools.tflite.options import read_options


def one_operator(kind: str) -> bytes:
    builder = ModelBuilder()
    x, y, z = (builder.tensor([1, 4], scale=0.1, name=name) for name in "xyz")
    builder.operator(kind, [x, y], [z])
    return builder.build([x, y], [z])


def store_codes(monkeypatch: pytest.MonkeyPatch, narrow: int, wide: int) -> None:
    """Makes the next models' operator codes have these two fields; one of 0 is left out."""

    def write(builder: flatbuffers.Builder, _code: int) -> None:
        builder.PrependInt8Slot(0, narrow, 0)
        builder.PrependInt32Slot(3, wide, 0)

    monkeypatch.setattr(tflite, "OperatorCodeAddDeprecatedBuiltinCode", lambda *_: None)
    monkeypatch.setattr(tflite, "OperatorCodeAddBuiltinCode", write)


@pytest.mark.parametrize(
    ("narrow", "wide", "kind"),
    [
        (0, 0, "ADD"),
        (0, 54, "PRELU"),
        (0, 55, "MAXIMUM"),
        (0, 57, "MINIMUM"),
        (0, 114, "QUANTIZE"),
        (57, 0, "MINIMUM"),
        (57, 57, "MINIMUM"),
        (3, 57, "MINIMUM"),
        (57, 3, "MINIMUM"),
        (0, 150, "GELU"),
        (127, 150, "GELU"),
        (-1, 57, "MINIMUM"),
        (57, -1, "MINIMUM"),
    ],
)
def test_an_operator_code_is_the_larger_of_the_two_that_are_stored(
    monkeypatch: pytest.MonkeyPatch, narrow: int, wide: int, kind: str
) -> None:
    store_codes(monkeypatch, narrow, wide)
    # TANH is written without options, which another kind would refuse
    assert read_model(one_operator("TANH")).operators[0].kind == kind


def test_codes_of_the_wide_field_alone_never_pack_as_add(monkeypatch: pytest.MonkeyPatch) -> None:
    store_codes(monkeypatch, 0, tflite.BuiltinOperator.FLOOR_MOD)
    with pytest.raises(CommandError, match="FLOOR_MOD"):
        pack(one_operator("ADD"))


def test_a_model_with_the_wide_field_alone_gives_tflite_micros_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store_codes(monkeypatch, 0, tflite.BuiltinOperator.MUL)
    assert_equals_tflite_micro(one_operator("MUL"))


# what tables lack has these values in the schema; everything else is 0, false or the first name
DEFAULTS = {
    ("AddOptions", "pot_scale_int16"): True,
    ("SubOptions", "pot_scale_int16"): True,
    ("Conv2DOptions", "dilation_w_factor"): 1,
    ("Conv2DOptions", "dilation_h_factor"): 1,
    ("DepthwiseConv2DOptions", "dilation_w_factor"): 1,
    ("DepthwiseConv2DOptions", "dilation_h_factor"): 1,
}


@pytest.mark.parametrize("kind", [kind for kind, page in OPERATORS.items() if page.options])
def test_options_that_are_left_out_have_the_schemas_defaults(kind: str) -> None:
    builder = flatbuffers.Builder(0)
    tflite.OperatorStart(builder)
    builder.Finish(tflite.OperatorEnd(builder))
    options_of_page = OPERATORS[kind].options
    assert options_of_page is not None
    table, fields = options_of_page
    options = read_options(kind, tflite.Operator.GetRootAs(bytes(builder.Output())))
    assert set(options) == set(fields)
    for field, value in options.items():
        of = fields[field]
        default = DEFAULTS.get((table, field), () if of is tuple else 0)
        stored = getattr(getattr(tflite, of), value) if isinstance(of, str) else value
        assert stored == default, field


def test_a_code_without_a_version_is_version_1() -> None:
    builder = flatbuffers.Builder(0)
    tflite.OperatorCodeStart(builder)
    builder.Finish(tflite.OperatorCodeEnd(builder))
    assert tflite.OperatorCode.GetRootAs(bytes(builder.Output())).Version() == 1


def convolution(axis: int, bias_scales: Sequence[float], shape: Sequence[int] = (3,)) -> bytes:
    """A convolution whose bias has `bias_scales` along dimension `axis` of `shape`."""
    builder = ModelBuilder()
    x = builder.tensor([1, 4, 4, 2], scale=0.5, zero_point=-3)
    weights = builder.tensor([3, 1, 1, 2], scale=[0.25, 0.5, 0.125], data=[5, -9, 20, 3, -7, 99])
    bias = builder.tensor(
        shape, "int32", scale=bias_scales, axis=axis, data=[11, -22, 33], name="bias"
    )
    y = builder.tensor([1, 4, 4, 3], scale=1.5, zero_point=7)
    builder.operator("CONV_2D", [x, weights, bias], [y], padding="VALID", stride_w=1, stride_h=1)
    return builder.build([x], [y])


def assert_equals_tflite_micro(model: bytes) -> Graph:
    graph = read_model(model)
    rng = np.random.default_rng(3)
    runner, oracle = BlobRunner(pack(model)), TfliteMicro(model)
    for _ in range(10):
        inputs = random_inputs(graph, rng)
        np.testing.assert_array_equal(runner.run(inputs)[0], oracle.run(inputs)[0])
    return graph


@pytest.mark.parametrize("axis", [0, 3, 7, -1])
def test_the_quantized_dimension_of_a_tensor_of_one_dimension_is_ignored(axis: int) -> None:
    graph = assert_equals_tflite_micro(convolution(axis, [0.125, 0.25, 0.0625]))
    bias = graph.tensors[2].quantization
    assert bias is not None and (bias.scale.tolist(), bias.axis) == ([0.125, 0.25, 0.0625], 0)


def test_scales_that_are_not_as_many_as_a_one_dimensional_tensor_has_values_are_refused() -> None:
    with pytest.raises(CommandError, match=r"\(bias\): it has 2 scales along dimension 0, which"):
        read_model(convolution(0, [0.125, 0.25]))


def test_the_quantized_dimension_of_more_dimensions_must_fit() -> None:
    with pytest.raises(CommandError, match=r"\(bias\): it has 3 scales along dimension 2, which"):
        read_model(convolution(2, [0.125, 0.25, 0.0625], shape=(1, 3)))
