"""Which attached board is meant, and which firmware is put on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from host_tools.boards import Board, read_board
from host_tools.errors import CommandError
from host_tools.flash.usb import Device
from host_tools.places import ROOT

FIRMWARE = ROOT / "build/firmware"


def choose_device(
    found: Sequence[Device], board_name: str | None, port: str | None
) -> tuple[Device | None, Board]:
    """The device to write to, and the board it is; None where that board is not attached yet.

    Raises CommandError where nothing tells which board, or which of several.
    """
    board = read_board(board_name) if board_name else None
    fitting = [device for device in found if board is None or _may_be(device, board)]
    if port:
        named = [device for device in fitting if port in (device.port, device.place)]
        if not named and any(port in (device.port, device.place) for device in found):
            raise CommandError(f"{port}: what is attached there is no {board and board.title}")
        # a serial port that the table does not know, such as one behind an adapter
        fitting = named or ([Device("", "", "run", (board,), port)] if board else [])
    if len(fitting) > 1:
        listed = ", ".join(map(str, fitting))
        raise CommandError(f"{len(fitting)} boards are attached: {listed}; choose one with --port")
    if board:
        return (fitting[0] if fitting else None), board
    if not fitting:
        raise CommandError(
            "no board is attached that the table of boards knows: plug it in with a cable for "
            "data, or name it with --board and follow what is said then"
        )
    boards = fitting[0].boards
    if len(boards) > 1:
        names = ", ".join(board.name for board in boards)
        raise CommandError(f"{fitting[0]} may be any of these: choose with --board: {names}")
    return fitting[0], boards[0]


def _may_be(device: Device, board: Board) -> bool:
    # an ST-LINK can be wired to any board
    return board in device.boards or device.state == "debugger"


def choose_firmware(given: Path | None, board: Board, folder: Path | None = None) -> Path:
    """The file given, else the newest that `make firmware BOARD=` built for the board."""
    if given:
        return given
    name = board.builds.get("micropython")
    built = sorted(
        (folder or FIRMWARE).glob(f"stm32-{name}-*/firmware.dfu") if name else (),
        key=lambda path: path.stat().st_mtime,
    )
    if built:
        return built[-1]
    how = (
        f"`make firmware BOARD={name} MICROPYTHON=checkout` builds it"
        if name
        else f"`make firmware TARGET={board.builds['openmv']} OPENMV=checkout` builds it and "
        "prints its path: give that"
    )
    raise CommandError(f"there is no firmware for the {board.title} yet: {how}")
