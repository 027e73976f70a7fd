"""Estimated cycles on the virtual board: of exactly the instructions that are counted."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from board_models import Files

from host_tools import cli
from host_tools.cycles import Section, read_trace
from host_tools.virtual_board import profiling
from host_tools.virtual_board.profiling import profile_on_virtual_board, random_inputs


def test_what_is_timed_is_what_is_counted(
    virtual_board_firmware: Path, tiny: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = tiny["tiny.ink"]
    assert isinstance(blob, bytes)
    seen: list[Section] = []

    def keep(*arguments: object) -> list[Section]:
        seen.extend(read_trace(*arguments))
        return seen

    monkeypatch.setattr(profiling, "read_trace", keep)
    inputs = random_inputs(blob)
    costs = profile_on_virtual_board(blob, inputs, firmware=virtual_board_firmware, cycles=True)
    counted = profile_on_virtual_board(blob, inputs, firmware=virtual_board_firmware)
    assert [cost.instructions for cost in costs] == [cost.instructions for cost in counted]
    assert [section.function for section in seen] == [
        "inkling_set_inputs",
        "inkling_run_operator",
        "inkling_run_operator",
        "inkling_make_outputs",
    ]
    for cost, section in zip(costs, seen, strict=True):
        # the stopwatch also has the call itself, and the look whether a callback ran the model
        assert 0 <= cost.instructions - section.instructions <= 12
        assert cost.cycles == section.cycles
        # at most two instructions a cycle, and none takes ten
        assert section.instructions / 2 <= section.cycles < section.instructions * 10


def test_estimates_are_the_same_on_every_run(virtual_board_firmware: Path, tiny: Files) -> None:
    blob = tiny["tiny.ink"]
    assert isinstance(blob, bytes)
    first, again = (
        profile_on_virtual_board(
            blob, random_inputs(blob), firmware=virtual_board_firmware, cycles=True
        )
        for _ in range(2)
    )
    assert first == again


def test_profile_shows_cycles_time_and_energy_on_a_board_and_draws_them(
    virtual_board_firmware: Path,
    tiny_model: bytes,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    path = tmp_path / "tiny.tflite"
    path.write_bytes(tiny_model)
    chart = tmp_path / "tiny.svg"
    command = ["profile", str(path), "--board", "openmv-h7"]
    assert cli.main([*command, "--json", "--svg", str(chart)]) == 0
    report = json.loads(capsys.readouterr().out)
    rows, total = report["operators"], report["total"]
    assert report["mhz"] == 480
    assert total["cycles_estimate"] == sum(row["cycles_estimate"] for row in rows)
    assert rows[1]["cycles_per_mac"] == pytest.approx(rows[1]["cycles_estimate"] / 480, abs=0.005)
    milliseconds = total["cycles_estimate"] / 480e3
    assert total["milliseconds_estimate"] == pytest.approx(milliseconds, abs=1e-4)
    energy = report["energy_estimate"]
    watts = energy["microamperes_per_mhz"] * 480 * energy["volts"] * 1e-6
    assert energy["millijoules"] == pytest.approx(watts * milliseconds, abs=1e-4)
    assert "DS12110" in energy["source"]
    drawn = [element.text for element in ElementTree.parse(chart).iter() if element.text]
    for name in ("INPUT", "0  FULLY_CONNECTED", "1  SOFTMAX", "OUTPUT"):
        assert name in drawn

    assert cli.main(command) == 0
    table = " ".join(capsys.readouterr().out.split())
    assert f"{total['cycles_estimate']:,}" in table
    assert "OpenMV Cam H7 (STM32H743VI) at 480 MHz: about 0.0" in table
    assert "Energy, an estimate:" in table
    assert "its pipeline, lines that its caches miss" in table
    assert "(openmv-h7): fits" in table
    for row in rows:
        lines = row["blob_lines_estimate"] * 11 + row["arena_lines_estimate"] * 16
        expected = row["pipeline_cycles_estimate"] + 11 * row["mispredictions_estimate"] + lines
        assert row["cycles_estimate"] == pytest.approx(expected, abs=16)

    assert cli.main(["profile", str(path), "--mhz", "216", "--json"]) == 0
    slower = json.loads(capsys.readouterr().out)
    assert "energy_estimate" not in slower
    assert slower["total"]["milliseconds_estimate"] == pytest.approx(
        slower["total"]["cycles_estimate"] / 216e3, abs=1e-4
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--board", "nano"], "the board 'nano' is not known; give "),
        (["--mhz", "0"], "--mhz 0 is no clock"),
    ],
)
def test_a_clock_that_cannot_be_is_refused(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["profile", str(tmp_path / "net.ink"), *options]) == 1
    assert message in capsys.readouterr().err
