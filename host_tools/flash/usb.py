"""Which boards are attached by USB: running, in their bootloader, or behind an ST-LINK.

On Linux the kernel's list is read; elsewhere dfu-util knows the bootloaders and pyserial the rest.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

from host_tools.boards import STLINKS, Board, all_boards

SYSFS = Path("/sys/bus/usb/devices")
DEV = Path("/dev")
_LIST_SECONDS = 10


@dataclass(frozen=True)
class Device:
    """An attached USB device of a known board.

    `place` is its bus and ports (`1-2.4`), which stay when it changes into its bootloader; empty
    where they are not known. `state` is "run", "bootloader" or "debugger" (an ST-LINK, behind
    which any of `boards` may be). `port` is its serial port, where it has one.
    """

    place: str
    usb: str
    state: str
    boards: tuple[Board, ...]
    port: str | None = None
    serial: str | None = None

    @property
    def name(self) -> str:
        """What chooses it among others: its serial port, else its place."""
        return self.port or self.place

    def __str__(self) -> str:
        if self.state == "debugger":
            what = STLINKS.get(self.usb, "a debugger")
        elif len(self.boards) == 1:
            what = self.boards[0].title
        else:
            what = f"a board with {self.usb}"
        return f"{self.name} ({what}{', in its bootloader' if self.state == 'bootloader' else ''})"


def attached(sysfs: Path | None = None, dev: Path | None = None) -> list[Device]:
    """The attached devices of known boards, in the order of their places."""
    sysfs = sysfs or SYSFS
    found = _from_sysfs(sysfs, dev or DEV) if sysfs.is_dir() else _from_tools()
    return [device for device in found if device is not None]


def known(
    place: str, usb: str, *, port: str | None = None, serial: str | None = None
) -> Device | None:
    """The device with this vid:pid, None where no board of the table has it."""
    for state in ("bootloader", "run"):
        boards = tuple(board for board in all_boards() if usb in board.usb[state])
        if boards:
            return Device(place, usb, state, boards, port, serial)
    if usb in STLINKS:
        boards = tuple(board for board in all_boards() if board.stlink)
        return Device(place, usb, "debugger", boards, port, serial)
    return None


def _from_sysfs(sysfs: Path, dev: Path) -> list[Device | None]:
    """Linux: a folder a device, with a file a fact; an interface's folder lies in its device's."""
    found = []
    for folder in sorted(sysfs.iterdir()):
        vendor, product = _fact(folder, "idVendor"), _fact(folder, "idProduct")
        if vendor is None or product is None:
            continue
        ports = sorted(path.name for path in folder.glob(f"{folder.name}:*/tty/*"))
        # a link leads to the device itself
        port = str((dev / ports[0]).resolve()) if ports else None
        usb = f"{vendor}:{product}".lower()
        found.append(known(folder.name, usb, port=port, serial=_fact(folder, "serial")))
    return found


def _fact(folder: Path, name: str) -> str | None:
    try:
        return (folder / name).read_text(encoding="utf8", errors="replace").strip()
    except OSError:
        # an interface, or a device that has just gone
        return None


def _from_tools() -> list[Device | None]:
    found = []
    if shutil.which("dfu-util"):
        # a bus that hangs hides its devices
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            listed = subprocess.run(
                ["dfu-util", "--list"],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_LIST_SECONDS,
            ).stdout
            found = parse_dfu_list(listed)
    for port in sorted(list_ports.comports(), key=lambda port: port.device):
        if port.vid is not None:
            usb = f"{port.vid:04x}:{port.pid:04x}"
            place = port.location or ""
            found.append(known(place, usb, port=port.device, serial=port.serial_number))
    return found


def parse_dfu_list(listed: str) -> list[Device | None]:
    """The bootloaders in what `dfu-util --list` prints: a line an alternate setting of each."""
    line = re.compile(r'^Found DFU: \[(\w{4}:\w{4})\].*path="([^"]*)".*serial="([^"]*)"', re.M)
    seen = {place: (usb, serial) for usb, place, serial in line.findall(listed)}
    return [known(place, usb, serial=serial) for place, (usb, serial) in seen.items()]
