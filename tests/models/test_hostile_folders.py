"""No recipe shows what a terminal obeys or hides, whatever its folders are called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from oracle import ROOT

BAD = "a\x1b[31m\u202eb\u200bc\x9b2J\nd"
COMMANDS = (
    [
        "models.keywords.own",
        "dnn",
        "--wavs",
        BAD,
        "--out",
        f"{BAD}.out",
        *["--cache", "c", "--epochs", "1", "--seed", "1", "--threads", "1"],
    ],
    ["models.keywords.card", "dnn", "--folder", BAD],
    ["models.cifar10.card", "tiny", "--folder", BAD],
    ["models.cifar10.data", "--data", BAD, "--cache", f"{BAD}.cache"],
)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_recipe_escapes_the_names_of_its_folders(words: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "\\u202e" in said
    assert said[:-1].isprintable()
    assert "Traceback" not in said
