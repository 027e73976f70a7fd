"""Tables fit a terminal of 80 columns, whatever is in them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from oracle import ROOT

from host_tools.cli import main
from host_tools.text import text_table

CIFAR10 = ROOT / "models/cifar10"
TINY, BEST = str(CIFAR10 / "tiny/tiny.ink"), str(CIFAR10 / "best/best.tflite")


def test_a_table_that_fits_is_one_part() -> None:
    rows = [["first", "1", "two words"], ["second", "10,000", ""]]
    assert text_table(["name", "n", "what"], rows) == (
        "name         n  what\nfirst        1  two words\nsecond  10,000"
    )


def test_text_is_broken_between_words_and_columns_that_do_not_fit_follow() -> None:
    rows = [["0", "CONV", "fastest of all that there are", "1,000", "2,000"]]
    header = ["#", "name", "why", "cycles", "bytes"]
    assert text_table(header, rows, keys=2, width=38) == (
        "#  name  why                    cycles\n"
        "0  CONV  fastest of all that     1,000\n"
        "         there are\n"
        "\n"
        "#  name  bytes\n"
        "0  CONV  2,000"
    )


@pytest.mark.parametrize("seed", range(40))
def test_every_line_fits_and_no_word_is_lost(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = int(rng.integers(2, 14))

    def word() -> str:
        return "x" * int(rng.integers(1, 25)) if rng.random() < 0.5 else f"{rng.integers(1e9):,}"

    def cell() -> str:
        return " ".join(word() for _ in range(int(rng.integers(0, 6))))

    rows = [[cell() for _ in range(columns)] for _ in range(5)]
    header = [f"column{number}" for number in range(columns)]
    text = text_table(header, rows, width=80)
    assert max(map(len, text.splitlines())) <= 80
    shown = sorted(re.findall(r"[^ \n]+", text))
    wanted = [word for row in [header, *rows] for cell in row for word in cell.split()]
    again = [word for row in [header, *rows] for word in row[0].split()]
    assert shown == sorted(wanted + again * (text.count("column0") - 1))


@pytest.mark.parametrize(
    "words",
    [
        ["boards"],
        ["boards", "--fits", TINY],
        ["inspect", BEST, "--board", "openmv-h7"],
        ["profile", TINY, "--board", "nucleo-h743zi"],
        ["validate", TINY, "--on", "sim", "--count", "1"],
        ["bench", "--models", TINY],
    ],
    ids=lambda words: " ".join(Path(word).name for word in words),
)
def test_the_tables_of_verbs_fit_80_columns(
    words: list[str],
    virtual_board_firmware: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    monkeypatch.setenv("COLUMNS", "80")
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line for line in lines if re.search(r"\S {2,}\S", line)]
    assert len(rows) > 8
    assert [line for line in rows if len(line) > 80] == []
