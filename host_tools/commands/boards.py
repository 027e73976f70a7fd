"""host_tools boards: the boards known, with the sources of their figures, and those attached."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import Any

from host_tools.boards import Board, all_boards, board_names, read_board
from host_tools.flash.usb import Device, attached
from host_tools.text import text_table

NAME = "boards"
HELP = "list the boards known and those attached"
EXAMPLE = "host_tools boards nucleo-h743zi"

CHECKED = "These figures come from the sources named; none was checked on a board yet."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "board", nargs="?", metavar="NAME", help=f"one board in full: {', '.join(board_names())}"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    boards = [read_board(args.board)] if args.board else all_boards()
    found = attached()
    if args.json:
        report = {
            "boards": [_entry(board) for board in boards],
            "attached": [_attached(device) for device in found],
            "checked": CHECKED,
        }
        print(json.dumps(report, indent=2))
        return 0
    print("\n".join(_in_full(boards[0])) if args.board else _table(boards))
    print(f"\n{CHECKED}")
    lines = [f"  {device}" for device in found] or ["  none"]
    print("\n".join(["", "Attached:", *lines]))
    return 0


def _entry(board: Board) -> dict[str, Any]:
    return dataclasses.asdict(board) | {
        "firmware_address": f"{board.firmware_address:#010x}",
        "firmware_end": f"{board.firmware_end:#010x}",
        "ram": [f"{start:#010x} to {end:#010x}" for start, end in board.ram],
    }


def _attached(device: Device) -> dict[str, Any]:
    entry = {"name": device.name, "usb": device.usb, "state": device.state, "port": device.port}
    return entry | {"boards": [board.name for board in device.boards]}


def _table(boards: list[Board]) -> str:
    header = ["name", "title", "part", "MHz", "flash KB", "RAM KB", "firmware at", "USB"]
    rows = [
        [
            board.name,
            board.title,
            board.part,
            f"{board.clock_mhz:g}",
            f"{board.flash_bytes // 1024}",
            f"{board.ram_bytes // 1024}",
            f"{board.firmware_address:#010x}",
            " ".join((*board.usb["run"], *board.usb["bootloader"])),
        ]
        for board in boards
    ]
    return text_table(header, rows)


def _in_full(board: Board) -> list[str]:
    """Each fact with its source."""
    current = board.run_current
    usb = f"runs as {', '.join(board.usb['run'])}; bootloader {', '.join(board.usb['bootloader'])}"
    facts = [
        ("clock", f"{board.clock_mhz:g} MHz", board.sources["clock_mhz"]),
        (
            "memory",
            f"{board.flash_bytes // 1024} KB of flash, {board.ram_bytes // 1024} KB of RAM",
            board.sources["memory"],
        ),
        (
            "RAM at",
            ", ".join(f"{start:#010x} to {end:#010x}" for start, end in board.ram),
            board.sources["ram"],
        ),
        (
            "firmware",
            f"{board.firmware_address:#010x} to {board.firmware_end:#010x}",
            board.sources["firmware"],
        ),
        ("USB", f"{usb}{'; has an ST-LINK' if board.stlink else ''}", board.sources["usb"]),
        ("bootloader", board.bootloader.buttons, board.bootloader.source),
        (
            "current",
            f"{current.microamperes_per_mhz:g} microamperes a MHz at {current.volts:g} V",
            current.source,
        ),
    ]
    lines = [f"{board.name}: {board.title}, {board.part}"]
    for name, value, source in facts:
        lines += [f"{name + ':':<12}{value}", f"{'':<12}({source})"]
    return lines
