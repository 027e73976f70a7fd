"""host_tools boards: the table and what is attached."""

from __future__ import annotations

import json

import pytest
from flash_stand_ins import Usb

from host_tools.boards import board_names
from host_tools.cli import main


def test_boards_lists_the_known_and_the_attached(
    usb: Usb, capsys: pytest.CaptureFixture[str]
) -> None:
    usb.plug("1-2", "37c5:9204")
    assert main(["boards"]) == 0
    out = capsys.readouterr().out
    assert "openmv-h7             OpenMV Cam H7" in out
    assert out.endswith("Attached:\n  1-2 (OpenMV Cam H7, in its bootloader)\n")
    assert main(["boards", "openmv-h7"]) == 0
    assert "0x08040000 to 0x081e0000\n            (github.com/openmv" in capsys.readouterr().out


def test_boards_json_has_every_fact(usb: Usb, capsys: pytest.CaptureFixture[str]) -> None:
    usb.plug("1-2", "0483:df11")
    assert main(["boards", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in report["boards"]] == board_names()
    entry = next(entry for entry in report["boards"] if entry["name"] == "openmv-m7")
    assert entry["ram"] == ["0x00000000 to 0x00004000", "0x20000000 to 0x20080000"]
    assert entry["bootloader"]["alt"] == 2
    [device] = report["attached"]
    assert (device["name"], device["state"], len(device["boards"])) == ("1-2", "bootloader", 6)
