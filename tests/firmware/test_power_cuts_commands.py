"""Power lost at every write of whole commands, `deploy` and `install`: all old or all new.

Each command runs once on a board that notes its writes and erases; then a board starts with the
memory after each cut, torn ones too. The start itself heals; it is cut too, at each of its own
writes, and so on until nothing new comes of it. A torn sector of a folder on FAT may show names
that are none: after such cuts only the files that matter are looked at.

INKLING_CUTS=all does every cut; else some are done, others in each run, and on FAT the first of
those that come between the linking of a folder's new sector and its clearing.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterable
from pathlib import Path

import pytest
from board_models import build_tiny, build_two
from firmware_builder import build_firmware, build_natmod
from power_cuts import FILL, FLASH_SIZE, ROM, WRITE, Step, Storage, own, start

from host_tools import cli, native_module
from host_tools.commands import install as install_command
from host_tools.device import rom
from host_tools.device.connection import Device
from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard

ALL = os.environ.get("INKLING_CUTS") == "all"
LONG = pytest.mark.skipif(not ALL, reason="INKLING_CUTS=all: minutes")
SOME = 1
GROWTHS = 2
# what takes the old ones' place comes last
LAST = 60

# a boot sector, a table of seven, and a top folder of 32, by 512 bytes
FAT_END = 8 * 512
FORMAT_FAT = """
import __main__, os, vfs
os.chdir("/")
vfs.umount("/flash")
vfs.VfsFat.mkfs(__main__.RamDisk())
vfs.mount(vfs.VfsFat(__main__.RamDisk()), "/flash")
os.chdir("/flash")
"""
# Names until what FAT gave a folder first is full: one entry each, and two of its own.
FILL_UP = """
os.mkdir({folder!r})
for number in range(os.statvfs("/flash")[0] // 32 - 3):
    open("{folder}/%d.txt" % number, "w").close()
with open("{folder}/net.ink", "w") as file:
    file.write("old")
"""
# An entry of a folder as FAT has it: what would show of sectors that are linked uncleared.
STALE = b"STALE   TXT\x20" + bytes(14) + (9).to_bytes(2, "little") + (600).to_bytes(4, "little")
# stock firmware runs nothing of ours before this
IMPORT = """
try:
    import inkling
except ImportError:
    pass
"""


class Bench:
    """Runs commands on a board whose storage notes what they write."""

    def __init__(self, firmware: Path, storage: Storage, script: str = "") -> None:
        self.firmware, self.storage, self.script = firmware, storage, script

    def run(self, *words: str | Path, bad: tuple[int, int] = (0, 0)) -> int:
        self.storage.write(bad)
        with VirtualBoard(self.firmware, storage=self.storage.file) as board:
            code = cli.main([*map(str, words), "--port", board.port])
        self.storage.read()
        return code

    def start(self, paths: Iterable[str] | None = None) -> tuple[dict[str, tuple], str]:
        return start(self.firmware, self.storage, self.script, paths=paths)


def cut_everywhere(bench: Bench, fat: bool, *words: str | Path, again: int | None = None) -> str:
    """Cuts a command, and the starts after it; checks what is there; returns the counts.

    Of the cuts of a start that follows a cut so many are made, and those starts are not cut; None:
    all, and so on. On FAT no start is cut after a torn one.
    """
    storage = bench.storage
    before = bytes(storage.memory)
    old = own(bench.start()[0])
    assert bench.run(*words) == 0
    steps = storage.steps()
    done = bytes(storage.memory)
    new = own(bench.start()[0])
    assert old != new
    storage.memory[:] = before
    known = sorted({*old, *new})
    count = {"old": 0, "new": 0, "again": 0, "torn": 0}
    places = list(storage.after(steps, not fat))
    assert bytes(storage.memory) == done  # the journal tells all
    grows = folders_grow(steps) if fat else []  # littlefs has no such folders
    chosen = set(places)
    if not ALL:
        last = places[-LAST:]
        chosen = {*random.sample(places, SOME), *random.sample(last, min(SOME, len(last)))}
        chosen |= {(number, 0) for number in grows[:GROWTHS]}
    if fat:
        torn = list(itertools.product(range(len(steps)), range(1, 4)))
        chosen |= set(torn if ALL else random.sample(torn, SOME))
    storage.memory[:] = before
    seen: set[bytes] = set()
    grown = []
    for place in storage.after(steps, True):
        if place not in chosen:
            continue
        after_cut = bytes(storage.memory)
        if fat and place[1]:
            files, said = bench.start(known)
            assert files in (old, new) and not said, (place, said)
            count["torn"] += 1
            continue
        if place[0] in grows:
            grown.append(after_cut)
        pending = [(after_cut, 0)]
        while pending:
            state, depth = pending.pop()
            storage.memory[:] = state
            key = storage.digest()
            if key in seen:
                continue
            seen.add(key)
            files, said = bench.start()
            found = own(files)
            assert found in (old, new), (place, said, set(found.items()) ^ set(new.items()))
            assert not said, (place, said)
            count["again" if depth else "new" if found == new else "old"] += 1
            healed = storage.steps()
            storage.memory[:] = state
            cuts = list(storage.after(healed, not fat))
            if not ALL:
                taken = set(random.sample(cuts, max(0, min(2, len(cuts), SOME - count["again"]))))
            elif again is None:
                taken = set(cuts)
            else:
                taken = set(random.sample(cuts, min(again, len(cuts)))) if depth == 0 else set()
            storage.memory[:] = state
            for cut in storage.after(healed, not fat) if healed else ():
                if cut in taken:
                    pending.append((bytes(storage.memory), depth + 1))
        storage.memory[:] = after_cut
    for state in grown if ALL else ():
        storage.memory[:] = state
        assert bench.run(*words) == 0
        files, said = bench.start()
        assert own(files) == new and not said
    storage.memory[:] = done
    growing = f", {len(grows)} as a folder grows" if grows else ""
    return f"{len(steps)} writes and erases{growing}, {count}"


def folders_grow(steps: list[Step]) -> list[int]:
    """The writes that clear a folder's new sector, just after FAT's table has linked it."""
    return [
        number
        for number, (before, step) in enumerate(itertools.pairwise(steps), 1)
        if before.kind == WRITE and before.place < FAT_END and not any(step.data)
    ]


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two networks under one file name."""
    paths = {}
    for name, model in (("old", build_two()), ("new", build_tiny())):
        paths[name] = tmp_path_factory.mktemp(name) / "net.ink"
        paths[name].write_bytes(pack(model, name=name))
    return paths


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "storage")


