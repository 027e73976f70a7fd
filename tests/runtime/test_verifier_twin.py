"""The verifier in Python says of every blob what the C verifier says, to the letter.

`INKLING_MUTATIONS=100000 .venv/bin/pytest tests/runtime/test_verifier_twin.py` tries as many
mutants; INKLING_SEED makes others.
"""

from __future__ import annotations

import os
import re
import struct
from collections import Counter

import numpy as np
from blob_editor import HEADER, IO, KERNELS, OPERATOR, PARAMS, TENSOR, BlobEditor
from mutations import mutated

from host_tools import host_runtime
from host_tools.audio.front_end import FIELDS as FRONT_END_FIELDS
from host_tools.blob import reader
from host_tools.verifier import twin

MUTATIONS = int(os.environ.get("INKLING_MUTATIONS", "4000"))
SEED = int(os.environ.get("INKLING_SEED", "5"))
_FIELDS = {"header": HEADER, "tensor": TENSOR, "io": IO, "operator": OPERATOR}
_COUNTS = {"tensor": "n_tensors", "operator": "n_operators", "params": "n_operators"}
_RECORDS = ["header", "tensor", "tensor", "io", "operator", "params", "params", "front_end"]
# what tends to hurt, beside what is near the value that was there, or is a value of another place
_HURTS = (0, 1, 2, 3, 4, 16, 127, 128, 255, 256, 65535, 65536, 1 << 20, 1 << 28, (1 << 31) - 1)
_HURTS += (1 << 31, (1 << 32) - 1, (1 << 32) - 16, (1 << 30) - 1, 1 << 30)


class Mutator:
    """Changes fields of records, mostly; a share of the mutants has bytes changed anywhere."""

    def __init__(self, blobs: list[bytes]) -> None:
        self.blobs = blobs
        self.rng = np.random.default_rng(SEED)

    def mutant(self) -> bytes:
        blob = self.blobs[int(self.rng.integers(len(self.blobs)))]
        editor = BlobEditor(blob)
        if self.rng.random() < 0.25:
            editor.data[:] = mutated(blob, self.rng)
            return editor.bytes()
        for _ in range(int(self.rng.choice([1, 1, 1, 2, 3]))):
            self._change(editor)
        return editor.bytes()

    def _change(self, editor: BlobEditor) -> None:
        rng = self.rng
        record = str(rng.choice(_RECORDS))
        index = 0
        if record == "io":
            index = int(rng.integers(0, 32))
        elif record in _COUNTS:
            index = int(rng.integers(0, max(1, editor.get("header", 0, _COUNTS[record]))))
        try:
            if record == "front_end":
                field = int(rng.integers(len(FRONT_END_FIELDS)))
                at, size = editor.get("io", 0, "image_table") + 4 * field, 4
            else:
                if record == "params":
                    fields = PARAMS[editor.get("operator", index, "kernel")]
                else:
                    fields = _FIELDS[record]
                at, kind = editor.place(record, index, str(rng.choice(list(fields))))
                size = struct.calcsize(kind)
            now = int.from_bytes(editor.data[at : at + size], "little")
        except (KeyError, ValueError, struct.error):
            return
        match int(rng.integers(5)):
            case 0:
                value = int(rng.choice(_HURTS))
            case 1:
                value = now + int(rng.integers(-20, 21))
            case 2:
                value = now ^ 1 << int(rng.integers(8 * size))
            case 3:  # a place that ends near the end of the blob, or behind it
                value = max(0, len(editor.data) - int(rng.integers(2048))) & ~15
            case _:
                other = int(rng.integers(16, len(editor.data) // 4)) * 4
                value = int.from_bytes(editor.data[other : other + 4], "little")
        editor.data[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, "little")


def _said(refusal: str | None) -> str | None:
    """Of work past all bounds C may count less."""
    return refusal and re.sub(r"(the work up to here is) \d+", r"\1 n", refusal)


def test_it_says_what_the_c_verifier_says_of_mutants(blobs: dict[str, bytes]) -> None:
    mutator = Mutator(list(blobs.values()))
    said: Counter[str] = Counter()
    for _ in range(MUTATIONS):
        blob = mutator.mutant()
        wanted = host_runtime.refusal(blob)
        assert _said(twin.refusal(blob)) == _said(wanted)
        if wanted is None:
            reader.read_blob(blob)
        said[(wanted or "good").partition(" is ")[0].rpartition(": ")[2]] += 1
    assert said["good"] > MUTATIONS // 20
    assert len(said) > 60


def test_it_takes_every_kernel(blobs: dict[str, bytes]) -> None:
    for blob in blobs.values():
        assert twin.refusal(blob) is None


def test_it_says_the_same_of_cut_blobs(blobs: dict[str, bytes]) -> None:
    blob = blobs["every_kernel"]
    for length in (*range(70), *range(70, len(blob), 97)):
        assert twin.refusal(blob[:length]) == host_runtime.refusal(blob[:length])
    assert len(KERNELS) > 40
