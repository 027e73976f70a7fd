"""What bench says of a network beside the baseline, and of our code's size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chains import Chain

from host_tools.cli import main
from host_tools.code_size import LIMIT, CodeSize, code_size, flash_bytes
from host_tools.commands.bench import compare
from host_tools.errors import CommandError
from host_tools.pack import pack, plan_model
from host_tools.virtual_board.profiling import Cost


def layer(index: int, operator: str, macs: int, cmsis_nn: int) -> dict[str, Any]:
    return {
        "index": index,
        "operator": operator,
        "macs": macs,
        "cmsis_nn_instructions": cmsis_nn,
        "plain_c_instructions": 4 * cmsis_nn,
    }


BASELINE = {
    "cmsis_nn_instructions": 600,
    "plain_c_instructions": 2400,
    "layers": [
        layer(0, "conv", 100, 150),
        layer(1, "conv", 200, 250),
        layer(2, "softmax", 0, 200),
    ],
}


def costs(*macs: int, cycles: int | None = None) -> list[Cost]:
    """Two convolutions of these multiply-accumulates and a softmax, after the input."""
    named = [("INPUT", 0), *(("CONV_2D", count) for count in macs), ("SOFTMAX", 0)]
    return [Cost(None, name, "", 50, count, cycles) for name, count in named]


def test_layers_are_found_by_operator_and_work_in_any_order() -> None:
    rows = compare(costs(200, 100, cycles=30), BASELINE)
    assert [row.cmsis_nn for row in rows] == [600, None, 250, 150, 200]
    assert (rows[0].instructions, rows[0].macs, rows[0].cycles) == (200, 300, 120)
    assert rows[0].plain_c == 2400


def test_layers_with_dropped_channels_are_found_in_order() -> None:
    rows = compare(costs(60, 150), BASELINE)
    assert [row.cmsis_nn for row in rows] == [600, None, 150, 250, 200]
    assert rows[0].cycles is None


def test_another_network_than_the_baseline_s_is_refused() -> None:
    with pytest.raises(CommandError, match=r"layers \[1\] of the baseline"):
        compare(costs(100), BASELINE)


def test_a_network_that_nobody_measured_has_no_figures_beside_it() -> None:
    assert {row.cmsis_nn for row in compare(costs(1, 2), None)} == {None}


@pytest.mark.parametrize(
    ("kind", "macs", "instructions", "above"),
    [
        ("CONV_2D", 1000, 2500, False),
        ("CONV_2D", 1000, 2501, True),
        ("DEPTHWISE_CONV_2D", 1000, 5001, True),
        ("FULLY_CONNECTED", 1000, 2501, True),
        ("SOFTMAX", 0, 90_000, False),
        ("CONV_2D", 10, 990, False),  # less than one in a hundred
    ],
)
def test_a_layer_above_the_usual_cost_is_marked(
    kind: str, macs: int, instructions: int, above: bool
) -> None:
    found = [
        Cost(None, "INPUT", "", 100_000 - instructions, 0),
        Cost(0, kind, "", instructions, macs),
    ]
    assert [row.above for row in compare(found, None)] == [False, False, above]


@pytest.fixture
def folder(tmp_path: Path, virtual_board_firmware: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model, one at one output pixel whose weights are read for it alone, and one refused."""
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    (tmp_path / "a.tflite").write_bytes(Chain(12, 16).conv(16, 3).build()[0])
    (tmp_path / "b.ink").write_bytes(pack(Chain(1, 1).conv(1).build()[0]))
    (tmp_path / "c.tflite").write_bytes(b"something else entirely")
    (tmp_path / "notes.txt").write_text("no model")
    return tmp_path


def test_every_layer_of_the_models_in_a_folder_is_printed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--models", str(folder), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report["networks"]) == ["a.tflite", "b.ink"]
    total, given, conv, taken = report["networks"]["a.tflite"]
    assert [row["index"] for row in (total, given, conv, taken)] == [None, None, 0, None]
    assert conv["kernel"].startswith("winograd") and conv["macs"] == 12 * 12 * 16 * 144
    assert not conv["above"]
    assert total["instructions"] == sum(r["instructions"] for r in (given, conv, taken))
    single = report["networks"]["b.ink"][2]
    assert single["above"] and single["macs"] == 1
    assert list(report["left_out"]) == ["c.tflite"]
    assert main(["bench", "--models", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[1]: line for line in lines if "CONV_2D  " in line}
    assert len(rows) == 1 and lines[0] == "a.tflite"
    marked = [line for line in lines if "<- 2.5 is usual" in line]
    assert len(marked) == 1 and marked[0].split()[:4] == [
        "0",
        "CONV_2D",
        "fully_connected_s8",
        "1",
    ]
    assert lines[-1].startswith("c.tflite: not a TensorFlow Lite model")


def test_one_file_may_be_given_for_a_folder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--models", str(folder / "a.tflite"), "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["networks"]) == ["a.tflite"]


def test_a_folder_without_a_model_that_runs_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.tflite", "b.ink"):
        (folder / name).unlink()
    assert main(["bench", "--models", str(folder)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"host_tools: {folder}: none of its models runs\nc.tflite: not a ")
    (folder / "c.tflite").unlink()
    assert main(["bench", "--models", str(folder)]) == 1
    said = capsys.readouterr().err
    assert said == f"host_tools: {folder}: there is no .tflite or .ink file in it\n"


def test_kept_constant_channels_are_all_of_the_model_s_work(shared: Path) -> None:
    model = shared / "data" / "models" / "vww_96_int8.tflite"
    kept = plan_model(model, target="portable", drop_constants=False)
    dropped = plan_model(model, target="portable")
    assert sum(operator.macs for operator in kept.operators) == 7_489_664
    assert sum(operator.macs for operator in dropped.operators) == 3_906_809


def test_code_size_is_measured_and_held_to_its_limit(virtual_board_firmware: Path) -> None:
    assert 150_000 < flash_bytes(virtual_board_firmware) < 1_000_000
    nothing = code_size(virtual_board_firmware, virtual_board_firmware)
    assert (nothing.gained, nothing.fits) == (0, True)
    assert CodeSize(LIMIT, LIMIT).fits
    assert CodeSize(LIMIT + 9, LIMIT, {"INK_A": 9}).fits
    assert not CodeSize(LIMIT + 9, LIMIT, {"INK_A": 8}).fits
    assert "9 of them by INK_A; 49,152 without" in CodeSize(LIMIT + 9, 0, {"INK_A": 9}).text()
    assert "+1 to the 49,152 kept" in CodeSize(LIMIT + 1, LIMIT).text()
    assert "OVER the limit of 49,152" in CodeSize(LIMIT + 1, LIMIT).text()


def test_a_firmware_that_cannot_be_measured_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nothing.elf"):
        flash_bytes(tmp_path / "nothing.elf")
