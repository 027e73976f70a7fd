"""States: what a network keeps from run to run, and what the verifier asks of its room."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import tflite
from blob_editor import BlobEditor
from blob_runner import BlobRunner
from front_ends import made_sounds, remembering_blob
from oracle import TfliteMicro, random_inputs, real_model, wake_words
from refusals import refusal
from single_operators.variables import NONE, once
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.errors import CommandError
from host_tools.host_listener import HostListener, Listening
from host_tools.host_runtime import HostModel
from host_tools.pack import pack, plan_model
from host_tools.reference import run, run_batches
from host_tools.tflite import read_model

SCALE = {"scale": 0.5, "zero_point": 3}
STEP = np.full((1, 4), 4, np.int8)  # 0.5


def counter(initial: list[int] | None = None) -> bytes:
    """int8 [1, 4] added to what it was: 0, or `initial` (stored values) at first."""
    builder = ModelBuilder("counter")
    if initial:
        builder.operator("CALL_ONCE", [], [], init_subgraph_index=1)
    handle = builder.variable("count")
    given, held, total = (builder.tensor([1, 4], **SCALE) for _ in range(3))
    builder.operator("READ_VARIABLE", [handle], [held])
    builder.operator("ADD", [held, given], [total], **NONE)
    builder.operator("ASSIGN_VARIABLE", [handle, total], [])
    first = [once("count", np.array([initial]), SCALE)] if initial else []
    return builder.build([given], [total], first)


def counted(model: HostModel | BlobRunner) -> list[int]:
    return model.run([STEP])[0].ravel().tolist()


@pytest.mark.parametrize("path", wake_words(), ids=lambda path: path.stem)
def test_a_wake_word_gives_tflite_micros_bytes_a_hundred_times(path: Path) -> None:
    # one score hardly moves for what is no speech: what the last layer sees, too
    for model in (path.read_bytes(), before_the_score(path.read_bytes())):
        assert_equal_over_many_runs(model)


def test_a_trained_lstm_gives_tflite_micros_bytes_a_hundred_times() -> None:
    assert_equal_over_many_runs(real_model("tflm_trained_lstm_int8").read_bytes())


def before_the_score(model: bytes) -> bytes:
    """The model with the input of its FULLY_CONNECTED as its output."""
    (dense,) = [op for op in read_model(model).operators if op.kind == "FULLY_CONNECTED"]
    changed = bytearray(model)
    tflite.Model.GetRootAs(changed).Subgraphs(0).OutputsAsNumpy()[0] = dense.inputs[0]
    return bytes(changed)


def assert_equal_over_many_runs(model: bytes) -> None:
    graph = read_model(model)
    blobs = [pack(graph), pack(graph, target="cortex-m7")]
    runners = [*map(HostModel, blobs), BlobRunner(blobs[0])]
    oracle = TfliteMicro(model)
    states: dict[int, np.ndarray] = {}
    rng = np.random.default_rng(3)
    seen: set[int] = set()
    for number in range(100):
        # louder and quieter, as noise alone is all the same to it
        (noise,) = random_inputs(graph, rng)
        inputs = [np.minimum(noise, rng.integers(-128, 128)).astype(np.int8)]
        (expected,) = oracle.run(inputs)
        results = [runner.run(inputs)[0] for runner in runners[: 3 if number < 20 else 2]]
        if number < 20:
            results += run(graph, inputs, states)
        for result in results:
            np.testing.assert_array_equal(result, expected)
        seen.update(expected.ravel().tolist())
    assert expected.size == 1 or len(seen) > 50, seen


@pytest.mark.parametrize("initial", [None, [5, 4, 3, -128]])
def test_a_state_goes_on_from_run_to_run_and_begins_anew_when_reset(initial) -> None:
    blob = pack(counter(initial))
    first = initial or [3] * 4
    for model in (HostModel(blob), BlobRunner(blob)):
        assert [counted(model) for _ in range(2)] == [[n + i for n in first] for i in (1, 2)]
        model.reset()
        assert counted(model) == [n + 1 for n in first]


def test_many_inputs_are_one_after_the_other_in_any_number_of_threads() -> None:
    inputs = [np.repeat(STEP[None], 9, axis=0)]
    model = HostModel(pack(counter()))
    assert model.run_many(inputs, threads=4)[0][:, 0, 0].tolist() == list(range(4, 13))
    assert run_batches(pack(counter()), inputs)[0][:, 0, 0].tolist() == list(range(4, 13))


def test_states_have_the_start_of_the_arena_for_themselves() -> None:
    blob = read_blob(pack(counter([1, 2, 3, 4])))
    [state, first] = [t for t in blob.tensors if t.name == "count"]
    assert (state.place, state.start, state.offset) == ("state", "next tensor", 0)
    assert (first.place, blob.state_bytes) == ("blob", 4)
    # what reads and writes it needs no copy
    assert [op.kernel for op in blob.operators] == ["add_s8", "copy"]
    assert HostModel(pack(counter())).state_size == 4


def test_what_was_read_is_no_other_once_the_state_has_changed() -> None:
    builder = ModelBuilder("before")
    handle = builder.variable("last")
    given, held, back = (builder.tensor([1, 4], **SCALE) for _ in range(3))
    builder.operator("READ_VARIABLE", [handle], [held])
    builder.operator("ASSIGN_VARIABLE", [handle, given], [])
    builder.operator("RESHAPE", [held, builder.constant([1, 4])], [back], new_shape=[1, 4])
    model = HostModel(pack(builder.build([given], [back])))
    results = [model.run([np.full((1, 4), n, np.int8)])[0][0, 0] for n in (7, 8, 9)]
    assert results == [3, 7, 8]


STATE, CONSTANT, GIVEN = 0, 1, 2
BAD = "bad tensor record: start is 2, but the next tensor is no constant of its size"


@pytest.mark.parametrize(
    ("record", "index", "field", "value", "message"),
    [
        ("tensor", STATE, "place", 0, "bad tensor record: start is 2, allowed 0"),
        ("tensor", CONSTANT, "dims[1]", 3, "size is 4, allowed 3"),
        ("tensor", CONSTANT, "start", 1, "bad tensor record: start is 1, allowed 0"),
        ("tensor", GIVEN, "offset", 0, "overlap in the arena: offset is 0, allowed 4 or more"),
        ("tensor", STATE, "offset", 16, "overlap in the arena: offset is 16, allowed 20 or more"),
    ],
)
def test_a_damaged_state_is_refused(record, index, field, value, message: str) -> None:
    blob = pack(counter([1, 2, 3, 4]))
    names = [tensor.name for tensor in read_blob(blob).tensors]
    assert names[:2] == ["count", "count"]
    editor = BlobEditor(blob)
    editor.set(record, index, field, value)
    assert message in refusal(editor.bytes())


def test_a_state_without_a_tensor_behind_it_begins_with_no_other() -> None:
    for place in (STATE, read_blob(pack(counter())).inputs[0]):  # then the last tensor
        editor = BlobEditor(pack(counter()))
        last = editor.read(24, "H") - 1
        editor.set("tensor", STATE if place == STATE else last, "place", 2)
        editor.set("tensor", STATE if place == STATE else last, "start", 2)
        if place != STATE:
            for index in range(last):
                editor.set("tensor", index, "place", 2)
        assert BAD in refusal(editor.bytes())


def test_a_state_does_not_begin_with_what_lies_behind_the_tensors() -> None:
    editor = BlobEditor(pack(counter([1, 2, 3, 4])))
    editor.set("header", 0, "n_tensors", CONSTANT)  # the state is the last now
    assert BAD in refusal(editor.bytes())


def test_scratch_never_lies_among_states() -> None:
    editor = BlobEditor(pack(counter()))
    editor.set("operator", 0, "scratch_size", 4)
    assert "scratch_offset is 0, allowed 4 or more" in refusal(editor.bytes())


@pytest.mark.parametrize(
    ("operators", "message"),
    [
        (["ASSIGN_VARIABLE", "CALL_ONCE"], "runs after a variable is used"),
        (["CALL_ONCE", "READ_VARIABLE"], "the variable 'x' is read, but never assigned"),
        (["WHILE"], "export it unrolled"),
        (["IF"], "an IF chooses between subgraphs"),
    ],
)
def test_what_cannot_be_a_state_is_refused_in_a_sentence(operators, message: str) -> None:
    builder = ModelBuilder("bad")
    given = builder.tensor([1, 4], **SCALE)
    handle = builder.variable("x")
    outputs = [builder.tensor([1, 4], **SCALE)]
    builder.operator("RELU", [given], outputs)
    for kind in operators:
        read = kind == "READ_VARIABLE"
        held = [builder.tensor([1, 4], **SCALE)] if read else []
        inputs = {"ASSIGN_VARIABLE": [handle, given], "READ_VARIABLE": [handle]}.get(kind, [])
        options = {"init_subgraph_index": 1} if kind == "CALL_ONCE" else {}
        builder.operator(kind, inputs, held, **options)
    others = [once("x", np.zeros([1, 4]), SCALE)]
    with pytest.raises(CommandError, match=message):
        pack(builder.build([given], outputs, others))


def test_an_initializer_that_computes_is_refused() -> None:
    other = once("count", np.zeros([1, 4]), SCALE)
    other.operators[-1].kind = "READ_VARIABLE"
    builder = ModelBuilder("bad")
    builder.operator("CALL_ONCE", [], [], init_subgraph_index=1)
    given, result = (builder.tensor([1, 4], **SCALE) for _ in range(2))
    builder.operator("RELU", [given], [result])
    with pytest.raises(CommandError, match="only constants assigned to variables"):
        pack(builder.build([given], [result], [other]))


def test_a_state_that_is_the_output_itself_is_given_out_as_a_copy() -> None:
    builder = ModelBuilder("direct")
    handle = builder.variable("last")
    given, held = (builder.tensor([1, 4], **SCALE) for _ in range(2))
    builder.operator("ASSIGN_VARIABLE", [handle, given], [])
    builder.operator("READ_VARIABLE", [handle], [held])
    plan = plan_model(builder.build([given], [held]))
    assert [op.kernel for op in plan.operators] == ["copy", "copy"]
    assert counted(HostModel(pack(builder.build([given], [held])))) == [4] * 4


def test_c_and_writer_agree_on_the_start_of_a_state(dump_blob: Path, tmp_path: Path) -> None:
    blob = pack(counter([1, 2, 3, 4]))
    start = struct.unpack_from("<I", blob, 32)[0]
    assert blob[start + 2 : start + 4] == bytes([2, 2])


@pytest.mark.parametrize("stride", [2, 7, 8])
def test_a_listener_lets_states_begin_anew_where_results_share_frames(stride: int) -> None:
    blob = remembering_blob(stride)
    sound = made_sounds()["word"]
    listener, model = HostListener(HostModel(blob), Listening(smoothing=1)), HostModel(blob)
    heard = list(listener.results(sound))
    assert len(heard) > 10
    for result in heard:
        until = HostListener(HostModel(blob), Listening(smoothing=1))
        list(until.results(sound[: result.end]))
        if stride < 8:
            model.reset()
        [total] = model.run([until.input()[np.newaxis]])
        assert result.scores.tolist() == (total[0].astype(np.float32) - 3).tolist()
