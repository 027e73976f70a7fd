"""A script on the virtual board gets nothing of the computer, not even by QEMU's semihosting."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from host_tools.virtual_board import VirtualBoard

# operations by their numbers in Arm's "Semihosting for AArch32 and AArch64": SYSTEM, OPEN, REMOVE,
# RENAME; each block is pointers to texts, their lengths, and a mode
CALLS = """
import struct
import uctypes

@micropython.{emitter}
def call(r0, r1):
    data(2, 0xBEAB)

kept = []

def text(words):
    kept.append(words.encode() + b"\\0")
    return uctypes.addressof(kept[-1]), len(words)

def operation(number, *words):
    block = struct.pack("<%dI" % len(words), *words)
    return call(number, uctypes.addressof(block))

folder = {folder!r}
operation(0x12, *text("touch " + folder + "/made-by-system"))
for mode, name in ((0, "/etc/passwd"), (0, folder + "/secret"), (4, folder + "/made-by-open")):
    at, length = text(name)
    handle = operation(0x01, at, mode, length)
    buffer = bytearray(64)
    for guess in (handle, 1, 2, 3, 4, 5, 6, 7, 8):
        operation(0x06, guess, uctypes.addressof(buffer), 64)
        assert buffer == bytearray(64), (name, guess, buffer)
        operation(0x05, guess, uctypes.addressof(buffer), 64)
# the command line, which would name the folder of the firmware
told = bytearray(256)
operation(0x15, uctypes.addressof(told), 256)
assert told.rstrip(b"\0") == b"firmware", told
operation(0x0E, *text(folder + "/secret"))
operation(0x0F, *(text(folder + "/secret") + text(folder + "/moved")))
print("tried")
"""


def test_semihosting_has_no_files_and_no_commands(
    virtual_board_firmware: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    script = CALLS.format(emitter="asm_thumb", folder=str(tmp_path))
    result = VirtualBoard(virtual_board_firmware).run_script(script)
    assert (result.stdout, result.status, result.written) == ("tried\n", 0, {})
    with VirtualBoard(virtual_board_firmware) as board:
        assert board.exec(script) == "tried\n"
        port = Path(board.port).stat()
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert (tmp_path / "secret").read_text() == "secret"
    # the port is its owner's alone
    assert stat.S_IMODE(port.st_mode) == 0o600


def test_a_name_of_the_computers_is_none_of_the_boards(virtual_board_firmware: Path) -> None:
    script = """
import computer
for name in ("/etc/passwd", "../secret", "write\\0", "", "x" * 1000):
    try:
        computer.ask(name, 0, b"", bytearray(10))
        print("answered", name)
    except OSError as e:
        print(e.errno)
"""
    result = VirtualBoard(virtual_board_firmware).run_script(script)
    assert result.stdout.split() == ["2"] * 5


@pytest.mark.parametrize(
    "words", [(1, 0xFFFFFFFF, 0, 0xFFFFFFFF), (1, 5, 0xFFFFFFFF, 1 << 30), (1, 0, 7, 1 << 19)]
)
def test_a_request_of_any_sizes_is_answered(
    virtual_board_firmware: Path, words: tuple[int, ...]
) -> None:
    script = f"""
import struct, time, virtual_board
box = virtual_board.mailbox
box[64:69] = b"write"
struct.pack_into("<IIII", box, 16, *{words})
while struct.unpack_from("<I", box, 32)[0] != 1:
    time.sleep_ms(1)
print(struct.unpack_from("<I", box, 36)[0])
"""
    result = VirtualBoard(virtual_board_firmware).run_script(script, timeout=20)
    assert result.stdout in ("0\n", "1\n", "2\n")
