"""Scripts run headless on the virtual board: arguments, output, status, the computer's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.errors import CommandError
from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.mailbox import Exchange


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


class Reversed(Exchange):
    """Gives back what it was given, reversed, as many times as the word says; 0 is the end."""

    last_words = "no more"

    def answer(self, word: int, content: bytes) -> bytes | None:
        if word == 9:
            raise CommandError("nine is too many")
        return content[::-1] * word if word else None


def test_the_board_asks_what_is_there_for_it_and_writes(virtual_board_firmware: Path) -> None:
    script = """
import computer
print(computer.has("reversed"), computer.has("other"))
given = bytearray(153600)
print(computer.ask("reversed", 2, b"abc", given), given[:7])
print(computer.ask("reversed", 1, bytes(range(256)) * 600, given), given[:2], given[-1])
computer.write("out", b"one")
computer.write("out", b"two" * 20000)
computer.write("other", b"")
for name, word in (("other", 1), ("reversed", %d)):
    try:
        computer.ask(name, word, b"")
    except OSError as e:
        print(e)
print("not reached")
"""
    board = VirtualBoard(virtual_board_firmware, romfs={"reversed": Reversed()})
    for word, last in ((0, "the computer: no more"), (9, "the computer: nine is too many")):
        result = board.run_script(script % word)
        assert result.stdout.splitlines() == [
            "True False",
            r"6 bytearray(b'cbacba\x00')",
            r"153600 bytearray(b'\xff\xfe') 0",
            "[Errno 2] ENOENT: other",
            last,
        ]
        assert result.written == {"out": b"one" + b"two" * 20_000, "other": b""}


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
