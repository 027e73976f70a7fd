"""States on boards: kept from run to run, anew after reset(), the same bits as here."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from board_models import Files, Runner
from oracle import wake_words
from single_operators.variables import NONE, once
from tflite_builder import ModelBuilder
from unrolled_gru import unrolled_gru

from host_tools.host_runtime import HostModel
from host_tools.pack import pack

SCALE = {"scale": 0.5, "zero_point": 3}


def counter() -> bytes:
    """int8 [1, 4], 0.5 a step, added to what it was; 1, 2, 3, 4 at first."""
    builder = ModelBuilder("counter")
    builder.operator("CALL_ONCE", [], [], init_subgraph_index=1)
    handle = builder.variable("count")
    given, held, total = (builder.tensor([1, 4], **SCALE) for _ in range(3))
    builder.operator("READ_VARIABLE", [handle], [held])
    builder.operator("ADD", [held, given], [total], **NONE)
    builder.operator("ASSIGN_VARIABLE", [handle, total], [])
    return builder.build([given], [total], [once("count", np.array([[5, 7, 9, 11]]), SCALE)])


def test_states_go_on_and_begin_anew(on_board: Runner) -> None:
    script = """
import inkling
arena = bytearray(b"x" * 64)
for m in inkling.Model("/rom/counter.ink"), inkling.Model("/rom/counter.ink", arena=arena):
    for _ in range(3):
        print([list(out) for out in m.predict([[1.0, 1.0, 0.5, 0.0]])])
    print(m.reset())
    print(list(m.predict([[0, 0, 0, 0]])[0]))
"""
    lines = on_board(script, {"counter.ink": pack(counter())}).splitlines()
    sums = [[1.0 + n, 2.0 + n, 3 + n / 2, 4.0] for n in (1, 2, 3)]
    once_more = ["None", "[1.0, 2.0, 3.0, 4.0]"]
    assert lines == 2 * [*(f"[{values}]" for values in sums), *once_more]


SCRIPT = """
import array, binascii, inkling
m = inkling.Model("/rom/word.ink")
values = open("/rom/input.bin", "rb").read()
view, size = m.input(), len(bytes(m.input()))
for again in range(2):
    crc = 0
    for start in range(0, len(values), size):
        view[:] = array.array("b", values[start : start + size])
        m.run()
        crc = binascii.crc32(m.output(), crc)
    print(crc)
    m.reset()
"""


@pytest.mark.skipif(not wake_words(), reason="the package pymicro-wakeword is not installed")
def test_a_wake_word_gives_the_bytes_that_it_gives_here(on_board: Runner) -> None:
    path = wake_words()[-1]
    blob = pack(path, target="cortex-m7")
    model = HostModel(blob)
    rng = np.random.default_rng(6)
    inputs = rng.integers(-128, 128, (100, *model.inputs[0].shape)).astype(np.int8)
    crc = zlib.crc32(model.run_many([inputs])[0].tobytes())
    files: Files = {"word.ink": blob, "input.bin": inputs.tobytes()}
    assert on_board(SCRIPT, files).splitlines() == [str(crc)] * 2


def test_an_unrolled_gru_gives_the_bytes_that_it_gives_here(on_board: Runner) -> None:
    script = """
import binascii, inkling
m = inkling.Model("/rom/gru.ink")
crc = 0
for number in range(20):
    values = open("/rom/%d.bin" % number, "rb").read()
    m.predict([values[:11], values[11:22], values[22:]])
    crc = binascii.crc32(m.output(), crc)
print(crc)
"""
    blob = pack(unrolled_gru(5, steps=2, depth=11, units=13), target="cortex-m7")
    model, rng = HostModel(blob), np.random.default_rng(8)
    files: Files = {"gru.ink": blob}
    crc = 0
    for number in range(20):
        inputs = [rng.integers(-128, 128, (1, n)).astype(np.int8) for n in (11, 11, 13)]
        files[f"{number}.bin"] = b"".join(array.tobytes() for array in inputs)
        crc = zlib.crc32(model.run(inputs)[0].tobytes(), crc)
    assert on_board(script, files).splitlines() == [str(crc)]
