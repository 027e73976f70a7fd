"""The steps of flashing: check, enter the bootloader, write, wait for the board, ask it."""

from __future__ import annotations

import contextlib
import shlex
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from host_tools.blob import layout
from host_tools.boards import Board
from host_tools.device.connection import Device as Repl
from host_tools.device.connection import open_device
from host_tools.device.facts import read_facts, require_module
from host_tools.errors import CommandError
from host_tools.files import temporary_folder
from host_tools.flash import tools
from host_tools.flash.image import Image
from host_tools.flash.usb import Device, attached
from host_tools.serial_ports import open_repl

Find = Callable[[], Sequence[Device]]

BOOTLOADER_SECONDS = 7.0
BUTTONS_SECONDS = 60.0
BACK_SECONDS = 30.0
_POLL_SECONDS = 0.1
# a board that confirms it has done so by then, and one that goes away never does
_LEAVE_SECONDS = 1.0
# how long a port that fails to open, or to answer, is tried again
_AGAIN_SECONDS = 2.0
# enough of a blob for a board to tell which version it reads
_HEADER = struct.pack("<4sHH", b"INKL", layout.VERSION, layout.HEADER.size).ljust(
    layout.HEADER.size, b"\0"
)


def plan(device: Device | None, board: Board, image: Image) -> list[str]:
    """What `flash` will do, a sentence or a command a step, and first what it lacks."""
    source = device or _expected(board)
    steps = []
    try:
        tool = tools.choose_tool(source, board)
    except CommandError as error:
        steps.append(str(error))
        tool = tools.usual_tool(source)
    if device is None:
        steps.append(f"wait for its bootloader: {board.bootloader.buttons}")
    elif device.state == "run":
        steps.append(f"enter its bootloader: machine.bootloader() in the REPL at {device.port}")
    parts = Path("<a temporary folder>")
    steps += map(shlex.join, tools.commands(tool, source, board, image, parts))
    return [*steps, "wait for the board to come back, and ask it for its versions"]


def flash(
    device: Device | None,
    board: Board,
    image: Image,
    tell: Callable[[str], None],
    find: Find = attached,
) -> str:
    """Writes the image; returns what the board says of itself then, in lines.

    Raises CommandError, in one sentence that says what to do, at the step that fails.
    """
    tool = tools.choose_tool(device or _expected(board), board)
    if device is None:
        tell(f"waiting for its bootloader: {board.bootloader.buttons}")
        device = _wait(lambda: _bootloader(find, board, ""), BUTTONS_SECONDS)
        if device is None:
            raise CommandError(
                f"the {board.title} did not show up in its bootloader within "
                f"{BUTTONS_SECONDS:g} seconds: {board.bootloader.buttons}"
            )
    if device.state == "run":
        tell(f"entering its bootloader by the REPL at {device.port}")
        device = _enter_bootloader(device, board, find)
    with temporary_folder() as folder:
        tools.write_parts(tool, image, Path(folder))
        for words in tools.commands(tool, device, board, image, Path(folder)):
            tell(shlex.join(words))
            tools.run(words, board)
    tell("written; waiting for the board to come back")
    return _report(device, board, find)


def _expected(board: Board) -> Device:
    """The bootloader that shows up where a board is not attached yet."""
    return Device("", board.usb["bootloader"][0], "bootloader", (board,))


def _enter_bootloader(device: Device, board: Board, find: Find) -> Device:
    """Raises CommandError, with the buttons, where the running firmware cannot do it."""
    port = device.port
    if port is None:
        raise CommandError(
            f"the {board.title} runs without a serial port: {board.bootloader.buttons}; then run "
            "the same command again"
        )
    try:
        with open_repl(port) as transport:
            repl = Repl(port, transport)
            repl.exec("import machine")
            can_enter = repl.value("hasattr(machine, 'bootloader')", bool)
            if can_enter:
                # it goes away without an answer
                with contextlib.suppress(CommandError):
                    code = "import time\ntime.sleep_ms(100)\nmachine.bootloader()"
                    repl.start(code, _LEAVE_SECONDS)
    except CommandError as error:
        raise CommandError(
            f"its firmware cannot be asked for its bootloader ({error}); by hand: "
            f"{board.bootloader.buttons}; then run the same command again"
        ) from None
    if not can_enter:
        raise CommandError(
            f"{port}: its firmware has no machine.bootloader(): {board.bootloader.buttons}; then "
            "run the same command again"
        )
    entered = _wait(lambda: _bootloader(find, board, device.place), BOOTLOADER_SECONDS)
    if entered is None:
        raise CommandError(
            f"the {board.title} did not show up in its bootloader within "
            f"{BOOTLOADER_SECONDS:g} seconds: {board.bootloader.buttons}; then run the same "
            "command again"
        )
    return entered


def _bootloader(find: Find, board: Board, place: str) -> Device | None:
    """The board's bootloader, at its old place where that is known."""
    for device in find():
        at_place = not (place and device.place) or device.place == place
        if device.state == "bootloader" and board in device.boards and at_place:
            return device
    return None


def _running(find: Find, board: Board, place: str) -> Device | None:
    for device in find():
        at_place = not (place and device.place) or device.place == place
        fits = device.state == "debugger" or (device.state == "run" and board in device.boards)
        if fits and at_place and device.port:
            return device
    return None


def _wait(look: Callable[[], Device | None], seconds: float) -> Device | None:
    end = time.monotonic() + seconds
    while (found := look()) is None and time.monotonic() < end:
        time.sleep(_POLL_SECONDS)
    return found


def _report(device: Device, board: Board, find: Find) -> str:
    back = _wait(lambda: _running(find, board, device.place), BACK_SECONDS)
    if back is None or back.port is None:
        raise CommandError(
            f"the firmware is written, but the {board.title} did not come back as a serial port "
            f"within {BACK_SECONDS:g} seconds: press its reset button, or plug it in again, at "
            "the USB socket of the board itself"
        )
    end = time.monotonic() + _AGAIN_SECONDS
    while True:
        # a port that has just appeared may not be ours yet
        try:
            return _versions(back.port)
        except CommandError:
            if time.monotonic() > end:
                raise
        time.sleep(_POLL_SECONDS)


def _versions(port: str) -> str:
    with open_device(port) as opened:
        facts = read_facts(opened)
        lines = [f"{facts.board} at {port}: {facts.firmware}"]
        try:
            require_module(opened, _HEADER)
            lines.append(f"Inkling is in it and reads blobs of version {layout.VERSION}")
        except CommandError as error:
            if opened.lost:
                raise
            lines.append(str(error))
    return "\n".join(lines)
