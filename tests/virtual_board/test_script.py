"""Scripts run headless on the virtual board: arguments, output, status, the computer's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.errors import CommandError
from host_tools.virtual_board import VirtualBoard


@pytest.fixture
def board(virtual_board_firmware: Path) -> VirtualBoard:
    return VirtualBoard(virtual_board_firmware)


def test_a_script_gets_its_arguments_whatever_they_contain(board: VirtualBoard) -> None:
    args = ["a b", "c,d", "100%", "é", "-x=1", "'\""]
    result = board.run_script(f"import sys\nprint(sys.argv[1:] == {args!r})", args)
    assert (result.stdout, result.status) == ("True\n", 0)


def test_a_script_in_a_file_knows_its_path_and_runs_as_main(
    board: VirtualBoard, tmp_path: Path
) -> None:
    script = tmp_path / "a script, of mine.py"
    script.write_text("import sys\nprint(sys.argv[0], __name__)")
    assert board.run_script(script).stdout == f"{script} __main__\n"


@pytest.mark.parametrize(
    ("ending", "status"),
    [("", 0), ("raise SystemExit", 0), ("sys.exit(7)", 7), ("sys.exit(None)", 0), ("1/0", 1)],
)
def test_the_exit_status_is_the_scripts(board: VirtualBoard, ending: str, status: int) -> None:
    assert board.run_script(f"import sys\n{ending}").status == status


def test_an_exception_prints_its_traceback_with_the_scripts_line(board: VirtualBoard) -> None:
    result = board.run_script("x = 1\nraise ValueError('no good')")
    assert result.stdout.startswith("Traceback")
    assert "line 2, in <module>\nValueError: no good\n" in result.stdout


def test_long_output_arrives_whole(board: VirtualBoard) -> None:
    result = board.run_script("for i in range(20000): print('%050d' % i)")
    assert result.stdout == "".join(f"{i:050d}\n" for i in range(20000))


def test_a_script_that_does_not_end_is_stopped(board: VirtualBoard) -> None:
    with pytest.raises(CommandError, match=r"did not end within 2 seconds.*started"):
        board.run_script("print('started')\nwhile True: pass", timeout=2)


def test_a_missing_script_is_named(board: VirtualBoard, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="there is no script .*nothing.py"):
        board.run_script(tmp_path / "nothing.py")


def test_the_board_reads_and_writes_the_computers_files(
    board: VirtualBoard, tmp_path: Path
) -> None:
    data = bytes(range(256)) * 100
    (tmp_path / "in.bin").write_bytes(data)
    script = """
import semihost, sys
source, target = sys.argv[1:]
print(semihost.size(source))
part = bytearray(8)
print(semihost.readinto(source, part, 25596), part)
semihost.write(target, semihost.read(source)[1:])
try:
    semihost.read(source + "x")
except OSError as e:
    print(e.errno)
"""
    result = board.run_script(script, [str(tmp_path / "in.bin"), str(tmp_path / "out.bin")])
    assert result.stdout.splitlines() == [
        "25600",
        r"4 bytearray(b'\xfc\xfd\xfe\xff\x00\x00\x00\x00')",
        "2",
    ]
    assert (tmp_path / "out.bin").read_bytes() == data[1:]


def test_a_missing_emulator_is_named(board: VirtualBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CommandError, match="qemu-system-arm is not on PATH"):
        board.run_script("")


def test_firmware_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot read the firmware .*: No such file"):
        VirtualBoard(tmp_path / "none.elf")
    (tmp_path / "text.elf").write_text("text")
    with pytest.raises(CommandError, match="text.elf is not firmware for the virtual board"):
        VirtualBoard(tmp_path / "text.elf")


FAULTS = {
    "a null pointer read": ("MemManage", "machine.mem32[0]"),
    "a null pointer written": ("MemManage", "machine.mem32[4] = 1"),
    "code written": ("MemManage", "machine.mem32[0x1000] = 1"),
    "memory that is not there": ("BusFault", "machine.mem32[0x70000000]"),
    "an undefined instruction": ("UsageFault", "undefined()"),
    "a stack overflow in C": ("MemManage", "overflow()"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_prints_one_line_and_ends_the_run_with_status_1(
    board: VirtualBoard, fault: str
) -> None:
    name, code = FAULTS[fault]
    script = f"""
import machine, micropython

@micropython.asm_thumb
def undefined():
    data(2, 0xDE00)

@micropython.asm_thumb
def overflow():
    label(AGAIN)
    push({{r0, r1, r2, r3}})
    b(AGAIN)

{code}
print("still here")
"""
    result = board.run_script(script)
    assert result.status == 1
    assert result.stdout.strip().startswith(f"fault: {name} ")
    assert len(result.stdout.strip().splitlines()) == 1


def test_endless_recursion_in_python_is_an_exception(board: VirtualBoard) -> None:
    script = """
def f(): f()
try:
    f()
except RuntimeError as e:
    print(e)
"""
    assert board.run_script(script).stdout == "maximum recursion depth exceeded\n"
