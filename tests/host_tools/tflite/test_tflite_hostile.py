"""Files that are damaged or mean harm: each ends in one sentence, soon, whatever it says."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
import tflite
import tflite_builder
from mutations import mutated
from oracle import REAL_MODELS, real_model
from tflite_builder import ModelBuilder, build

from host_tools.errors import CommandError
from host_tools.graph import Graph, Quantization
from host_tools.text import plain
from host_tools.tflite import read_model

MUTATIONS = int(os.environ.get("INKLING_MUTATIONS", "1500"))


def small_graph() -> Graph:
    builder = ModelBuilder("small")
    source = builder.tensor([1, 3, 3, 2], scale=0.1, zero_point=3, name="source")
    weights = builder.tensor([2, 2, 2, 2], scale=[0.1, 0.2], data=np.arange(16), name="weights")
    middle = builder.tensor([1, 2, 2, 2], scale=0.5, name="middle")
    result = builder.tensor([1, 8], scale=0.5, name="result")
    builder.operator("CONV_2D", [source, weights], [middle], 3, padding="VALID", stride_h=1)
    builder.operator("RESHAPE", [middle, builder.constant([1, 8])], [result], new_shape=[1, 8])
    builder.graph.inputs, builder.graph.outputs = (source,), (result,)
    return builder.graph


def refusal(data: bytes) -> str:
    """The message that a model is refused with."""
    with pytest.raises(CommandError) as caught:
        read_model(data, "net")
    message = str(caught.value)
    assert message.startswith("net: ") and "\n" not in message and len(message) < 600
    return message


def read_or_refuse(data: bytes) -> None:
    """Anything but a graph or a CommandError fails the test, as does more than two seconds."""
    start = time.monotonic()
    try:
        graph = read_model(data, "net")
    except CommandError as error:
        assert str(error).startswith("net: ")
    else:
        assert all(index < len(graph.tensors) for index in graph.inputs + graph.outputs)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"\x1c\0\0\0", "bytes 4 to 7 are not TFL3"),
        (b"\x1c\0\0\0TFL2" + bytes(100), "bytes 4 to 7 are not TFL3"),
        (b"\xff\xff\xff\xffTFL3" + bytes(100), "cut short or damaged"),
        (b"\x1c\0\0\0TFL3", "cut short or damaged"),
        (b"PK\x03\x04" + bytes(60), "it is a zip archive, cut short or damaged"),
    ],
)
def test_what_is_no_model_is_called_so(data: bytes, reason: str) -> None:
    assert reason in refusal(data)


def test_paths_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    for path, reason in [
        (tmp_path / "absent.tflite", "No such file"),
        (tmp_path, "not a file"),
        (Path("/dev/zero"), "not a file"),
        (tmp_path / ("x" * 300), "File name too long"),
        (tmp_path / "nul\0byte", "null"),
    ]:
        with pytest.raises(CommandError, match=reason) as caught:
            read_model(path)
        assert plain(str(path)) in str(caught.value)


def test_a_file_too_large_for_any_board_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.tflite"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(CommandError, match="too many for a model"):
        read_model(path)


def _change(change: Callable[[Graph], object]) -> bytes:
    graph = small_graph()
    change(graph)
    return build(graph)


def _scales(tensor: int, scale: list[float], zero_point: list[int], axis: int = 0) -> bytes:
    def change(graph: Graph) -> None:
        graph.tensors[tensor].quantization = Quantization(
            np.array(scale, np.float32), np.array(zero_point, np.int64), axis
        )

    return _change(change)


def _set(kind: str, index: int, **fields: object) -> bytes:
    def change(graph: Graph) -> None:
        for name, value in fields.items():
            setattr(getattr(graph, kind)[index], name, value)

    return _change(change)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (_scales(0, [0.0], [0]), r"tensor 0 \(source\): it has a scale of 0.0"),
        (_scales(0, [float("nan")], [0]), "a scale of nan"),
        (_scales(1, [0.1, float("inf")], [0, 0]), r"tensor 1 \(weights\): it has a scale of inf"),
        (_scales(1, [0.1, -0.1], [0, 0]), "a scale of -0.1"),
        (_scales(0, [0.1], [128]), "a zero point of 128; int8 has -128 to 127"),
        (_scales(0, [0.1], [1 << 40]), "a zero point of 1099511627776"),
        (_scales(1, [0.1, 0.1, 0.1], [0, 0, 0]), "3 scales along dimension 0"),
        (_scales(1, [0.1, 0.1], [0, 0], 9), "2 scales along dimension 9"),
        (_scales(1, [0.1, 0.1], [0, 0], -1), "2 scales along dimension -1"),
        (_scales(1, [0.1, 0.1], [0, 0, 0]), "2 scales, but 3 zero points"),
        (_scales(1, [0.1, 0.1], []), "2 scales, but 0 zero points"),
        (_set("tensors", 0, shape=(1, -3, 3, 2)), "a negative dimension"),
        (_set("tensors", 2, shape=(1,) * 9), "9 dimensions"),
        (_set("tensors", 2, shape=(65536, 65536)), "needs 4294967296 bytes"),
        (_set("tensors", 1, shape=(2, 2, 2, 3)), "16 bytes of values, but its shape"),
        (_set("tensors", 1, data=np.zeros(15, np.int8)), "15 bytes of values"),
        (_set("operators", 0, inputs=(0, 99)), "inputs name tensor 99, but the model has 5"),
        (_set("operators", 0, inputs=(-2, 1)), "inputs name tensor -2"),
        (_set("operators", 0, outputs=(-1,)), "outputs name tensor -1"),
        (_set("operators", 0, inputs=(3, 1)), "reads tensor 3 .result., which nothing has"),
        (_set("operators", 0, outputs=(1,)), "writes tensor 1 .weights., which is a constant"),
        (_set("operators", 0, outputs=(0,)), "which is an input of the model"),
        (_set("operators", 1, outputs=(2,)), "which is written by operator 0"),
        (_set("operators", 1, outputs=()), r"the output tensor 3 \(result\) is never written"),
        (_set("operators", 1, inputs=(2,) * 2000), "are 2000 tensors"),
        (_set("operators", 1, options={"new_shape": [1] * 100}), "new_shape has 100 entries"),
        (_set("operators", 0, options={"stride_h": 1, "padding": "SAME"}), None),
        (_change(lambda graph: setattr(graph, "inputs", (1,))), "has constant values"),
        (_change(lambda graph: setattr(graph, "inputs", (0, 0))), "name a tensor twice"),
        (_change(lambda graph: setattr(graph, "outputs", (7,))), "model's outputs name tensor 7"),
        (_change(lambda graph: graph.operators.reverse()), "reads tensor 2 .middle."),
    ],
)
def test_a_model_that_contradicts_itself_is_refused_with_the_place(
    data: bytes, reason: str | None
) -> None:
    if reason is None:
        read_model(data)
    else:
        with pytest.raises(CommandError, match=reason):
            read_model(data)


def test_options_of_another_operator_are_refused() -> None:
    graph = small_graph()
    # a pooling's options where a convolution's are due
    graph.operators[0].kind = "MAX_POOL_2D"
    graph.operators[0].options = {"stride_h": 1}
    data = build(graph)
    old, new = (tflite.BuiltinOperator.MAX_POOL_2D, tflite.BuiltinOperator.CONV_2D)
    model = tflite.Model.GetRootAs(data)
    codes = [model.OperatorCodes(i).BuiltinCode() for i in range(model.OperatorCodesLength())]
    table = model.OperatorCodes(codes.index(old))._tab
    changed = bytearray(data)
    for field in (4, 10):
        changed[table.Pos + table.Offset(field)] = new
    assert "its options are Pool2DOptions, but they must be Conv2DOptions" in refusal(
        bytes(changed)
    )


def test_a_name_that_is_not_utf8_is_refused() -> None:
    graph = small_graph()
    graph.tensors[2].name = "middle"
    data = build(graph).replace(b"middle", b"mid\xffle")
    assert "tensor 2: its name is not UTF-8" in refusal(data)


def test_other_schema_versions_and_several_subgraphs_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = small_graph()
    add_version = tflite.ModelAddVersion
    monkeypatch.setattr(tflite, "ModelAddVersion", lambda builder, _: add_version(builder, 2))
    assert "the schema version is 2" in refusal(build(graph))
    monkeypatch.undo()
    offsets = tflite_builder._offsets
    monkeypatch.setattr(
        tflite_builder,
        "_offsets",
        lambda builder, tables: offsets(builder, tables * (3 if len(tables) == 1 else 1)),
    )
    assert "the model has 3 subgraphs" in refusal(build(graph))


@pytest.mark.parametrize(
    ("places", "reason"),
    [
        ({1: 1 << 31}, "the file is cut short"),
        ({1: (1 << 64) - 8}, "the file is cut short"),
        ({1: 2, 4: 2}, None),
    ],
)
def test_values_outside_the_file_are_refused(places: dict[int, int], reason: str | None) -> None:
    data = tflite_builder._assemble([small_graph()], places, True)
    if reason is None:
        read_or_refuse(data)
    else:
        assert reason in refusal(data)


def test_every_length_of_a_cut_model_is_refused() -> None:
    data = build(small_graph())
    for length in range(len(data) - 3):
        refusal(data[:length])


def test_random_bytes_behind_the_identifier_are_refused() -> None:
    rng = np.random.default_rng(4)
    for _ in range(300):
        body = rng.integers(0, 256, int(rng.integers(1, 400)), dtype=np.uint8)
        root = int(rng.integers(0, 64)).to_bytes(4, "little")
        refusal(root + b"TFL3" + body.tobytes())


def test_mutations_of_a_small_model_are_read_or_refused() -> None:
    data = build(small_graph())
    rng = np.random.default_rng(5)
    for _ in range(MUTATIONS):
        read_or_refuse(mutated(data, rng))


@pytest.mark.parametrize("name", REAL_MODELS)
def test_mutations_of_a_real_model_are_read_or_refused(name: str) -> None:
    data = real_model(name).read_bytes()
    model = tflite.Model.GetRootAs(data)
    values = np.zeros(len(data), dtype=bool)
    for index in range(model.BuffersLength()):
        buffer = model.Buffers(index)
        if buffer.DataLength():
            start = buffer._tab.Vector(buffer._tab.Offset(4))
            values[start : start + buffer.DataLength()] = True
    # weights may be anything: mutate what describes them
    structure = np.flatnonzero(~values)
    rng = np.random.default_rng(6)
    for _ in range(MUTATIONS // 30):
        changed = bytearray(data)
        for at in rng.choice(structure, int(rng.integers(1, 4))):
            changed[at] = int(rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.integers(0, 256)]))
        read_or_refuse(bytes(changed))


def test_many_references_to_one_large_thing_cost_little() -> None:
    """A small file can name the same long string, shape or list of scales thousands of times."""
    builder = flatbuffers.Builder(1 << 20)
    name = builder.CreateString("x" * 65000)
    count = 32768
    shape = builder.CreateNumpyVector(np.array([count], np.int32))
    scale = builder.CreateNumpyVector(np.ones(count, np.float32))
    zero_point = builder.CreateNumpyVector(np.zeros(count, np.int64))
    tflite.QuantizationParametersStart(builder)
    tflite.QuantizationParametersAddScale(builder, scale)
    tflite.QuantizationParametersAddZeroPoint(builder, zero_point)
    quantization = tflite.QuantizationParametersEnd(builder)
    buffer = tflite_builder._buffer(builder, None)
    tflite.TensorStart(builder)
    tflite.TensorAddName(builder, name)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddType(builder, tflite.TensorType.INT8)
    tflite.TensorAddQuantization(builder, quantization)
    tensors = tflite_builder._offsets(builder, [tflite.TensorEnd(builder)] * 4096)
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, tensors)
    subgraphs = tflite_builder._offsets(builder, [tflite.SubGraphEnd(builder)])
    buffers = tflite_builder._offsets(builder, [buffer])
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddSubgraphs(builder, subgraphs)
    tflite.ModelAddBuffers(builder, buffers)
    builder.Finish(tflite.ModelEnd(builder), file_identifier=b"TFL3")
    start = time.monotonic()
    assert len(read_model(bytes(builder.Output())).tensors) == 4096
    assert time.monotonic() - start < 5


def test_more_tensors_or_operators_than_any_board_runs_are_refused() -> None:
    graph = small_graph()
    graph.tensors += [graph.tensors[2]] * 9000
    assert "9005 tensors; at most 4096" in refusal(build(graph))
    graph = small_graph()
    graph.operators += [graph.operators[1]] * 5000
    assert "5002 operators; at most 4096" in refusal(build(graph))
