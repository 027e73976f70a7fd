"""profile() on the virtual board, and `host_tools profile`: exact and equal on every run."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from board_models import ON_CORTEX_M7, Files, Runner

from host_tools import cli
from host_tools.virtual_board.profiling import profile_on_virtual_board, random_inputs


@ON_CORTEX_M7
def test_rows_name_the_operators_and_add_up_to_a_prediction(on_board: Runner, tiny: Files) -> None:
    script = """
import array, gc, inkling, virtual_board
def measure(m, data):
    m.predict(data)
    start = virtual_board.ticks()
    m.predict(data)
    return virtual_board.ticks() - start
m = inkling.Model("/rom/tiny.ink")
data = [array.array("b", bytes(48))]
gc.disable()
print(m.profile(data))
print(m.profile())
print(measure(m, data))
"""
    whole, inside, predict = map(
        ast.literal_eval, on_board(script, tiny, icount=True).split("\n")[:3]
    )
    assert [row[:3] for row in whole] == [
        (None, "INPUT", ""),
        (0, "FULLY_CONNECTED", "fully_connected_s8"),
        (1, "SOFTMAX", "softmax_s8"),
        (None, "OUTPUT", ""),
    ]
    assert [row[:3] for row in inside] == [row[:3] for row in whole[1:3]]
    assert [row[5] for row in whole] == [0, 480, 0, 0]
    for *_, microseconds, ticks, _macs in whole:
        assert abs(microseconds - ticks * 0.04) <= 2
        assert ticks > 0
    # predict() itself: the call, the check of the buffers and of what steers the run
    assert 0 <= predict - sum(row[4] for row in whole) < 3500


def test_counts_are_the_same_on_every_run(virtual_board_firmware: Path, tiny: Files) -> None:
    blob = tiny["tiny.ink"]
    assert isinstance(blob, bytes)
    first = profile_on_virtual_board(blob, random_inputs(blob), firmware=virtual_board_firmware)
    again = profile_on_virtual_board(blob, random_inputs(blob), firmware=virtual_board_firmware)
    assert first == again
    assert [cost.macs for cost in first] == [0, 480, 0, 0]
    assert 480 < first[1].instructions < 480 * 30


def test_host_tools_profile_prints_a_table_and_json(
    virtual_board_firmware: Path,
    tiny_model: bytes,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    path = tmp_path / "tiny.tflite"
    path.write_bytes(tiny_model)
    assert cli.main(["profile", str(path), "--on", "sim", "--json", "--target", "portable"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["name"], report["target"]) == ("tiny", "portable")
    operators = report["operators"]
    assert [row["index"] for row in operators] == [None, 0, 1, None]
    assert report["total"]["instructions"] == sum(row["instructions"] for row in operators)
    assert operators[1]["instructions_per_mac"] == pytest.approx(
        operators[1]["instructions"] / 480, abs=0.005
    )
    assert cli.main(["profile", str(path), "--target", "portable"]) == 0
    table = capsys.readouterr().out
    assert f"{report['total']['instructions']:,}" in table
    assert "fully_connected_s8" in table


def test_host_tools_profile_names_what_it_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["profile", str(tmp_path / "nothing.ink")]) == 1
    assert "nothing.ink" in capsys.readouterr().err
    (tmp_path / "broken.ink").write_bytes(b"INKL broken")
    assert cli.main(["profile", str(tmp_path / "broken.ink")]) == 1
    assert "broken.ink" in capsys.readouterr().err
