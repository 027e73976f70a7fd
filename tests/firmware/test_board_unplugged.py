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
from pathlib import Path

import numpy as np
import pytest
from tflite_builder import ModelBuilder

from host_tools import cli
from host_tools.device import transfer
from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard

KILLS = int(os.environ.get("INKLING_KILLS", "2"))
# from the kill to the end of the command
MOST_SECONDS = 10


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
    """A board whose memory is in a file, and commands during which it may be killed."""

    def __init__(self, firmware: Path, storage: Path) -> None:
        self.firmware, self.storage = firmware, storage
        self.random = random.Random(0)

    def board(self) -> VirtualBoard:
        return VirtualBoard(self.firmware, storage=self.storage)

    def whole(self, *words: str | Path, option: str = "--port") -> float:
        """Runs a command to its good end; returns its seconds."""
        with self.board() as board:
            begin = time.monotonic()
            assert cli.main([*map(str, words), option, board.port]) == 0
            return time.monotonic() - begin

    def killed(
        self, capsys: pytest.CaptureFixture[str], seconds: float, *words: str | Path, option: str
    ) -> bool:
        """Runs a command and kills the board within `seconds`; returns whether it was in time."""
        capsys.readouterr()
        with self.board() as board:
            process = board._process
            assert process
            timer = threading.Timer(self.random.uniform(0, seconds), process.kill)
            begin = time.monotonic()
            timer.start()
            code = cli.main([*map(str, words), option, board.port])
            took = time.monotonic() - begin
            timer.join()
        printed = capsys.readouterr()
        assert took < seconds + MOST_SECONDS
        assert code in (0, 1)
        if code:
            assert printed.err.startswith("host_tools: /dev/"), printed.err
            assert printed.err.count("\n") == 1, printed.err
        return code == 1


@pytest.fixture
def bench(virtual_board_firmware: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(transfer, "PIECE", 512)  # several pieces of small networks
    return Bench(virtual_board_firmware, tmp_path / "storage")


def state(board: VirtualBoard, folder: str) -> tuple[str, list[str]]:
    """The name of the model in net.ink, verified and run, and the names in /flash."""
    code = f"""
import os, inkling
try:
    model = inkling.Model('{folder}/net.ink')
    model.run()
    print(model.name)
    print(open('{folder}/other.txt').read())
except OSError as e:
    print(e)
    print('kept')
print(os.listdir('/flash'))
"""
    name, other, names = board.exec(code).splitlines()
    assert other == "kept"
    listed = [word.strip(" '") for word in names.strip("[]").split(",")]
    return name, [word for word in listed if word]


@pytest.mark.parametrize("folder", ["/rom", "/flash"])
def test_a_board_unplugged_while_deploying_has_the_old_blob_or_the_new_one(
    bench: Bench,
    blobs: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    folder: str,
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("kept")
    bench.whole("deploy", blobs["old"], other, "--to", folder)
    seconds = bench.whole("deploy", blobs["new"], "--to", folder)
    there, in_time, changed, restored = "new", 0, 0, 0
    for number in range(KILLS):
        other_name = "old" if there == "new" else "new"
        in_time += bench.killed(
            capsys, 1.1 * seconds, "deploy", blobs[other_name], "--to", folder, option="--port"
        )
        with bench.board() as board:
            name, names = state(board, folder)
        if folder == "/rom" and name.startswith("[Errno"):
            # killed while the board copied the staged image: the next deploy brings it back
            restored += 1
            bench.whole("deploy", other, "--to", folder)
            with bench.board() as board:
                name, names = state(board, folder)
            assert name == other_name
        assert name in ("old", "new"), number
        changed += name != there
        there = name
        if folder == "/rom":
            assert names == []
        else:
            assert [n for n in names if not n.startswith(".inkling-")] == ["net.ink", "other.txt"]
            assert len(names) <= 3
    bench.whole("deploy", blobs["old"], "--to", folder)
    with bench.board() as board:
        assert state(board, folder) == (
            "old",
            [] if folder == "/rom" else ["net.ink", "other.txt"],
        )
    with capsys.disabled():
        print(f"\n{folder}: {KILLS} kills, {in_time} in time, {changed} new, {restored} restored")


def test_a_board_unplugged_while_validating_is_told_and_keeps_its_files(
    bench: Bench, blobs: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("kept")
    bench.whole("deploy", blobs["old"], other, "--to", "/flash")
    words = ["validate", blobs["new"], "--count", "3"]
    bench.whole(*words, option="--on")  # the first one compiles the computer's side
    seconds = bench.whole(*words, option="--on")
    in_time = 0
    for _ in range(KILLS):
        in_time += bench.killed(capsys, 1.1 * seconds, *words, option="--on")
        with bench.board() as board:
            name, names = state(board, "/flash")
        assert name == "old"
        assert set(names) - {".inkling-model.ink.part"} == {"net.ink", "other.txt"}
    bench.whole(*words, option="--on")
    with bench.board() as board:
        assert state(board, "/flash") == ("old", ["net.ink", "other.txt"])
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
