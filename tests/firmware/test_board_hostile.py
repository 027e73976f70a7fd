"""Damaged blobs on the virtual board: an exception or a result each, and a board that goes on."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
from board_models import LABELS, NOT_ON_STM32, Runner
from mutations import mutated

from host_tools.pack import pack

TRY_ALL = """
import inkling

def attempt(blob):
    try:
        model = inkling.Model(blob)
        model.run()
        str(model)
        model.labels
        for i in range(len(model.output_shape)):
            bytes(model.output(i))
        return "ran"
    except ValueError as e:
        assert str(e).startswith("buffer: "), e
        return "ValueError"
    except MemoryError as e:
        assert "needs" in str(e), e
        return "MemoryError"

good = open("/rom/tiny.ink", "rb").read()
expected = bytes(inkling.Model(good).predict([[0] * 48])[0])
patches = memoryview(open("/rom/patches", "rb"))
size = len(good)
counts = {}
blob = bytearray(size)
for start in range(0, len(patches), size):
    blob[:] = patches[start : start + size]
    outcome = attempt(blob)
    counts[outcome] = counts.get(outcome, 0) + 1
for cut in range(0, size, 7):
    assert attempt(memoryview(good)[:cut]) == "ValueError", cut
print(counts)
print(bytes(inkling.Model(good).predict([[0] * 48])[0]) == expected)
"""


@NOT_ON_STM32
def test_mutated_and_cut_blobs_end_in_an_exception_or_a_run(
    on_board: Runner, tiny: dict[str, bytes | Path]
) -> None:
    good = tiny["tiny.ink"]
    assert isinstance(good, bytes)
    rng = np.random.default_rng(2)
    patches = []
    for _ in range(2000):
        bad = bytearray(mutated(good, rng))
        bad[12:16] = zlib.crc32(bad[16:]).to_bytes(4, "little")
        patches.append(bytes(bad))
    counts, works = on_board(
        TRY_ALL, {"tiny.ink": good, "patches": b"".join(patches)}
    ).splitlines()
    assert "ValueError" in counts
    assert "ran" in counts
    assert works == "True"


@NOT_ON_STM32
def test_a_cifar10_blob_with_any_byte_of_its_head_changed_is_survived(on_board: Runner) -> None:
    root = Path(__file__).parents[2]
    good = pack(root / "models/cifar10/cifar10.tflite", labels=LABELS)
    script = """
import inkling
good = bytearray(open("/rom/cifar10.ink", "rb").read())
outcomes = set()
for i in range(64):
    good[i] ^= 0x55
    try:
        inkling.Model(good)
        outcomes.add("taken")
    except ValueError:
        outcomes.add("refused")
    good[i] ^= 0x55
print(outcomes, len(inkling.Model(good).labels))
"""
    assert on_board(script, {"cifar10.ink": good}) == "{'refused'} 10\n"
