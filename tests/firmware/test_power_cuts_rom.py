"""Power lost at every write and erase of ROMFS: the old or the new image, whole, every time.

The board runs host_tools/device's code on a flash of its own that goes away in the n-th write or
erase, for every n, after no part of it, a quarter, a half or three quarters, and then holds what
it held. Words are of 4 bytes, so that half a word may be there. The next deploy puts right what it
finds. Then each block in turn keeps nothing.

INKLING_CUTS=all does every cut; else every few are done, others in each run.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.device import file_system, rom, transfer
from host_tools.device.connection import Device, open_device
from host_tools.device.on_board import frozen_source, source
from host_tools.errors import CommandError
from host_tools.virtual_board import VirtualBoard

ALL = os.environ.get("INKLING_CUTS") == "all"
# of the cuts of one way to write, how many where not all are done
SOME = 8
QUARTERS = 4
BLOCK = 512

# takes the place of the module vfs in inkling_rom.py
FLASH = """
import vfs as real

class Flash:
    VfsRom = real.VfsRom
    mount = staticmethod(real.mount)
    umount = staticmethod(real.umount)

    def __init__(self, blocks, partly):
        self.data = bytearray(b"\\xff" * (512 * blocks))
        self.partly = partly  # erases any block, not from the start alone
        self.bad = -1
        self.left = -1  # writes and erases until the power goes; -1: never; -2: it is gone
        self.quarters = 0
        self.done = 0

    def put(self, at, size, value):
        # block by block: each is an erase of its own, and a write within it may be cut
        end = at + size
        while at < end:
            stop = min(end, at // 512 * 512 + 512)
            part = value(at, stop)
            if self.left == 0:
                # erasing starts at either side
                cut = len(part) * self.quarters // 4
                if self.quarters % 2 and all(byte == 255 for byte in part):
                    at, part = stop - cut, part[len(part) - cut :]
                self.data[at : at + cut] = part[:cut]
                self.left = -2
            if self.left == -2:
                raise OSError("the power is gone")
            self.left -= self.left > 0
            self.done += 1
            if at // 512 != self.bad:
                self.data[at:stop] = part
            at = stop

    def rom_ioctl(self, operation, *words):
        if operation == 1:
            return 1
        if operation == 2:
            return memoryview(self.data)
        if operation == 6:
            return 512 if self.partly else -22
        if operation == 3:
            at, size = words[1:] if len(words) > 2 else (0, words[1])
            size = (size + 511) // 512 * 512
            self.put(at, size, lambda a, b: b"\\xff" * (b - a))
            return 4
        if operation == 4:
            at, given = words[1:]
            assert at % 4 == 0 and len(given) % 4 == 0

            def bits(a, b):
                pairs = zip(self.data[a:b], given[a - at : b - at])
                return bytes(one & other for one, other in pairs)

            self.put(at, len(given), bits)
        return 0


vfs = Flash({blocks}, {partly})
"""

# net.ink, as the board's camera scripts would find it; None where nothing is mounted
FOUND = """
def found():
    try:
        with open("/rom/net.ink", "rb") as file:
            return file.read()
    except OSError:
        return None
"""
OLD = {"net.ink": b"old!" * 160, "other.txt": b"kept"}
NEW = {"net.ink": b"NEW." * 200}


class Board:
    """A board whose ROMFS is in a flash that can lose its power."""

    def __init__(self, device: Device, blocks: int, partly: bool) -> None:
        self.device = device
        device.exec(FLASH.format(blocks=blocks, partly=partly) + FOUND)

    def put(self, files: dict[str, bytes]) -> None:
        """As deploy does it."""
        device = self.device
        file_system.remove_rubbish(device, "/flash")
        partition = rom.open_partition(device, "/flash")
        assert partition
        image = rom.compose(rom.list_files(device, partition), files)
        place = rom.staging_place(device, partition, len(image.data))
        assert place is not None
        rom.write_image(device, place, partition, image, check=lambda start: None)

    def start(self) -> None:
        """The power is there again: the firmware mounts what it finds."""
        self.device.exec(
            "vfs.left = -1\n"
            "try: real.umount('/rom')\nexcept OSError: pass\n"
            "try: real.mount(real.VfsRom(memoryview(vfs.data)), '/rom')\nexcept OSError: pass"
        )

    def heal(self) -> bytes | None:
        """What the next deploy of any file finds, once it has looked."""
        file_system.remove_rubbish(self.device, "/flash")
        partition = rom.open_partition(self.device, "/flash")
        assert partition
        return self.found() if partition.used else None

    def found(self) -> bytes | None:
        return self.device.value("found()", {None, bytes})

    def names(self) -> list[str]:
        names: list[str] = self.device.value("sorted(os.listdir('/flash'))", [str])
        return names


@pytest.fixture
def device(virtual_board_firmware: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Device]:
    whole = frozen_source("inkling_rom")
    replaced = whole.replace("import vfs\n", "")
    assert replaced != whole
    # once: the functions stay
    codes = itertools.chain([replaced], itertools.repeat("unit = UNIT"))
    monkeypatch.setattr(rom, "frozen_source", lambda name: next(codes))
    monkeypatch.setattr(transfer, "PIECE", 512)
    with VirtualBoard(virtual_board_firmware) as board, open_device(board.port) as device:
        device.exec(frozen_source("inkling_heal"))
        device.exec(source("basics"))
        yield device


# where the new image waits: behind the old one; in a file, as there is no room behind it, or as
# the firmware erases from the start alone; nowhere, as there was none
@pytest.mark.parametrize(
    ("blocks", "partly", "old"),
    [(8, True, True), (3, True, True), (8, False, True), (8, True, False)],
    ids=["behind", "no room behind", "from the start alone", "none before"],
)
def test_after_a_cut_at_any_write_the_next_deploy_finds_the_old_image_or_the_new_one(
    device: Device,
    blocks: int,
    partly: bool,
    old: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    board = Board(device, blocks, partly)
    if old:
        board.put(OLD)
    device.exec("before = bytes(vfs.data)\nvfs.done = 0")
    board.put(NEW)
    count = device.value("vfs.done", int)
    cuts = list(itertools.product(range(count), range(QUARTERS)))
    if not ALL:
        # the last steps decide most
        last = [cut for cut in cuts if cut[0] >= count - 3]
        cuts = random.sample(cuts, SOME // 2) + random.sample(last, SOME // 2)
    before = OLD["net.ink"] if old else None
    told = {before: 0, NEW["net.ink"]: 0}
    for cut, quarters in cuts:
        device.exec(f"vfs.data[:] = before\nvfs.left = {cut}\nvfs.quarters = {quarters}")
        with pytest.raises(CommandError, match="the power is gone"):
            board.put(NEW)
        board.start()
        first = board.found()
        found = board.heal()
        assert found in told, (cut, quarters, first)
        told[found] += 1
        if old:
            assert device.value("open('/rom/other.txt').read()", str) == "kept", (cut, quarters)
        board.put(NEW)
        assert board.found() == NEW["net.ink"], (cut, quarters)
        assert device.value("staged()", {None, (int, int)}) is None
        assert board.names() == [], (cut, quarters)
    with capsys.disabled():
        print(f"\n{count} writes and erases, {len(cuts)} cuts: {sorted(told.values())}", end=" ")


@pytest.mark.parametrize("partly", [True, False])
def test_where_a_block_keeps_nothing_no_image_is_lost(device: Device, partly: bool) -> None:
    board = Board(device, 8, partly)
    board.put(OLD)
    device.exec("before = bytes(vfs.data)")
    bad = range(8)
    for block in bad if ALL else random.sample(bad, 3):
        device.exec(f"vfs.data[:] = before\nvfs.bad = {block}")
        try:
            board.put(NEW)
        except rom.Damaged as error:
            assert "that flash is worn out: use --to /flash" in str(error)
            whole = OLD["net.ink"]
        else:
            whole = NEW["net.ink"]
        board.start()
        if device.value("staged() is None", bool) and not board.names():
            assert board.found() == whole, block
        # else the front is worn out, and the new image waits elsewhere, whole
        device.exec("vfs.bad = -1")
        assert board.heal() in (OLD["net.ink"], NEW["net.ink"]), block
        board.put(NEW)
        assert board.found() == NEW["net.ink"], block
        assert board.names() == [], block
