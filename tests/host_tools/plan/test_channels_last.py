"""Inputs with channels first, turned: the same outputs, of pictures as boards have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from blob_runner import BlobRunner
from oracle import TfliteMicro, random_inputs
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.cli import main
from host_tools.errors import CommandError
from host_tools.graph import Graph
from host_tools.pack import pack
from host_tools.plan.channels_last import channels_last
from host_tools.tflite import read_model

SHAPE = [1, 3, 4, 5]
TURNED = [1, 4, 5, 3]


def turned_first(builder: ModelBuilder) -> tuple[list[int], list[int]]:
    """A TRANSPOSE to channels last, then ABS: what litert-torch writes before a convolution."""
    x = builder.tensor(SHAPE, scale=0.5, zero_point=3, name="picture")
    last, y = (builder.tensor(TURNED, scale=0.5, zero_point=3) for _ in range(2))
    builder.operator("TRANSPOSE", [x, builder.constant([0, 2, 3, 1])], [last])
    builder.operator("ABS", [last], [y])
    return [x], [y]


def quantized_first(builder: ModelBuilder) -> tuple[list[int], list[int]]:
    x = builder.tensor(SHAPE, "float32", name="picture")
    stored = builder.tensor(SHAPE, scale=0.5, zero_point=3)
    last, y = (builder.tensor(TURNED, scale=0.5, zero_point=3) for _ in range(2))
    builder.operator("QUANTIZE", [x], [stored])
    builder.operator("TRANSPOSE", [stored, builder.constant([0, 2, 3, 1])], [last])
    builder.operator("ABS", [last], [y])
    return [x], [y]


def never_turned(builder: ModelBuilder) -> tuple[list[int], list[int]]:
    x, y = (builder.tensor(SHAPE, scale=0.5, zero_point=3, name=name) for name in ("picture", "y"))
    builder.operator("ABS", [x], [y])
    return [x], [y]


def turned_and_not(builder: ModelBuilder) -> tuple[list[int], list[int]]:
    """The input is read in both orders, and what is turned is an output too."""
    x = builder.tensor(SHAPE, scale=0.5, zero_point=3, name="picture")
    stored, y = (builder.tensor(SHAPE, scale=s, zero_point=3) for s in (0.25, 0.5))
    last, z = (builder.tensor(TURNED, scale=0.5, zero_point=3) for _ in range(2))
    end = builder.tensor(TURNED, scale=0.5, zero_point=3)
    builder.operator("QUANTIZE", [x], [stored])
    builder.operator("ABS", [x], [y])
    builder.operator("TRANSPOSE", [x, builder.constant([0, 2, 3, 1])], [last])
    builder.operator("TRANSPOSE", [y, builder.constant([0, 2, 3, 1])], [end])
    builder.operator("ABS", [last], [z])
    return [x], [stored, last, z, end]


def gray(builder: ModelBuilder) -> tuple[list[int], list[int]]:
    x = builder.tensor([1, 1, 4, 5], scale=0.5, name="picture")
    last, y = builder.tensor([1, 4, 5, 1], scale=0.5), builder.tensor([1, 4, 5, 1], scale=0.5)
    builder.operator("RESHAPE", [x, builder.constant([1, 4, 5, 1])], [last])
    builder.operator("ABS", [last], [y])
    return [x], [y]


def other_order(builder: ModelBuilder) -> tuple[list[int], list[int]]:
    x = builder.tensor(SHAPE, scale=0.5, name="picture")
    y = builder.tensor([1, 5, 4, 3], scale=0.5)
    builder.operator("TRANSPOSE", [x, builder.constant([0, 3, 2, 1])], [y])
    return [x], [y]


Maker = Callable[[ModelBuilder], tuple[list[int], list[int]]]


def model_of(make: Maker) -> bytes:
    builder = ModelBuilder()
    inputs, outputs = make(builder)
    return builder.build(inputs, outputs)


@pytest.mark.parametrize(
    ("make", "kernels"),
    [
        (turned_first, ["lut_s8"]),
        (quantized_first, ["lut_s8"]),
        (never_turned, ["copy", "lut_s8"]),
        (turned_and_not, ["lut_s8", "copy", "lut_s8", "copy", "copy", "lut_s8", "copy"]),
        (gray, ["lut_s8"]),
        (other_order, ["copy"]),
    ],
)
def test_a_turned_input_gives_tflite_micros_outputs(make: Maker, kernels: list[str]) -> None:
    model = model_of(make)
    graph = read_model(model)
    turned = channels_last(graph)
    shape = turned.tensors[turned.inputs[0]].shape
    assert shape == tuple(graph.tensors[graph.inputs[0]].shape[axis] for axis in (0, 2, 3, 1))
    assert turned.tensors[turned.inputs[0]].name == "picture"
    blob = pack(turned)
    assert [operator.kernel for operator in read_blob(blob).operators] == kernels
    assert read_blob(blob).image_tables != (0,)
    runner, oracle = BlobRunner(blob), TfliteMicro(model)
    rng = np.random.default_rng(4)
    for _ in range(5):
        [given] = random_inputs(graph, rng)
        expected = oracle.run([given], len(graph.outputs))
        for ours, theirs in zip(runner.run([given.transpose(0, 2, 3, 1)]), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_the_graph_that_is_given_stays_as_it_was() -> None:
    graph, again = (read_model(model_of(turned_and_not)) for _ in range(2))
    channels_last(graph)
    assert graph.operators == again.operators and graph.inputs == again.inputs
    assert [tensor.name for tensor in graph.tensors] == [tensor.name for tensor in again.tensors]


@pytest.mark.parametrize(
    "shape", [(1, 4, 4, 3), (2, 3, 4, 5), (1, 3, 4), (1, 4, 5, 6), (1, 3, 8, 3)]
)
def test_inputs_that_are_no_pictures_with_channels_first_are_told(shape: tuple[int, ...]) -> None:
    builder = ModelBuilder()
    x, y = builder.tensor(shape, scale=0.5), builder.tensor(shape, scale=0.5)
    builder.operator("ABS", [x], [y])
    with pytest.raises(CommandError) as caught:
        channels_last(read_model(builder.build([x], [y])))
    assert str(caught.value) == (
        "--channels-last: no input has the shape [1, 1 or 3, height, width]; the model has "
        f"{list(shape)}"
    )


def test_only_the_inputs_that_are_pictures_are_turned() -> None:
    builder = ModelBuilder()
    x, v = builder.tensor(SHAPE, scale=0.5), builder.tensor([1, 4], scale=0.5)
    y, w = builder.tensor(SHAPE, scale=0.5), builder.tensor([1, 4], scale=0.5)
    builder.operator("ABS", [x], [y])
    builder.operator("ABS", [v], [w])
    graph: Graph = channels_last(read_model(builder.build([v, x], [y, w])))
    assert [graph.tensors[index].shape for index in graph.inputs] == [(1, 4), (1, 4, 5, 3)]


def test_pack_model_tells_of_channels_first_and_turns_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(model_of(turned_first))
    blob = path.with_suffix(".ink")

    def said(*words: str) -> str:
        assert main([*words]) == 0
        return " ".join(capsys.readouterr().out.split())

    advice = "channels first: pack with --channels-last, and it takes images"
    line = f"1x3x4x5 int8, scale 0.5, zero point 3, name 'picture', {advice}"
    assert f" input 0 {line} output 0 " in said("pack-model", str(path))
    assert f" input 0: {line} output 0: " in said("inspect", str(blob))
    line = "1x4x5x3 int8, scale 0.5, zero point 3, name 'picture', takes images"
    assert f" input 0 {line} output 0 " in said("pack-model", str(path), "--channels-last")
    assert read_blob(blob.read_bytes()).tensors[0].shape == (1, 4, 5, 3)
