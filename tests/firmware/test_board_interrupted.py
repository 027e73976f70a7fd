"""Ctrl-C at random moments, and boards in whatever state a user left them: the REPL comes back.

INKLING_KILLS is how often each command is interrupted (default: once).
"""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from board_models import LABELS
from firmware_builder import build_firmware, build_natmod
from tflite_builder import ModelBuilder

from host_tools import cli
from host_tools.device import connection
from host_tools.device.connection import open_device
from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard

COUNT = int(os.environ.get("INKLING_KILLS", "1"))
# only a guard
MOST_SECONDS = 30


@pytest.fixture(scope="module")
def board(virtual_board_firmware: Path) -> Iterator[VirtualBoard]:
    with VirtualBoard(virtual_board_firmware) as board:
        yield board


@pytest.fixture
def blob(tiny_model: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "net.ink"
    path.write_bytes(pack(tiny_model, labels=LABELS, name="tiny"))
    return path


def converse(board: VirtualBoard, typed: bytes, answer: bytes) -> None:
    """Types at the board's port; fails where the answer does not come."""
    descriptor, got = os.open(board.port, os.O_RDWR | os.O_NOCTTY), b""
    try:
        os.write(descriptor, typed)
        while answer not in got:
            assert select.select([descriptor], [], [], MOST_SECONDS)[0], got
            got += os.read(descriptor, 4096)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("words", ["deploy --to /rom", "deploy --to /flash", "validate"])
def test_ctrl_c_at_any_moment_leaves_the_repl_and_nothing_half_written(
    board: VirtualBoard, blob: Path, tmp_path: Path, words: str
) -> None:
    other = tmp_path / "other.bin"
    script = (
        "import sys; from host_tools import cli\n"
        "print('begins', flush=True); sys.exit(cli.main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, *words.split(), str(blob)]
    command += [str(other), "--port", board.port] if "deploy" in words else ["--on", board.port]
    whole = 0.0
    for number in range(COUNT + 1):
        other.write_bytes(random.randbytes(20_000))
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            assert process.stdout.readline() == "begins\n"
            begin = time.monotonic()
            if number:  # the first one tells how long it takes
                time.sleep(random.uniform(0, whole))
                process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=MOST_SECONDS)[1]
        whole = whole or time.monotonic() - begin
        if not number:
            assert (process.returncode, said) == (0, "")
        # after its last line, Python itself ends by the signal
        assert process.returncode in (0, 130, -signal.SIGINT)
        assert said == "" or process.returncode == -signal.SIGINT
        converse(board, b"\r6 * 7\r", b"42\r\n>>> ")
        assert ".inkling" not in board.exec("import os; print(os.listdir('/flash'))")
        assert "tiny" in board.exec(
            "import inkling\n"
            "try:\n print(inkling.Model('/rom/net.ink').name)\n"
            "except OSError:\n print('none, not even a tiny one')"
        )


def build_long() -> bytes:
    """One pooling of which each output looks at half of a picture: seconds even in QEMU."""
    builder = ModelBuilder("long")
    given = builder.tensor((1, 96, 96, 4), scale=1.0, zero_point=0)
    most = builder.tensor((1, 96, 96, 4), scale=1.0, zero_point=0)
    window = {"filter_height": 128, "filter_width": 128, "stride_h": 1, "stride_w": 1}
    same = {"padding": "SAME", "fused_activation_function": "NONE"}
    builder.operator("MAX_POOL_2D", [given], [most], **window, **same)
    return builder.build([given], [most])


@pytest.mark.parametrize("module", ["firmware", "natmod"])
def test_ctrl_c_leaves_an_operator_in_its_middle(
    virtual_board_firmware: Path, module: str
) -> None:
    files: dict[str, bytes | Path] = {"net.ink": pack(build_long(), target="portable")}
    firmware = virtual_board_firmware
    if module == "natmod":
        firmware, files["inkling.mpy"] = build_firmware(STOCK="1"), build_natmod()
    with VirtualBoard(firmware, romfs=files) as board:
        make = b"import inkling; m = inkling.Model('/rom/net.ink'); o = m.output(); o[-1] = 85"
        converse(board, make + b"; print('ma' + 'de')\r", b"made\r\n>>> ")
        converse(board, b"m.run()\r", b"m.run()\r\n")
        time.sleep(0.3)
        converse(board, b"\x03", b"KeyboardInterrupt: \r\n>>> ")
        converse(board, b"o[-1]\r", b"85\r\n>>> ")  # not yet written
        converse(board, b"\x04", b"soft reboot")
        converse(board, b"6 * 7\r", b"42\r\n>>> ")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (b"while True: pass\r\r", b"..."),
        (b"while True: print('x' * 70)\r\r", b"xx\r\nxx"),
        (b"\x01print(1", b"raw REPL"),
        (b"\x01\x05A\x01print(", b"R\x01"),
        (b"\x05print(1)\r", b"paste mode"),
        (b"if 1:\r  print(", b"print("),
    ],
    ids=["busy", "printing", "raw REPL", "raw paste", "paste mode", "half a statement"],
)
def test_a_board_is_reached_in_whatever_state_it_was_left(
    board: VirtualBoard, typed: bytes, answer: bytes
) -> None:
    converse(board, typed, answer)
    with open_device(board.port) as device:
        assert device.value("6 * 7", int) == 42
    converse(board, b"\r6 * 7\r", b"42\r\n>>> ")


def test_a_boot_script_that_prints_without_end_ends_the_command(
    virtual_board_firmware: Path,
    blob: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "_RESTART_SECONDS", 1.0)
    with VirtualBoard(virtual_board_firmware) as board:
        board.exec("with open('/flash/boot.py', 'w') as f: f.write('while True: print(70 * 70)')")
        assert cli.main(["deploy", str(blob), "--port", board.port]) == 1
    said = capsys.readouterr().err
    assert "the board does not come back from a soft reset: press" in said
    assert said.count("\n") == 1


def test_a_second_command_at_the_same_port_is_told_that_it_is_in_use(
    board: VirtualBoard, blob: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_device(board.port) as device:
        for words in (["deploy", "--port"], ["validate", "--on"]):
            assert cli.main([words[0], str(blob), words[1], board.port]) == 1
            assert f"{board.port}: another program has it open: close" in capsys.readouterr().err
        assert device.value("6 * 7", int) == 42
