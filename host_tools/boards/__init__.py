"""The table of boards: a JSON file each, beside this one, with the source of every figure.

`clock_mhz` is what the board's usual firmware sets; `run_current` is the part's alone, without the
rest of the board, and null where no published figure was found. USB identifiers are vid:pid, in
lower case: `bootloader` waits for firmware, `run` is what the running firmware shows, `debugger`
is the ST-LINK on the board, whose serial port leads to the REPL too.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from host_tools.errors import CommandError

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class RunCurrent:
    """What a part draws while it computes, by its maker's figure."""

    microamperes_per_mhz: float
    volts: float
    source: str

    def millijoules(self, cycles: int) -> float:
        """Energy of so many cycles: current a MHz times volts is energy a cycle, at any clock."""
        return self.microamperes_per_mhz * self.volts * cycles * 1e-9


@dataclass(frozen=True)
class Board:
    """One board's facts; sizes in bytes, `firmware_address` where its firmware starts in flash.

    `builds` has its name in MicroPython's source ("micropython") and in OpenMV's ("openmv").
    """

    name: str
    title: str
    part: str
    builds: dict[str, str]
    clock_mhz: float
    flash_bytes: int
    ram_bytes: int
    firmware_address: int
    usb: dict[str, tuple[str, ...]]
    run_current: RunCurrent | None
    sources: dict[str, str]

    @property
    def serial_ids(self) -> tuple[str, ...]:
        """The vid:pid of serial ports behind which its REPL may be: its own, its debugger's."""
        return self.usb.get("run", ()) + self.usb.get("debugger", ())


def board_names() -> list[str]:
    """Every board of the table, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def all_boards() -> list[Board]:
    """The whole table, in alphabetical order of names."""
    return [read_board(name) for name in board_names()]


@functools.cache
def read_board(name: str) -> Board:
    """The board of this name. Raises CommandError, naming those there are, where there is none."""
    if name not in board_names():
        raise CommandError(f"the board {name!r} is not known; give {', '.join(board_names())}")
    entry = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf8"))
    current = entry.pop("run_current")
    address = int(entry.pop("firmware_address"), 16)
    usb = {state: tuple(identifiers) for state, identifiers in entry.pop("usb").items()}
    return Board(
        name=name,
        firmware_address=address,
        usb=usb,
        run_current=RunCurrent(**current) if current else None,
        **entry,
    )
