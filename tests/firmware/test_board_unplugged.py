"""The board is unplugged at random moments: QEMU is killed and started again with its memory.

INKLING_KILLS is how often each of these is done (default: a few).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tflite_builder import ModelBuilder

from host_tools import cli
from host_tools.device import rom, transfer
from host_tools.device.connection import Device
from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard

KILLS = int(os.environ.get("INKLING_KILLS", "1"))
# from the kill to the end of the command; only a guard
MOST_SECONDS = 60


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two networks that differ, under one file name."""
    paths = {}
    for seed, name in enumerate(("old", "new")):
        rng = np.random.default_rng(seed)
        builder = ModelBuilder(name)
        left = builder.tensor((1, 64), scale=1 / 128, zero_point=-1)
        weights = builder.tensor((40, 64), scale=0.02, data=rng.integers(-127, 128, (40, 64)))
        right = builder.tensor((1, 40), scale=0.1, zero_point=3)
        builder.operator("FULLY_CONNECTED", [left, weights, -1], [right])
        paths[name] = tmp_path_factory.mktemp(name) / "net.ink"
        paths[name].write_bytes(pack(builder.build([left], [right]), name=name))
    return paths


class Bench:
    """A board whose memory is in a file, and commands during which it may be killed.

    The moment is told by what the computer has sent by then: a time would mean another step on a
    busy computer.
    """

    def __init__(self, firmware: Path, storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.firmware, self.storage = firmware, storage
        self.random = random.Random()
        self.sent, self.last, self.seconds = 0, -1, 0.0
        self.kill: Callable[[], None] = lambda: None
        exec_ = Device.exec

        def counted(device: Device, code: str, **options: Any) -> str:
            self.sent += 1
            self.kill_at(self.sent)
            return exec_(device, code, **options)

        monkeypatch.setattr(Device, "exec", counted)

    def kill_at(self, sent: int) -> None:
        """Where this is the step chosen, kills the board within it or the one after it."""
        if sent == self.last:
            self.timer = threading.Timer(self.random.uniform(0, self.seconds), self.kill)
            self.timer.start()

    def board(self) -> VirtualBoard:
        return VirtualBoard(self.firmware, storage=self.storage)

    def whole(self, *words: str | Path, option: str = "--port") -> int:
        """Runs a command to its good end; returns how often it sends something."""
        self.sent, self.last = 0, -1
        begin = time.monotonic()
        with self.board() as board:
            assert cli.main([*map(str, words), option, board.port]) == 0
        self.seconds = 2 * (time.monotonic() - begin) / self.sent
        return self.sent

    def killed(
        self, capsys: pytest.CaptureFixture[str], steps: range, *words: str | Path, option: str
    ) -> bool:
        """Runs a command, kills the board in one of `steps`; returns whether it was in time."""
        capsys.readouterr()
        with self.board() as board:
            assert board._process
            self.sent, self.last = 0, self.random.choice(steps)
            process, at = board._process, []

            def kill() -> None:
                process.kill()
                at.append(time.monotonic())

            self.kill = kill
            self.kill_at(0)
            code = cli.main([*map(str, words), option, board.port])
            ended = time.monotonic()
            self.timer.join()
        printed = capsys.readouterr()
        assert code in (0, 1)
        assert ended - at[0] < MOST_SECONDS
        if code:
            assert printed.err.startswith("host_tools: /dev/"), printed.err
            assert printed.err.count("\n") == 1, printed.err
        return code == 1


@pytest.fixture
def bench(virtual_board_firmware: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(transfer, "PIECE", 512)  # several pieces of small networks
    return Bench(virtual_board_firmware, tmp_path / "storage", monkeypatch)


# what the next deploy to the folder removes
RUBBISH = {
    f".inkling-{name}" for name in ("net.ink.part", "model.ink.part", "moves", "moves.part")
}


def name_of(board: VirtualBoard, folder: str) -> str:
    """The name of the model in net.ink, verified and run; "none" where there is none."""
    return board.exec(
        "import inkling\n"
        "try:\n"
        f"  model = inkling.Model('{folder}/net.ink')\n"
        "  model.run()\n"
        "  print(model.name)\n"
        "except OSError:\n"
        "  print('none')"
    ).strip()


def names(board: VirtualBoard, folder: str) -> list[str]:
    printed = board.exec(f"import os\nfor name in sorted(os.listdir('{folder}')): print(name)")
    return printed.split()


# what boot.py mounts, as boards with a card do: FAT in memory that survives
FAT = """
import uctypes, vfs

class Disk:
    def __init__(self):
        self.memory = memoryview(uctypes.bytearray_at(0x60100000, 1 << 19))

    def readblocks(self, block, buffer):
        buffer[:] = self.memory[block * 512 : block * 512 + len(buffer)]

    def writeblocks(self, block, buffer):
        part = self.memory[block * 512 : block * 512 + len(buffer)]
        part[:] = buffer

    def ioctl(self, operation, argument):
        return 1024 if operation == 4 else 512 if operation == 5 else 0

disk = Disk()
try:
    vfs.mount(disk, '/sdcard')
except OSError:
    vfs.VfsFat.mkfs(disk)
    vfs.mount(disk, '/sdcard')
"""
# a commit that takes longer than all else, so that many kills fall into it
SLOW_COMMIT = """
import time
put_quickly = put_first
def put_first(first):
    time.sleep(2)
    put_quickly(first)
"""


@pytest.mark.parametrize("place", ["/rom", "/rom, slowly", "/flash", "/sdcard"])
def test_a_board_unplugged_while_deploying_has_the_old_blob_or_the_new_one(
    bench: Bench,
    blobs: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    folder, _, slowly = place.partition(", ")
    if folder == "/sdcard":
        with bench.board() as board:
            board.exec(f"with open('/flash/boot.py', 'w') as f: f.write({FAT!r})")
    other = tmp_path / "other.txt"
    other.write_text("kept")
    bench.whole("deploy", blobs["old"], other, "--to", folder)
    if slowly:
        whole = rom.source
        monkeypatch.setattr(rom, "source", lambda name: whole(name) + SLOW_COMMIT)
    count = bench.whole("deploy", blobs["new"], "--to", folder)
    steps = range(count - 4 if slowly else 0, count + 1)
    there, in_time, changed, restored = "new", 0, 0, 0
    for number in range(KILLS):
        sent = "old" if there == "new" else "new"
        words = ["deploy", blobs[sent], "--to", folder]
        in_time += bench.killed(capsys, steps, *words, option="--port")
        with bench.board() as board:
            name = name_of(board, folder)
        if name == "none" and folder != "/flash":
            # killed while the board replaced the old one: the next deploy finishes it
            restored += 1
            bench.whole("deploy", other, "--to", folder)
            with bench.board() as board:
                name = name_of(board, folder)
            assert name == sent
        assert name in ("old", "new"), number
        changed += name != there
        there = name
        with bench.board() as board:
            assert set(names(board, folder)) - RUBBISH == {"net.ink", "other.txt"}
            assert board.exec(f"print(open('{folder}/other.txt').read())") == "kept\n"
    bench.whole("deploy", blobs["old"], "--to", folder)
    with bench.board() as board:
        assert name_of(board, folder) == "old"
        assert names(board, folder) == ["net.ink", "other.txt"]
        assert set(names(board, "/flash")) <= {"net.ink", "other.txt", "boot.py"}
    with capsys.disabled():
        print(f"\n{place}: {KILLS} kills, {in_time} in time, {changed} new, {restored} restored")


def test_a_board_unplugged_while_validating_is_told_and_keeps_its_files(
    bench: Bench, blobs: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("kept")
    bench.whole("deploy", blobs["old"], other, "--to", "/flash")
    words = ["validate", blobs["new"], "--count", "3"]
    bench.whole(*words, option="--on")  # the first one compiles the computer's side
    steps = range(bench.whole(*words, option="--on") + 1)
    in_time = 0
    for _ in range(KILLS):
        in_time += bench.killed(capsys, steps, *words, option="--on")
        with bench.board() as board:
            assert name_of(board, "/flash") == "old"
            assert set(names(board, "/flash")) - RUBBISH == {"net.ink", "other.txt"}
    bench.whole(*words, option="--on")
    with bench.board() as board:
        assert names(board, "/flash") == ["net.ink", "other.txt"]
    with capsys.disabled():
        print(f"\nvalidate: {KILLS} kills, {in_time} in time")


def test_a_board_unplugged_while_its_script_runs_is_told(
    virtual_board_firmware: Path, tmp_path: Path
) -> None:
    script = tmp_path / "endless.py"
    script.write_text("print('runs')\nwhile True:\n    pass\n")
    with VirtualBoard(virtual_board_firmware) as board:
        command = [sys.executable, "-m", "host_tools", "deploy", str(script), "--run", str(script)]
        with subprocess.Popen(
            [*command, "--port", board.port],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout and process.stderr and board._process
            while process.stdout.readline() != "runs\n":
                pass
            board._process.kill()
            assert process.wait(timeout=MOST_SECONDS) == 1
            said = process.stderr.read()
    assert said.startswith("host_tools: /dev/")
    assert ": the board went away or stopped answering (" in said
    assert said.count("\n") == 1