def prepare(
    firmware: Path, storage: Storage, system: str, script: str = "", full: str | None = None
) -> Bench:
    """A board with this file system, and in it, if asked, a folder with names to its very end."""
    fat = system.startswith("FAT")
    if fat:
        storage.memory[:FLASH_SIZE] = STALE * (FLASH_SIZE // len(STALE))
    setups = [FORMAT_FAT if fat else ""]
    if full:
        setups.append("import os" + FILL_UP.format(folder=full))
    for setup in setups:
        storage.write()
        made = VirtualBoard(firmware, storage=storage.file).run_script(setup)
        assert made.status == 0, made.stdout
        storage.read()
        if setup == FORMAT_FAT and system.endswith("2 KB clusters"):
            storage.memory[13] = 4
    return Bench(firmware, storage, script + FILL if fat else script)


PLACES = [
    ("littlefs", "/flash"),
    ("FAT", "/flash"),
    ("FAT", "/flash/nets, full"),
    ("littlefs", "/rom, staged behind"),
    ("littlefs", "/rom, staged in a file"),
    ("FAT", "/rom, staged in a file"),
]


def prepare_place(
    firmware: Path, storage: Storage, system: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    """A board for one of PLACES."""
    if place.endswith("file"):
        stage_in_files(monkeypatch)
    full = folder_of(place) if place.endswith("full") else None
    return prepare(firmware, storage, system, full=full)


def folder_of(place: str) -> str:
    return place.partition(",")[0]


@pytest.mark.parametrize(("system", "place"), PLACES)
def test_deploy_cut_at_any_write_leaves_the_old_files_or_the_new_ones(
    virtual_board_firmware: Path,
    storage: Storage,
    blobs: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    system: str,
    place: str,
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("kept")
    bench = prepare_place(virtual_board_firmware, storage, system, place, monkeypatch)
    folder = folder_of(place)
    if not place.endswith("full"):
        assert bench.run("deploy", blobs["old"], other, "--to", folder) == 0
    # where a start copies files, it may be cut in too many ways
    again = 4 if system == "FAT" and folder.startswith("/flash") else None
    words = ("deploy", blobs["new"], "--to", folder)
    told = cut_everywhere(bench, system == "FAT", *words, again=again)
    with capsys.disabled():
        print(f"\ndeploy, {system}, {place}: {told}", end=" ")


def stage_in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the firmware erases the partition from its start alone."""
    whole = rom.source
    monkeypatch.setattr(rom, "source", lambda name: whole(name) + "\nblock = 0\n")
    opened = rom.open_partition

    def without_blocks(device: Device, files: str) -> rom.Partition | None:
        partition = opened(device, files)
        return partition and rom.Partition(partition.size, 0, partition.used, files)

    monkeypatch.setattr(rom, "open_partition", without_blocks)


@pytest.mark.parametrize(
    ("system", "what"),
    [
        ("littlefs", "again"),
        pytest.param("FAT", "again", marks=LONG),
        pytest.param("littlefs", "first", marks=LONG),
        pytest.param("FAT", "first", marks=LONG),
        ("FAT", "first, lib is full"),
        pytest.param("FAT, 2 KB clusters", "first, lib is full", marks=LONG),
    ],
)
def test_install_cut_at_any_write_leaves_all_old_files_or_all_new_ones(
    storage: Storage,
    blobs: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    system: str,
    what: str,
) -> None:
    whole, small = build_natmod(), tmp_path / "inkling.mpy"
    built = build_natmod(str(blobs["new"]))
    for name in (small.name, native_module.WORDS):
        (tmp_path / name).write_bytes(built.with_name(name).read_bytes())
    full = "/flash/lib" if what.endswith("full") else None
    bench = prepare(build_firmware(STOCK="1"), storage, system, IMPORT, full)
    if what == "again":
        older(monkeypatch, tmp_path, whole)
        assert bench.run("install", blobs["old"]) == 0
        monkeypatch.undo()
    monkeypatch.setattr(native_module, "take", lambda _: small)
    told = cut_everywhere(bench, system != "littlefs", "install", blobs["new"], again=2)
    with capsys.disabled():
        print(f"\ninstall, {system}, {what}: {told}", end=" ")


def older(monkeypatch: pytest.MonkeyPatch, folder: Path, module: Path) -> None:
    """What install takes is another module and another script."""
    script = folder / "classify.py"
    script.write_text("# an older one\n")
    monkeypatch.setattr(install_command, "SCRIPT", script)
    monkeypatch.setattr(native_module, "take", lambda _: module)


@pytest.mark.parametrize(("system", "place"), PLACES)
def test_where_a_block_keeps_nothing_deploy_leaves_the_old_files_or_the_new_ones(
    virtual_board_firmware: Path,
    storage: Storage,
    blobs: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    system: str,
    place: str,
) -> None:
    bench = prepare_place(virtual_board_firmware, storage, system, place, monkeypatch)
    folder = folder_of(place)
    if not place.endswith("full"):
        assert bench.run("deploy", blobs["old"], "--to", folder) == 0
    told = break_blocks(bench, "deploy", blobs["new"], "--to", folder)
    with capsys.disabled():
        print(f"\ndeploy, {system}, {place}: {told}", end=" ")


def test_where_a_block_keeps_nothing_a_file_of_one_sector_is_the_old_one_or_the_new_one(
    virtual_board_firmware: Path, storage: Storage, tmp_path: Path
) -> None:
    """Of which FAT's table says but that its sector is taken, and that is not read with it."""
    file = tmp_path / "note.txt"
    bench = prepare(virtual_board_firmware, storage, "FAT")
    for text in ("first", "second, and longer" * 40):
        file.write_text(text)
        before = bytes(storage.memory)
        break_blocks(bench, "deploy", file, "--to", "/flash", among=range(FAT_END))
        storage.memory[:] = before
        assert bench.run("deploy", file, "--to", "/flash") == 0


@pytest.mark.parametrize(
    ("system", "what"),
    [
        ("littlefs", "first"),
        pytest.param("littlefs", "again", marks=LONG),
        ("FAT", "first"),
        ("FAT", "again"),
    ],
)
def test_where_a_block_keeps_nothing_install_leaves_all_old_files_or_all_new_ones(
    storage: Storage,
    blobs: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    system: str,
    what: str,
) -> None:
    small = build_natmod(str(blobs["new"]))
    bench = prepare(build_firmware(STOCK="1"), storage, system, IMPORT)
    if what == "again":
        older(monkeypatch, tmp_path, build_natmod())
        assert bench.run("install", blobs["old"]) == 0
        monkeypatch.undo()
    monkeypatch.setattr(native_module, "take", lambda _: small)
    told = break_blocks(bench, "install", blobs["new"])
    with capsys.disabled():
        print(f"\ninstall, {system}, {what}: {told}", end=" ")


def break_blocks(bench: Bench, *words: str | Path, among: range | None = None) -> str:
    """Runs a command with each block that it writes as one that keeps nothing; the counts.

    `among` are the places of those that are always tried, where not all are.
    """
    storage = bench.storage
    before = bytes(storage.memory)
    old = own(bench.start()[0])
    assert bench.run(*words) == 0
    blocks = sorted({block_of(step.place) for step in storage.steps()})
    new = own(bench.start()[0])
    count = {"old": 0, "new": 0, "waits": 0}
    if among is None:
        named = [block for block in blocks if has_names(storage, block)]
        some = {*random.sample(blocks, 1), *random.sample(named, min(1, len(named)))}
    else:
        some = {block for block in blocks if block[0] in among}
    chosen = blocks if ALL else sorted(some)
    for block in chosen:
        storage.memory[:] = before
        code = bench.run(*words, bad=block)
        files, said = start(bench.firmware, storage, bench.script, block)
        found = own(files)
        if found not in (old, new):
            # the front of /rom is worn out: the new image waits elsewhere, whole
            assert code == 1 and block[0] >= ROM and found == {}, (block, files, said)
            count["waits"] += 1
            storage.read()
            found = own(bench.start()[0])
            assert found == new, block
            continue
        assert found == (old if code else new) and not said, (block, code, said)
        count["old" if code else "new"] += 1
    return f"{len(chosen)} blocks of {len(blocks)}: {count}"


def has_names(storage: Storage, block: tuple[int, int]) -> bool:
    """Whether a sector of a FAT's folder lies there, by the attributes of all entries in it."""
    at = storage.index(block[0])
    sector = storage.memory[at : at + block[1] - block[0]]
    attributes = {sector[start + 11] for start in range(0, len(sector), 32) if sector[start]}
    return bool(attributes) and attributes <= {0x0F, 0x10, 0x20}


def block_of(place: int) -> tuple[int, int]:
    size = 4096 if place >= ROM else 512
    return place // size * size, place // size * size + size
