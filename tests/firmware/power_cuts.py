"""A virtual board whose storage notes each write, and the memory after a cut at any of them.

What a command writes does not depend on when the power will go: so one run, noted by
firmware_module/boards/virtual/journal.c, gives the memory after each cut, and a board that starts
with it shows what is left.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from host_tools.virtual_board import VirtualBoard, qemu

_JOURNAL, _JOURNAL_SIZE = 2 << 20, 1 << 20
_HEADER = struct.Struct("<5I")
_MAGIC = 0x4A4B4E49
FLASH_SIZE = 1 << 20
# of PSRAM; as much of /rom as small images and what is staged behind them take
ROM, _ROM_SIZE = 4 << 20, 64 << 10
_SECTOR = 512
# what on_board/basics.py removes beside .inkling-*.part
_SHORT = re.compile(r"/INK[^/]*~[^/]*\.PAR$", re.IGNORECASE)
WRITE, _ERASE, _PROGRAM = range(3)

# On FAT what no file has any more may be somebody's else: others fill the file system first.
FILL = """
import uctypes
uctypes.bytearray_at(0x60200000, 4)[:] = bytes(4)  # the journal's end
try:
    with open("/flash/.inkling-filling", "wb") as file:
        while True:
            file.write(b"\\xa5" * 4096)
except OSError:
    pass
"""
# the files of a board that has started; with names, those alone
LIST = """
import os
from binascii import crc32

def list_files(folder):
    for entry in os.ilistdir(folder):
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            list_files(path)
        elif entry[0] != ".inkling-filling":
            show(path)

def show(path):
    with open(path, "rb") as file:
        data = file.read()
    print(path, len(data), crc32(data), sep="\\t")

def list_all():
    for folder in ("/flash", "/rom"):
        try:
            os.listdir(folder)
        except OSError:
            continue
        list_files(folder)

def list_those(paths):
    for path in paths:
        try:
            os.stat(path)
        except OSError:
            continue
        show(path)

"""


@dataclass(frozen=True)
class Step:
    """A write of `data` at `place` in the PSRAM, a program that clears bits, or an erase."""

    kind: int
    place: int
    size: int
    data: bytes

    def done(self, before: bytes, quarters: int) -> bytes:
        """What is there after it, or after so many quarters of it and half a word."""
        after = b"\xff" * self.size if self.kind == _ERASE else self.data
        if self.kind == _PROGRAM:
            after = bytes(a & b for a, b in zip(before, after, strict=True))
        if quarters == 4:
            return after
        cut = min(self.size, quarters * self.size // 4 + (2 if quarters else 0))
        if self.kind == _ERASE and quarters % 2:
            return before[:-cut] + after[-cut:]  # erasing starts at either side
        return after[:cut] + before[cut:]


class Storage:
    """The bytes of /flash and of the front of /rom, which a board is started with."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.memory = bytearray(FLASH_SIZE + _ROM_SIZE)

    def index(self, place: int) -> int:
        """Where a place in the PSRAM is in `memory`."""
        if place < FLASH_SIZE:
            return place
        assert ROM <= place < ROM + _ROM_SIZE, hex(place)
        return place - ROM + FLASH_SIZE

    def read(self) -> None:
        """Takes what the board left."""
        with self.file.open("rb") as file:
            self.memory[:FLASH_SIZE] = file.read(FLASH_SIZE)
            file.seek(ROM)
            self.memory[FLASH_SIZE:] = file.read(_ROM_SIZE)

    def write(self, bad: tuple[int, int] = (0, 0)) -> None:
        """Gives it to the next board, which notes what it writes, and keeps nothing in `bad`."""
        with self.file.open("r+b" if self.file.exists() else "w+b") as file:
            file.truncate(qemu.STORAGE_SIZE)
            file.write(self.memory[:FLASH_SIZE])
            file.seek(ROM)
            file.write(self.memory[FLASH_SIZE:])
            file.seek(_JOURNAL)
            file.write(_HEADER.pack(_MAGIC, 0, 0, *bad))

    def steps(self) -> list[Step]:
        """What the board wrote, in order."""
        with self.file.open("rb") as file:
            file.seek(_JOURNAL)
            magic, used, full, _, _ = _HEADER.unpack(file.read(_HEADER.size))
            assert magic in (_MAGIC, 0) and not full  # 0: FILL
            noted = file.read(used)
        found, at = [], 0
        while at < used:
            head, size = struct.unpack_from("<II", noted, at)
            at += 8
            kind, place = head >> 30, head & 0x3FFFFFFF
            data = b"" if kind == _ERASE else noted[at : at + size]
            at += (len(data) + 3) // 4 * 4
            if kind == WRITE:  # a file system may write several sectors at once
                found += [
                    Step(kind, place + i, len(data[i : i + _SECTOR]), data[i : i + _SECTOR])
                    for i in range(0, size, _SECTOR)
                ]
            else:
                found.append(Step(kind, place, size, data))
        return found

    def after(self, steps: list[Step], torn: bool) -> Iterator[tuple[int, int]]:
        """Sets the memory to that after each cut; yields how many steps and quarters were done."""
        for number, step in enumerate(steps):
            at = self.index(step.place)
            before = bytes(self.memory[at : at + step.size])
            for quarters in range(4 if torn else 1):
                self.memory[at : at + step.size] = step.done(before, quarters)
                yield number, quarters
            self.memory[at : at + step.size] = step.done(before, 4)
        yield len(steps), 0

    def digest(self) -> bytes:
        return hashlib.blake2b(self.memory).digest()


def start(
    firmware: Path,
    storage: Storage,
    script: str = "",
    bad: tuple[int, int] = (0, 0),
    paths: Iterable[str] | None = None,
) -> tuple[dict[str, tuple], str]:
    """Starts a board with this memory, of which `bad` keeps nothing, and lets it run a script.

    Returns its files, or of these `paths` those that are there, sizes and CRC-32 by path, and what
    else it printed.
    """
    storage.write(bad)
    listing = LIST + ("list_all()" if paths is None else f"list_those({list(paths)!r})")
    result = VirtualBoard(firmware, storage=storage.file).run_script(
        script + "print()\n" + listing
    )
    assert result.status == 0, result.stdout
    files, said = {}, []
    for line in result.stdout.splitlines():
        path, *numbers = line.split("\t")
        if numbers:
            files[path] = tuple(map(int, numbers))
        elif line.strip("."):  # a dot for each block that the start copied
            said.append(line)
    return files, "\n".join(said)


def own(files: Mapping[str, tuple]) -> dict[str, tuple]:
    """Without what is on its way, and without what heals, which install sends first."""
    helpers = ("inkling_heal.py", "inkling_rom.py", "inkling_trial.mpy")
    return {
        path: what
        for path, what in files.items()
        if "/.inkling-" not in path and not _SHORT.search(path) and not path.endswith(helpers)
    }
