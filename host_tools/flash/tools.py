"""The programs that write flash: which one is there, its words, its progress, why it failed."""

from __future__ import annotations

import os
import re
import selectors
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from host_tools.boards import Board
from host_tools.errors import CommandError
from host_tools.flash.image import Image
from host_tools.flash.usb import Device
from host_tools.text import plain_lines

# erasing a sector takes up to 4 s, and the programs tell of each
SILENCE_SECONDS = 60.0

# dfu-util's words when all is written: .bin and .dfu by DfuSe, and plain DFU. A board that starts
# its new firmware at once does not answer what is asked after that
_WRITTEN = ("File downloaded successfully", "Done parsing DfuSe file", "Done!")

# what libusb and the programs say, and what it means; the first that fits is taken
_REASONS = (
    ("LIBUSB_ERROR_ACCESS|[Pp]ermission denied|[Aa]ccess denied|[Ii]nsufficient perm", "denied"),
    (
        "[Ll]ost device|LIBUSB_ERROR_(NO_DEVICE|PIPE|IO|TIMEOUT)|get_status|DFU status after"
        "|Error sending|USB communication error|[Rr]eceiving failed|send_recv",
        "lost",
    ),
    ("No DFU capable|Couldn't find any ST-Link|No connected debug probe|No target device", "gone"),
    ("[Ff]ailed to connect|Failed to enter SWD|[Uu]nknown chip id|No ACK|core_id", "silent"),
)


def choose_tool(device: Device, board: Board) -> str:
    """The program for the device, among those on PATH. Raises CommandError where there is none."""
    if device.state != "debugger":
        if shutil.which("dfu-util"):
            return "dfu-util"
        raise CommandError(
            "dfu-util is not on PATH: install it (Debian: apt install dfu-util; macOS: brew "
            "install dfu-util)"
        )
    if shutil.which("st-flash"):
        return "st-flash"
    if board.pyocd_target and shutil.which("pyocd"):
        return "pyocd"
    pyocd = "; or pyOCD: pip install pyocd" if board.pyocd_target else ""
    raise CommandError(
        f"st-flash, which writes over an ST-LINK, is not on PATH: install it (Debian: apt install "
        f"stlink-tools; macOS: brew install stlink{pyocd})"
    )


def usual_tool(device: Device) -> str:
    """The program for the device where all are there."""
    return "st-flash" if device.state == "debugger" else "dfu-util"


def commands(
    tool: str, device: Device, board: Board, image: Image, folder: Path
) -> list[list[str]]:
    """What is run, in order. Parts of a .dfu file are taken from `folder`: see `write_parts`."""
    if tool == "dfu-util":
        return [_dfu_util(device, board, image)]
    serial = device.serial if re.fullmatch("[0-9A-Za-z]+", device.serial or "") else None
    chosen = []
    for file, address in _files(image, folder):
        if tool == "st-flash":
            words = ["st-flash", "--connect-under-reset", "--reset"]
            words += ["--serial", serial] if serial else []
            words += ["write", str(file), f"{address:#010x}"]
        else:
            words = ["pyocd", "flash", "--no-wait", "--target", str(board.pyocd_target)]
            words += ["--uid", serial] if serial else []
            words += ["--base-address", f"{address:#010x}", str(file)]
        chosen.append(words)
    return chosen


def _dfu_util(device: Device, board: Board, image: Image) -> list[str]:
    # the comma: a device in DFU mode, not one that runs
    usb = device.usb if device.state == "bootloader" else board.usb["bootloader"][0]
    words = ["dfu-util", "-d", f",{usb}", "-a", str(board.bootloader.alt)]
    words += ["-p", device.place] if device.place else []
    if not board.bootloader.dfuse:
        return [*words, "-R", "-D", str(image.path)]
    start = f"{image.parts[0].address:#010x}" if image.path.suffix == ".bin" else ""
    return [*words, "-s", f"{start}:leave", "-D", str(image.path)]


def _files(image: Image, folder: Path) -> list[tuple[Path, int]]:
    if image.path.suffix == ".bin":
        return [(image.path, image.parts[0].address)]
    name = image.path.stem
    return [(folder / f"{name}-{part.address:#010x}.bin", part.address) for part in image.parts]


def write_parts(tool: str, image: Image, folder: Path) -> None:
    """Puts the parts of a .dfu file into `folder`, for programs that do not take such files."""
    if tool != "dfu-util" and image.path.suffix != ".bin":
        for (file, _), part in zip(_files(image, folder), image.parts, strict=True):
            file.write_bytes(part.data)


def run(words: Sequence[str], board: Board) -> None:
    """Runs a program, showing what it prints; raises CommandError, in one sentence, if it fails.

    A program that prints nothing for SILENCE_SECONDS is ended.
    """
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout
    said = b""
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                if not selector.select(SILENCE_SECONDS):
                    raise CommandError(
                        f"{words[0]} has told nothing for {SILENCE_SECONDS:g} seconds, so it was "
                        f"ended: {_again(words[0], board)}"
                    )
                chunk = os.read(process.stdout.fileno(), 4096)
                if not chunk:
                    break
                said += chunk
                # these programs draw a line again and again
                terminal = getattr(sys.stderr, "unescaped", sys.stderr)
                terminal.write(plain_lines(chunk.decode(errors="replace"), "\n\t\r"))
                terminal.flush()
        status = process.wait()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    text = said.decode(errors="replace")
    if status and not any(mark in text for mark in _WRITTEN):
        raise CommandError(_failure(words[0], status, text, board))


def _failure(tool: str, status: int, text: str, board: Board) -> str:
    reason = next((why for pattern, why in _REASONS if re.search(pattern, text)), "")
    vendor = board.usb["bootloader"][0][:4] if tool == "dfu-util" else "0483"
    if reason == "denied":
        return (
            f"{tool} may not open the USB device: run the command as root, or put `SUBSYSTEM=="
            f'"usb", ATTRS{{idVendor}}=="{vendor}", TAG+="uaccess"` into '
            "/etc/udev/rules.d/60-inkling.rules, then `sudo udevadm control --reload`, and plug "
            "the board in again"
        )
    if reason == "lost":
        return f"the board went away while {tool} wrote to it: {_again(tool, board)}"
    if reason == "gone":
        return f"{tool} no longer finds the board: {_again(tool, board)}"
    if reason == "silent":
        return (
            f"{tool} finds the ST-LINK, but no processor behind it answers: power the board, "
            "check the wires, hold its reset button while you start the command"
        )
    lines = [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    return f"{tool} failed with status {status}: {last}; {_again(tool, board)}"


def _again(tool: str, board: Board) -> str:
    if tool != "dfu-util":
        return "plug the ST-LINK in again, power the board, and run the same command again"
    return (
        f"its bootloader is still there: {board.bootloader.buttons}; then run the same command "
        "again"
    )
