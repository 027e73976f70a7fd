"""Fixtures of the tests on boards: boards to run scripts on, files for /rom."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from board_models import (
    BOARDS,
    CORE_BOARDS,
    LABELS,
    BoardMaker,
    Files,
    Runner,
    UnixMaker,
    build_float,
    build_tiny,
    build_two,
    build_whole,
)
from firmware_builder import ROOT, build_firmware, build_natmod, make
from stm32_board import RAM_DISK, Stm32Board, build_stm32_firmware

from host_tools.pack import pack
from host_tools.romfs import build_romfs
from host_tools.virtual_board import VirtualBoard

# the collector looks for pointers on the real stack, and ends by leaving all that lives
SANITIZER = "detect_stack_use_after_return=0:detect_leaks=0"
UNIX_BOARD = Path(__file__).with_name("unix_board.py")


@pytest.fixture(scope="session", params=[board for board in BOARDS if board != "single"])
def new_board(request: pytest.FixtureRequest) -> BoardMaker:
    """Makes a virtual board that has `inkling`; what uses it runs on all of these."""
    return board_maker(request, request.param)


@pytest.fixture(scope="session")
def native_module() -> Path:
    return build_natmod()


@pytest.fixture(scope="session")
def small_blob(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our network for a board with little memory: its convolutions are direct ones."""
    blob = tmp_path_factory.mktemp("small") / "cifar10.ink"
    blob.write_bytes(
        pack(ROOT / "models/cifar10/cifar10.tflite", target="cortex-m7", flash=96 * 1024)
    )
    return blob


@pytest.fixture(scope="session")
def unix_port() -> Path:
    """MicroPython with Inkling as a program of this computer, under sanitizers."""
    done = make("firmware-unix", "SANITIZE=1")
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@pytest.fixture
def unix_with(unix_port: Path, tmp_path: Path) -> UnixMaker:
    """Makes a runner on MicroPython's unix port with a heap of so many bytes beside /rom."""
    return lambda heap: unix_runner(unix_port, tmp_path, heap)


@pytest.fixture(scope="session")
def stm32_firmware() -> Path:
    """MicroPython's STM32 port with Inkling, for a board that QEMU has; skips without."""
    return build_stm32_firmware()


@pytest.fixture(params=[*BOARDS, "unix", "stm32"])
def on_board(request: pytest.FixtureRequest, tmp_path: Path) -> Runner:
    """Runs a script with these files in /rom, headless; gives what it printed.

    Fails the test when the script ends with an exception.
    """
    if request.param == "unix":
        return unix_runner(request.getfixturevalue("unix_port"), tmp_path)
    if request.param == "stm32":
        return stm32_runner(request.getfixturevalue("stm32_firmware"))
    new_board = board_maker(request, request.param)

    def run(
        script: str, files: Mapping[str, bytes | Path] | None = None, *, icount: bool = False
    ) -> str:
        result = new_board(files, icount=icount).run_script(script, timeout=100)
        assert result.status == 0, result.stdout
        return result.stdout

    return run


def board_maker(request: pytest.FixtureRequest, board: str) -> BoardMaker:
    """Makes one of BOARDS with files in /rom, counting instructions or not."""
    module: Files = {}
    kind = VirtualBoard
    if board == "firmware":
        firmware = request.getfixturevalue("virtual_board_firmware")
    elif board == "single":
        firmware = build_firmware(FPU="single", OBJECTS="C")
    else:
        _, _, core = board.partition("-")
        firmware = build_firmware(STOCK="1", CORE=core or "m7")
        module = {"inkling.mpy": build_natmod()}
        kind = CORE_BOARDS[core] if core else VirtualBoard

    def new_board(
        romfs: Mapping[str, bytes | Path] | None = None, *, icount: bool = False
    ) -> VirtualBoard:
        return kind(firmware, romfs={**module, **(romfs or {})}, icount=icount)

    return new_board


def unix_runner(program: Path, folder: Path, heap: int = 2 << 20) -> Runner:
    """The same on MicroPython's unix port, with its files in this folder."""

    def run(script: str, files: Mapping[str, bytes | Path] | None = None) -> str:
        image = build_romfs(files or {})
        (folder / "romfs.img").write_bytes(image)
        (folder / "script.py").write_text(script)
        command = [program, "-X", f"heapsize={len(image) + heap}", UNIX_BOARD]
        done = subprocess.run(
            [*command, folder / "romfs.img", folder / "script.py"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
            env={**os.environ, "ASAN_OPTIONS": SANITIZER, "UBSAN_OPTIONS": "print_stacktrace=1"},
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


def stm32_runner(firmware: Path) -> Runner:
    """The same on QEMU's STM32L475."""

    def run(script: str, files: Mapping[str, bytes | Path] | None = None) -> str:
        disk = RAM_DISK if "/flash" in script else ""
        with Stm32Board(firmware, romfs=files) as board:
            return board.exec(disk + script, timeout=100)

    return run


@pytest.fixture(scope="session")
def tiny_model() -> bytes:
    return build_tiny()


@pytest.fixture(scope="session")
def tiny(tiny_model: bytes) -> Files:
    """Files for /rom with the tiny model in tiny.ink."""
    return {"tiny.ink": pack(tiny_model, labels=LABELS, name="tiny")}


@pytest.fixture(scope="session")
def two() -> Files:
    return {"two.ink": pack(build_two(), name="two")}


@pytest.fixture(scope="session")
def real_valued() -> Files:
    return {"float.ink": pack(build_float(), name="float")}


@pytest.fixture(scope="session")
def whole() -> Files:
    return {"whole.ink": pack(build_whole(), name="whole")}
