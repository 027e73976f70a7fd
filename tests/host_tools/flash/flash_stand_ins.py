"""Folders as Linux lists USB devices in, firmware images, and a stand-in for dfu-util.

No board is attached to the computer that tests run on: the stand-in writes down the words it is
called with, and fails as dfu-util does. It writes to nothing.
"""

from __future__ import annotations

import json
import shutil
import struct
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from host_tools.boards import Board, read_board
from host_tools.cli import main

H7 = read_board("openmv-h7")
NUCLEO = read_board("nucleo-h743zi")
F767 = read_board("nucleo-f767zi")

STAND_IN = """#!{python}
import json, pathlib, shutil, sys, time
folder = pathlib.Path({folder!r})
with (folder / "calls").open("a") as file:
    file.write(json.dumps(sys.argv) + "\\n")
mode = json.loads((folder / "mode").read_text())
print("Download\\t[=====     ]  50%", end="\\r", flush=True)
if "copies" in mode:
    shutil.copy(next(word for word in sys.argv if word.endswith(".bin")), mode["copies"])
if mode.get("hangs"):
    time.sleep(600)
for file, text in mode.get("writes", {{}}).items():
    pathlib.Path(file).write_text(text)
print(mode["says"], file=sys.stderr)
sys.exit(mode["status"])
"""


@dataclass
class StandIn:
    """Programs on PATH that only write down how they were called."""

    folder: Path

    def install(self, *names: str) -> None:
        for name in names:
            path = self.folder / name
            path.write_text(STAND_IN.format(python=sys.executable, folder=str(self.folder)))
            path.chmod(0o755)

    def answer(self, says: str, status: int, **more: object) -> None:
        (self.folder / "mode").write_text(json.dumps({"says": says, "status": status, **more}))

    @property
    def calls(self) -> list[list[str]]:
        """The words of each call, with the program's name alone."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [[Path(words[0]).name, *words[1:]] for words in map(json.loads, lines)]


@dataclass
class Usb:
    """The folder of USB devices, as /sys/bus/usb/devices is, and that of their files, as /dev."""

    sysfs: Path
    dev: Path

    def plug(
        self, place: str, usb: str, *, port: str | None = None, serial: str | None = None
    ) -> Path:
        """A device; its serial port, `ttyACM0` where it has one, leads to `port`."""
        device = self.sysfs / place
        device.mkdir()
        for name, value in zip(("idVendor", "idProduct"), usb.split(":"), strict=True):
            (device / name).write_text(f"{value}\n")
        if serial:
            (device / "serial").write_text(f"{serial}\n")
        interface = device / f"{place}:1.0"
        interface.mkdir()
        if port:
            name = f"ttyACM{len(list(self.dev.iterdir()))}"
            (interface / "tty" / name).mkdir(parents=True)
            (self.dev / name).symlink_to(port)
        # Linux lists interfaces beside their devices, too
        (self.sysfs / interface.name).symlink_to(interface)
        return device

    def unplug(self, place: str) -> None:
        shutil.rmtree(self.sysfs / place)
        (self.sysfs / f"{place}:1.0").unlink()


def firmware(
    board: Board, size: int = 4096, *, stack: int | None = None, reset: int | None = None
) -> bytes:
    """What begins like the board's firmware."""
    stack = board.ram[-1][1] if stack is None else stack
    reset = board.firmware_address + 0x201 if reset is None else reset
    return struct.pack("<II", stack, reset).ljust(size, b"\x5a")


def dfu(*parts: tuple[int, bytes], device: str = "0483:df11", alt: int = 0) -> bytes:
    """A DfuSe file, written from its specification."""
    elements = b"".join(struct.pack("<II", at, len(data)) + data for at, data in parts)
    target = struct.pack("<6sBI255sII", b"Target", alt, 0, b"", len(elements), len(parts))
    body = target + elements
    prefix = struct.pack("<5sBIB", b"DfuSe", 1, 11 + len(body), 1)
    vendor, product = (int(part, 16) for part in device.split(":"))
    end = struct.pack("<HHHH3sB", 0xFFFF, product, vendor, 0x11A, b"UFD", 16)
    return seal(prefix + body + end)


def seal(content: bytes) -> bytes:
    return content + struct.pack("<I", zlib.crc32(content) ^ 0xFFFFFFFF)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["flash", *words]) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("host_tools: ")
    return last.removeprefix("host_tools: ")
