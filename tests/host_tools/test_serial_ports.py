"""Which serial port is meant, and one sentence where it cannot be opened or nobody answers."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import sys
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from mpremote.transport import TransportExecError
from oracle import ROOT
from serial.tools.list_ports_common import ListPortInfo

from host_tools import serial_ports
from host_tools.errors import CommandError
from host_tools.serial_ports import board_ports, choose_port, open_repl
from host_tools.virtual_board import VirtualBoard


def port(device: str, usb: str | None = None) -> ListPortInfo:
    info = ListPortInfo(device)
    if usb:
        info.vid, info.pid = (int(part, 16) for part in usb.split(":"))
    return info


OPENMV = port("/dev/ttyACM1", "37c5:1204")
STLINK = port("/dev/ttyACM0", "0483:374b")
OTHERS = [port("/dev/ttyS0"), port("/dev/ttyUSB0", "10c4:ea60")]


@pytest.fixture
def pty() -> Iterator[str]:
    """A serial port at whose other end nobody is."""
    master, slave = os.openpty()
    tty.setraw(slave)
    yield os.ttyname(slave)
    os.close(slave)
    os.close(master)


def test_the_one_board_is_chosen_among_other_ports() -> None:
    assert choose_port(None, "--port", [*OTHERS, OPENMV]) == "/dev/ttyACM1"


def test_a_named_port_is_taken_as_it_is() -> None:
    assert choose_port("socket://board:80", "--port", [OPENMV, STLINK]) == "socket://board:80"


def test_ports_know_their_boards() -> None:
    stlink, openmv = board_ports([*OTHERS, OPENMV, STLINK])
    assert (openmv.usb, [board.name for board in openmv.boards]) == ("37c5:1204", ["openmv-h7"])
    assert stlink.device == "/dev/ttyACM0"
    assert "nucleo-h743zi" in [board.name for board in stlink.boards]


def test_no_board_is_refused_with_the_option() -> None:
    with pytest.raises(CommandError, match="no board is attached .* name its serial port with -p"):
        choose_port(None, "-p", OTHERS)


def test_two_boards_are_refused_with_their_list_and_the_option() -> None:
    with pytest.raises(CommandError) as caught:
        choose_port(None, "--on", [OPENMV, STLINK])
    said = str(caught.value)
    assert said.startswith("2 boards are attached: /dev/ttyACM0 (")
    assert said.endswith("), /dev/ttyACM1 (OpenMV Cam H7); choose one with --on")


def test_the_virtual_board_answers_and_its_exceptions_pass(virtual_board_firmware: Path) -> None:
    with VirtualBoard(virtual_board_firmware) as board:
        with open_repl(board.port) as repl:
            assert repl.exec("print(6 * 7)") == b"42\r\n"
            repl.exec("kept = 5")
        with (
            pytest.raises(TransportExecError, match="ZeroDivisionError"),
            open_repl(board.port) as repl,
        ):
            repl.exec("1 / 0")
        with open_repl(board.port) as repl:
            assert repl.exec("print(kept)") == b"5\r\n"


def refusal(device: str) -> str:
    with pytest.raises(CommandError) as caught, open_repl(device):
        pass
    return str(caught.value)


def test_a_board_that_goes_away_ends_in_one_sentence(virtual_board_firmware: Path) -> None:
    gone = pytest.raises(CommandError, match="went away or stopped answering .* plug it in")
    with VirtualBoard(virtual_board_firmware) as board, gone, open_repl(board.port) as repl:
        board.stop()
        repl.exec("print(1)")


def test_a_port_where_nobody_answers_is_refused_within_seconds(
    pty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert serial_ports._ANSWER_SECONDS <= 5
    monkeypatch.setattr(serial_ports, "_ANSWER_SECONDS", 0.5)
    assert refusal(pty).startswith(f"{pty}: no MicroPython answers there within 0.5 seconds: res")


def test_a_port_that_prints_without_end_is_refused_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_ports, "_ANSWER_SECONDS", 1.0)
    master, slave = os.openpty()
    tty.setraw(slave)
    with subprocess.Popen(["yes"], stdout=master) as printing:
        try:
            assert "no MicroPython answers there within" in refusal(os.ttyname(slave))
        finally:
            printing.kill()
    os.close(slave)
    os.close(master)


def test_a_missing_port_is_refused_with_those_there_are() -> None:
    assert refusal("/dev/ttyNONE").startswith("/dev/ttyNONE: there is no such port; boards are")


def test_a_port_that_another_program_has_open_is_refused(pty: str) -> None:
    with serial.Serial(pty, exclusive=True):
        assert "another program has it open: close" in refusal(pty)


def test_what_is_no_serial_port_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no port")
    assert f"{file}: cannot be opened as a serial port" in refusal(str(file))


def test_a_network_port_where_nobody_listens_is_refused() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"socket://127.0.0.1:{unused.getsockname()[1]}"
        assert f"{url}: cannot be opened as a serial port" in refusal(url)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can try it as another user")
def test_a_port_without_permission_is_refused_with_the_group(pty: str) -> None:
    Path(pty).chmod(0o660)
    os.chown(pty, 0, 20)
    script = (
        "import os; from host_tools.serial_ports import open_repl\n"
        f"os.setgroups([]); os.setuid({pwd.getpwnam('nobody').pw_uid})\n"
        f"open_repl({pty!r}).__enter__()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert f"{pty}: no permission to open it: `sudo usermod -a -G dialout $USER`" in done.stderr
