"""What `make fuzz` runs for long, for a moment: the same programs without clang and atheris."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import numpy as np
import pytest
from fuzz_pack import pack_or_refuse
from mutations import mutated
from single_operators import KINDS, random_model
from small_blobs import small_blobs

from host_tools.host_build import build_program

RUNTIME = Path(__file__).resolve().parents[1] / "runtime"


def test_the_program_for_libfuzzer_runs_blobs_and_mutations_of_them(tmp_path: Path) -> None:
    program = build_program(RUNTIME / "run_alone.c", sanitize=True)
    for name, blob in small_blobs().items():
        (tmp_path / name).write_bytes(blob)
    words = [program, "20", *sorted(tmp_path.iterdir())]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    runs, opened = map(int, done.stdout.split())
    assert runs == 21 * len(small_blobs())
    assert opened > runs // 20


@pytest.mark.parametrize("kind", random.Random(8).sample(sorted(KINDS), 12))
def test_the_program_for_atheris_packs_or_refuses(kind: str) -> None:
    rng = np.random.default_rng(3)
    model = random_model(kind, rng)
    assert pack_or_refuse(model)
    for _ in range(10):
        pack_or_refuse(mutated(model, rng))
