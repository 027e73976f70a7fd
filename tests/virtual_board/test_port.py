"""The virtual board as a serial port: the real mpremote works, and nothing stays behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from oracle import ROOT

from host_tools.errors import CommandError
from host_tools.virtual_board import VirtualBoard, qemu


@pytest.fixture(scope="module")
def board(virtual_board_firmware: Path) -> Iterator[VirtualBoard]:
    with VirtualBoard(virtual_board_firmware) as board:
        yield board


def mpremote(port: str, *words: str, status: int = 0) -> str:
    """Runs the real mpremote; returns its output."""
    command = [sys.executable, "-m", "mpremote", "connect", port, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def assert_ends(pid: int, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while is_running(pid):
        assert time.monotonic() < end, f"process {pid} is still there"
        time.sleep(0.02)


def test_mpremote_executes_code(board: VirtualBoard) -> None:
    assert mpremote(board.port, "exec", "print(6 * 7)") == "42\n"


def test_our_python_is_frozen_in_the_firmware(board: VirtualBoard) -> None:
    script = (
        "import os, inkling_ml, inkling_ml.postprocessing.darknet as darknet; "
        "print(os.listdir('/flash'), inkling_ml.__file__, darknet.__file__)"
    )
    assert mpremote(board.port, "exec", script) == (
        "[] inkling_ml/__init__.py inkling_ml/postprocessing/darknet.py\n"
    )


def test_mpremote_reports_an_exception(board: VirtualBoard) -> None:
    assert "ZeroDivisionError" in mpremote(board.port, "exec", "1/0", status=1)


def test_mpremote_runs_a_script_of_the_computer(board: VirtualBoard, tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text("for i in range(3):\n    print('hello', i)\n")
    printed = mpremote(board.port, "run", str(tmp_path / "hello.py"))
    assert printed == "hello 0\nhello 1\nhello 2\n"


def test_mpremote_copies_files_there_and_back(board: VirtualBoard, tmp_path: Path) -> None:
    data = bytes(range(256)) * 16
    (tmp_path / "there").write_bytes(data)
    mpremote(board.port, "mkdir", ":folder")
    mpremote(board.port, "cp", str(tmp_path / "there"), ":folder/file")
    assert "4096 file" in mpremote(board.port, "ls", ":folder")
    mpremote(board.port, "cp", ":folder/file", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == data


def test_mpremote_mounts_a_folder_of_the_computer(board: VirtualBoard, tmp_path: Path) -> None:
    (tmp_path / "mounted_module.py").write_text("value = 5")
    printed = mpremote(
        board.port, "mount", str(tmp_path), "exec", "import mounted_module as m; print(m.value)"
    )
    assert "5" in printed.splitlines()


def test_a_soft_reset_forgets_names_and_keeps_files(board: VirtualBoard) -> None:
    board.exec("kept_name = 1; open('/flash/kept_file', 'w').close()")
    mpremote(board.port, "soft-reset")
    printed = board.exec("import os; print('kept_name' in globals(), 'kept_file' in os.listdir())")
    assert printed == "False True\n"


def test_a_reset_starts_the_board_anew_and_keeps_files(virtual_board_firmware: Path) -> None:
    with VirtualBoard(virtual_board_firmware) as board:
        board.exec("kept_name = 1; open('kept_file', 'w').close()")
        with serial.Serial(board.port, timeout=20) as port:
            port.write(b"import machine; machine.reset()\r\n")
            port.read_until(b"information.\r\n>>> ")
        printed = board.exec("import os; print('kept_name' in globals(), os.listdir())")
        assert printed == "False ['kept_file']\n"


def test_the_boards_memory_has_its_room_on_the_disk_from_the_start(
    virtual_board_firmware: Path, tmp_path: Path
) -> None:
    # a page that finds no room when it is written would kill QEMU, and us
    memory = tmp_path / "memory"
    with VirtualBoard(virtual_board_firmware, storage=memory):
        assert memory.stat().st_blocks * 512 >= memory.stat().st_size == qemu.STORAGE_SIZE


def test_a_full_disk_under_the_temporary_folder_is_told(virtual_board_firmware: Path) -> None:
    code = (
        "import pathlib, resource, sys\n"
        "from host_tools.virtual_board import VirtualBoard\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        "VirtualBoard(pathlib.Path(sys.argv[1])).run_script('1')\n"
    )
    words = [sys.executable, "-c", code, str(virtual_board_firmware)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stderr.splitlines()[-1].endswith("memory: cannot be written: File too large")


def test_storage_keeps_what_was_written_before_the_board_was_killed(
    virtual_board_firmware: Path, tmp_path: Path
) -> None:
    storage = tmp_path / "storage"
    with VirtualBoard(virtual_board_firmware, storage=storage) as board:
        board.exec("with open('/flash/kept', 'w') as f: f.write('kept')")
        board.exec("import vfs; vfs.rom_ioctl(4, 0, 8192, b'rom')")
    with VirtualBoard(virtual_board_firmware, storage=storage) as board:
        printed = board.exec("import vfs; print(open('kept').read(), vfs.rom_ioctl(2, 0)[8192])")
        assert printed == "kept 0\n", "ROM was never erased: writes clear bits"
        board.exec("vfs.rom_ioctl(3, 0, 8192, 3); vfs.rom_ioctl(4, 0, 8192, b'rom')")
    with VirtualBoard(virtual_board_firmware, storage=storage) as board:
        printed = board.exec("import vfs; print(bytes(vfs.rom_ioctl(2, 0)[8191:8196]))")
        assert printed == "b'\\x00rom\\xff'\n"


def test_main_py_runs_at_a_soft_reset(virtual_board_firmware: Path) -> None:
    with VirtualBoard(virtual_board_firmware) as board:
        board.exec("with open('main.py', 'w') as f: f.write('from_main = 3')")
        with serial.Serial(board.port, timeout=20) as port:
            port.write(b"\x04")
            assert b"soft reboot" in port.read_until(b">>> ")
        assert board.exec("print(from_main)") == "3\n"


def test_ctrl_c_interrupts_a_script(board: VirtualBoard) -> None:
    with serial.Serial(board.port, timeout=20) as port:
        port.write(b"while True: print('runs', end='')\r\n\r\n")
        port.read_until(b"runsruns")
        port.write(b"\x03")
        assert b"KeyboardInterrupt" in port.read_until(b">>> ")
    assert board.exec("print(1)") == "1\n"


def test_input_faster_than_it_is_read_is_not_lost(board: VirtualBoard) -> None:
    code = "import sys, time; time.sleep_ms(300); print(len(sys.stdin.read(5000)))"
    with serial.Serial(board.port, timeout=20) as port:
        port.write(code.encode() + b"\r\n")
        port.write(b"x" * 5000)
        assert b"5000\r\n" in port.read_until(b"\r\n5000\r\n")


def test_mpremote_deploys_a_romfs(virtual_board_firmware: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("in rom")
    with VirtualBoard(virtual_board_firmware) as board:
        mpremote(board.port, "romfs", "deploy", str(tmp_path))
        mpremote(board.port, "soft-reset")
        assert board.exec("print(open('/rom/note.txt').read())") == "in rom\n"


def test_exec_keeps_names_and_tells_what_failed(board: VirtualBoard) -> None:
    board.exec("number = 5")
    assert board.exec("print(number)") == "5\n"
    with pytest.raises(CommandError, match="NameError: name 'missing' isn't defined"):
        board.exec("missing")
    assert board.exec("print(number)") == "5\n"


def test_exec_gives_up_and_the_next_one_interrupts(board: VirtualBoard) -> None:
    with pytest.raises(CommandError, match="does not answer"):
        board.exec("while True: pass", timeout=0.5)
    assert board.exec("print(2)") == "2\n"


def test_counting_works_with_a_port_too(virtual_board_firmware: Path) -> None:
    code = "import virtual_board as v\ndef f():\n  t = v.ticks()\n  sum(range(5000))\n"
    code += "  return v.ticks() - t\nf()\nprint(f())"
    counts = []
    for _ in range(2):
        with VirtualBoard(virtual_board_firmware, icount=True) as board:
            counts.append(board.exec(code))
    # what came before took other times: the last tick may be rounded the other way
    assert abs(int(counts[0]) - int(counts[1])) <= 1


def test_a_fault_is_told_by_exec(virtual_board_firmware: Path) -> None:
    with (
        VirtualBoard(virtual_board_firmware) as board,
        pytest.raises(CommandError, match="stopped with status 1: fault: MemManage"),
    ):
        board.exec("import machine; machine.mem32[0]")


def test_a_board_that_was_killed_is_told_by_exec(virtual_board_firmware: Path) -> None:
    with VirtualBoard(virtual_board_firmware) as board:
        assert board._process
        board._process.kill()
        with pytest.raises(CommandError, match="the virtual board stopped with status -9"):
            board.exec("print(1)")


def test_a_board_needs_its_with_statement(virtual_board_firmware: Path) -> None:
    with pytest.raises(CommandError, match="use it in a with statement"):
        VirtualBoard(virtual_board_firmware).exec("print(1)")


def test_nothing_stays_behind_when_the_program_is_killed(virtual_board_firmware: Path) -> None:
    program = f"""
