"""Runs that are left in their middle by a soft reset or Ctrl-C: the next model is right."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import serial
from board_models import BoardMaker, Files
from conftest import SANITIZER, UNIX_BOARD
from firmware_builder import ROOT

from host_tools.pack import pack
from host_tools.romfs import build_romfs

PREDICT = "import inkling; m = inkling.Model('/rom/tiny.ink'); print(m.predict([[0] * 48]))"
RESET_WITHIN = """
import machine
class Picture:
    def width(self): return 4
    def height(self): return 4
    def format(self): return 0
    def bytearray(self): machine.soft_reset()
m.predict([Picture()])
"""
ENDLESS = """
import inkling
m = inkling.Model("/rom/cifar10.ink")
expected = bytes(m.predict([[0] * 3072])[0])
try:
    print("running")
    while True:
        m.run()
except KeyboardInterrupt:
    print(bytes(m.predict([[0] * 3072])[0]) == expected)
"""


def enter(port: serial.Serial, code: str) -> None:
    """Starts code in the raw REPL."""
    port.write(b"\x01")
    port.read_until(b"raw REPL; CTRL-B to exit\r\n>")
    port.write(code.encode() + b"\x04")


def test_a_soft_reset_within_a_prediction_leaves_a_board_that_predicts(
    new_board: BoardMaker, tiny: Files
) -> None:
    with new_board(tiny) as board, serial.Serial(board.port, timeout=20) as port:
        enter(port, PREDICT)
        expected = port.read_until(b"\x04").removeprefix(b"OK")
        assert expected.startswith(b"[array(")
        for _ in range(2):
            enter(port, PREDICT + RESET_WITHIN)
            assert b"soft reboot" in port.read_until(b"soft reboot")
            enter(port, PREDICT)
            assert port.read_until(b"\x04").endswith(expected)


def test_a_soft_reset_after_ctrl_c_in_a_run_leaves_a_board_that_predicts(
    new_board: BoardMaker, tiny: Files, cifar10: bytes
) -> None:
    with (
        new_board(tiny | {"cifar10.ink": cifar10}) as board,
        serial.Serial(board.port, timeout=20) as port,
    ):
        enter(port, PREDICT)
        expected = port.read_until(b"\x04").removeprefix(b"OK")
        enter(port, ENDLESS)
        port.read_until(b"running")
        time.sleep(0.05)
        port.write(b"\x03")
        assert port.read_until(b"\x04").endswith(b"True\r\n\x04")
        port.read_until(b">")
        port.write(b"\x04")  # nothing more to run: a soft reset
        assert b"soft reboot" in port.read_until(b"soft reboot")
        enter(port, PREDICT)
        assert port.read_until(b"\x04").endswith(expected)


def test_ctrl_c_leaves_a_run_on_the_unix_port(
    unix_port: Path, cifar10: bytes, tmp_path: Path
) -> None:
    (tmp_path / "romfs.img").write_bytes(build_romfs({"cifar10.ink": cifar10}))
    (tmp_path / "script.py").write_text(ENDLESS)
    with subprocess.Popen(
        [
            unix_port,
            "-X",
            "heapsize=4M",
            UNIX_BOARD,
            tmp_path / "romfs.img",
            tmp_path / "script.py",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "ASAN_OPTIONS": SANITIZER, "UBSAN_OPTIONS": "print_stacktrace=1"},
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "running\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "True\n"
        assert process.wait(timeout=60) == 0


@pytest.fixture(scope="session")
def cifar10() -> bytes:
    return pack(ROOT / "models/cifar10/cifar10.tflite")
