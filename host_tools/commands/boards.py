"""host_tools boards: the boards known, with the sources of their figures, and those attached."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from host_tools.blob.reader import read_blob
from host_tools.boards import Board, Memory, all_boards, board_names, read_board
from host_tools.fits import Fit, all_fit, fits, lines, report
from host_tools.flash.usb import Device, attached
from host_tools.pack import load_blob
from host_tools.text import json_text, text_table, wrapped

EXAMPLE = "host_tools boards nucleo-h743zi"

CHECKED = "These figures come from the sources named; none was checked on a board yet."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "board", nargs="?", metavar="NAME", help=f"one board in full: {', '.join(board_names())}"
    )
    parser.add_argument(
        "--fits",
        type=Path,
        metavar="MODEL",
        help="say whether this blob (or .tflite file) and its arena fit, and how much is missing",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    boards = [read_board(args.board)] if args.board else all_boards()
    found = attached()
    fitting = _fitting(boards, args.fits) if args.fits else {}
    if args.json:
        whole = {
            "boards": [_entry(board, fitting.get(board.name)) for board in boards],
            "attached": [_attached(device) for device in found],
            "checked": CHECKED,
        }
        print(json_text(whole))
        return 0
    print(wrapped("\n".join(_in_full(boards[0]))) if args.board else _table(boards, fitting))
    if args.board and fitting:
        print(wrapped("\n".join(["", *lines(boards[0], fitting[args.board])])))
    print(f"\n{CHECKED}")
    devices = [f"  {device}" for device in found] or ["  none"]
    print(wrapped("\n".join(["", "Attached:", *devices])))
    return 0


def _fitting(boards: list[Board], path: Path) -> dict[str, list[Fit]]:
    """What a blob needs on each board, and has there, by the board's name."""
    blob = read_blob(load_blob(path), str(path))
    place = "ram" if blob.for_ram else None
    return {board.name: fits(board, blob.size, blob.arena_size, place) for board in boards}


def _entry(board: Board, found: list[Fit] | None) -> dict[str, Any]:
    fitting = {} if found is None else {"fit": report(board, found)}
    return (
        dataclasses.asdict(board)
        | fitting
        | {
            "firmware_address": f"{board.firmware_address:#010x}",
            "firmware_end": f"{board.firmware_end:#010x}",
            "ram": [f"{start:#010x} to {end:#010x}" for start, end in board.ram],
        }
    )


def _attached(device: Device) -> dict[str, Any]:
    entry = {"name": device.name, "usb": device.usb, "state": device.state, "port": device.port}
    return entry | {"boards": [board.name for board in device.boards]}


def _table(boards: list[Board], fitting: dict[str, list[Fit]]) -> str:
    header = ["name", "title", "part", "MHz", "flash KB", "RAM KB", "firmware at", "USB"]
    if fitting:
        rows = [[board.name, *_verdict(fitting[board.name])] for board in boards]
        return text_table(["name", "fits", "what it needs, and what is there"], rows)
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


def _verdict(found: list[Fit]) -> list[str]:
    return ["yes" if all_fit(found) else "no", "; ".join(str(one) for one in found)]


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
        ("cache", f"{board.cache_bytes // 1024} KB of data", board.sources["cache"]),
        *(
            (memory.place, _memory(memory, board.clock_mhz), memory.source)
            for memory in board.memories
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


def _memory(memory: Memory, clock_mhz: float) -> str:
    """A place for blobs: `rom`, `flash`, `ram` (pieces of the heap), `files`."""
    size = "any size" if memory.bytes is None else f"{memory.bytes // 1024:,} KB"
    if memory.place == "files":
        return f"{size} of {memory.kind}, read into the heap"
    return f"{size} of {memory.kind}, {memory.cycles_a_line(clock_mhz):.0f} cycles for 32 bytes"
