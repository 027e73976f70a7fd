"""Fixtures: no flashing tool but stand-ins on PATH, and folders of USB devices."""

from __future__ import annotations

from pathlib import Path

import pytest
from flash_stand_ins import StandIn, Usb


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """No flashing tool on PATH, until it installs one."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    programs = StandIn(folder)
    programs.answer("File downloaded successfully", 0)
    return programs


@pytest.fixture
def usb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Usb:
    folders = Usb(tmp_path / "sysfs", tmp_path / "dev")
    folders.sysfs.mkdir()
    folders.dev.mkdir()
    monkeypatch.setattr("host_tools.flash.usb.SYSFS", folders.sysfs)
    monkeypatch.setattr("host_tools.flash.usb.DEV", folders.dev)
    return folders