import time
from pathlib import Path
from host_tools.virtual_board import VirtualBoard, qemu
with VirtualBoard(Path({str(virtual_board_firmware)!r})) as board:
    print(board._process.pid, flush=True)
    time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert is_running(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert_ends(child)


@pytest.mark.parametrize("activated", [True, False])
def test_sim_serves_mpremote_until_ctrl_c(
    activated: bool, virtual_board_firmware: Path, tmp_path: Path
) -> None:
    venv = Path(sys.executable).parent
    tools = Path(shutil.which("qemu-system-arm") or "").parent
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/qemu-system-arm").symlink_to(tools / "qemu-system-arm")
    path = f"{venv}:{tmp_path / 'bin'}" if activated else str(tmp_path / "bin")
    (tmp_path / "net.ink").write_bytes(b"blob")
    program = """
import argparse, sys
from host_tools.commands import sim
parser = argparse.ArgumentParser()
sim.add_arguments(parser)
sys.exit(sim.run(parser.parse_args()))
"""
    words = ["--firmware", str(virtual_board_firmware), "--romfs", str(tmp_path / "net.ink")]
    parent = subprocess.Popen(
        [sys.executable, "-c", program, *words, "--icount"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PATH": path},
    )
    try:
        assert parent.stdout
        port = parent.stdout.readline().removeprefix("port: ").strip()
        way = "mpremote" if activated else str((venv / "mpremote").relative_to(Path.cwd()))
        assert parent.stdout.readline() == f"try:  {way} connect {port}\n"
        assert mpremote(port, "exec", "print(open('/rom/net.ink').read())") == "blob\n"
        children = _children(parent.pid)
        assert len(children) == 1
        os.kill(parent.pid, signal.SIGINT)
        assert parent.wait(timeout=60) == 0
        assert_ends(children[0])
    finally:
        with contextlib.suppress(ProcessLookupError):
            parent.kill()
        parent.wait()
        if parent.stdout:
            parent.stdout.close()


def _children(pid: int) -> list[int]:
    return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
