"""The table of boards: a JSON file each, beside this one, with the source of every figure.

`clock_mhz` is what the board's usual firmware sets; `run_current` is the part's alone, without the
rest of the board. Firmware lies in flash from `firmware_address` up to, not including,
`firmware_end`; `memories` are those that blobs can lie in; `ram` are the ranges a stack may lie
in. USB identifiers are vid:pid, in lower case: `bootloader` waits for firmware, `run` is what the
running firmware shows. All this comes from sources; no figure was checked on a board.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from host_tools.errors import CommandError

FOLDER = Path(__file__).parent

# ST's debuggers, on Nucleo and Discovery boards or alone; from the udev rules of
# github.com/stlink-org/stlink, config/udev/rules.d
STLINKS = {
    "0483:3748": "ST-LINK/V2",
    "0483:374b": "ST-LINK/V2-1",
    "0483:3752": "ST-LINK/V2-1",
    "0483:374d": "STLINK-V3",
    "0483:374e": "STLINK-V3",
    "0483:374f": "STLINK-V3",
    "0483:3753": "STLINK-V3",
}


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
class Bootloader:
    """How a board takes firmware over USB.

    `dfuse` is ST's extension of DFU, with addresses; without it, the alternate setting `alt` is
    the place that is written. `buttons` is what a person does to get there.
    """

    dfuse: bool
    alt: int
    buttons: str
    source: str


# where a blob may lie: in ROMFS and used there, beside the firmware in internal flash, in the heap
PLACES = ("rom", "flash", "ram")
LINE_BYTES = 32


@dataclass(frozen=True)
class Memory:
    """A memory for blobs: what is used in place, a piece of the heap, or one that keeps files.

    `place` is one of PLACES, or "files": a file is read into the heap when it is loaded. `bytes`
    is None where a user chooses the size. What a line of the cache from here costs is
    `line_cycles` where it goes with the core's clock, else what `megabytes_per_second` at best
    make of it.
    """

    place: str
    kind: str
    bytes: int | None
    source: str
    line_cycles: float | None = None
    megabytes_per_second: float | None = None

    def cycles_a_line(self, clock_mhz: float) -> float:
        """Cycles of the core that 32 bytes take from here, at this clock."""
        if self.megabytes_per_second is not None:
            return LINE_BYTES / self.megabytes_per_second * clock_mhz
        assert self.line_cycles is not None, "a file system is not read in place"
        return self.line_cycles


@dataclass(frozen=True)
class Board:
    """One board's facts; sizes in bytes, ranges of addresses without their end.

    `builds` has its name in MicroPython's source ("micropython") and in OpenMV's ("openmv").
    `cache_bytes` is the data cache's size, and the instructions' is the same.
    """

    name: str
    title: str
    part: str
    builds: dict[str, str]
    clock_mhz: float
    flash_bytes: int
    ram_bytes: int
    ram: tuple[tuple[int, int], ...]
    firmware_address: int
    firmware_end: int
    usb: dict[str, tuple[str, ...]]
    stlink: bool
    pyocd_target: str | None
    bootloader: Bootloader
    run_current: RunCurrent
    cache_bytes: int
    memories: tuple[Memory, ...]
    sources: dict[str, str]

    @property
    def serial_ids(self) -> tuple[str, ...]:
        """The vid:pid of serial ports behind which its REPL may be: its own, its ST-LINK's."""
        return self.usb["run"] + (tuple(STLINKS) if self.stlink else ())

    def at(self, place: str) -> tuple[Memory, ...]:
        """Its memories there; of the heap those are pieces, and none joins two."""
        return tuple(memory for memory in self.memories if memory.place == place)

    @property
    def usual_place(self) -> str:
        """Where a deployed blob is used: ROMFS where the firmware has it, else the heap."""
        return "rom" if self.at("rom") else "ram"


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
    return Board(
        name=name,
        ram=tuple(_range(text) for text in entry.pop("ram")),
        firmware_address=int(entry.pop("firmware_address"), 16),
        firmware_end=int(entry.pop("firmware_end"), 16),
        usb={state: tuple(identifiers) for state, identifiers in entry.pop("usb").items()},
        bootloader=Bootloader(**entry.pop("bootloader")),
        run_current=RunCurrent(**entry.pop("run_current")),
        memories=tuple(Memory(**memory) for memory in entry.pop("memories")),
        **entry,
    )


def _range(text: str) -> tuple[int, int]:
    start, end = text.split(" to ")
    return int(start, 16), int(end, 16)
