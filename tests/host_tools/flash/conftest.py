"""Fixtures: no flashing tool but stand-ins on PATH, folders of USB devices, images, a board."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from firmware_builder import build_firmware
from flash_stand_ins import H7, NUCLEO, StandIn, Usb, firmware

from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.mailbox import Exchange

REAL_PATH = os.environ["PATH"]


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


@pytest.fixture
def image(tmp_path: Path) -> str:
    path = tmp_path / "firmware.bin"
    path.write_bytes(firmware(H7))
    return str(path)


@pytest.fixture
def nucleo_image(tmp_path: Path) -> str:
    path = tmp_path / "nucleo.bin"
    path.write_bytes(firmware(NUCLEO))
    return str(path)


class Bootloader(Exchange):
    """The board's bootloader: it shows up at USB under another identifier."""

    def __init__(self, usb: Usb) -> None:
        self.usb = usb

    def answer(self, word: int, content: bytes) -> bytes:
        for device in self.usb.sysfs.glob(content.decode()):
            (device / "idProduct").write_text("9204")
        return b""


@contextlib.contextmanager
def started(elf: Path, romfs: Mapping[str, Exchange] | None = None) -> Iterator[VirtualBoard]:
    """A virtual board, started with the real PATH."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", REAL_PATH)
        board = VirtualBoard(elf, romfs=romfs).__enter__()
    try:
        yield board
    finally:
        board.stop()


@pytest.fixture
def board(virtual_board_firmware: Path, stand_in: StandIn, usb: Usb) -> Iterator[VirtualBoard]:
    with started(virtual_board_firmware, {"bootloader": Bootloader(usb)}) as board:
        yield board


@pytest.fixture
def stock_board(stand_in: StandIn) -> Iterator[VirtualBoard]:
    """One whose firmware is without Inkling."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", REAL_PATH)
        elf = build_firmware(STOCK="1")
    with started(elf) as board:
        yield board
