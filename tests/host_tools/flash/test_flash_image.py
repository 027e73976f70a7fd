"""An image is held to its board before anything is written."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from flash_stand_ins import F767, H7, NUCLEO, dfu, firmware, seal
from oracle import ROOT

from host_tools.boards import board_names, read_board
from host_tools.errors import CommandError
from host_tools.flash.image import read_image


def refusal(path: Path, data: bytes, board=H7) -> str:
    path.write_bytes(data)
    with pytest.raises(CommandError) as caught:
        read_image(path, board)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    return said.removeprefix(f"{path}: ")


@pytest.fixture
def bin_file(tmp_path: Path) -> Path:
    return tmp_path / "firmware.bin"


@pytest.fixture
def dfu_file(tmp_path: Path) -> Path:
    return tmp_path / "firmware.dfu"


@pytest.mark.parametrize("name", board_names())
def test_each_boards_firmware_is_taken_up_to_its_last_byte(name: str, bin_file: Path) -> None:
    board = read_board(name)
    room = board.firmware_end - board.firmware_address
    bin_file.write_bytes(firmware(board, room))
    image = read_image(bin_file, board)
    assert (image.parts[0].address, image.parts[0].end) == (
        board.firmware_address,
        board.firmware_end,
    )
    assert f"{room:,} bytes at {board.firmware_address:#010x}" in str(image)
    said = refusal(bin_file, firmware(board, room + 1), board)
    assert f"has room up to {board.firmware_end:#010x}: 1 bytes less are needed" in said


@pytest.mark.parametrize(
    ("name", "part", "other"),
    [
        ("stm32h747i-disco", "STM32H747", "STM32H743"),
        ("arduino-giga", "STM32H747", "STM32H743"),
        ("nucleo-h743zi", "STM32H743", "STM32H747"),
    ],
)
def test_firmware_that_names_the_part_with_the_other_supply_is_refused(
    name: str, part: str, other: str, bin_file: Path
) -> None:
    board = read_board(name)
    said = refusal(bin_file, firmware(board) + f"board with {other}".encode(), board)
    assert said.startswith(
        f"it names the {other} as its part, and the {board.title} has the {part}"
    )
    for taken in (part, f"{other} {part}", "STM32F746"):
        bin_file.write_bytes(firmware(board) + taken.encode())
        read_image(bin_file, board)
    # the other boards of the table are no such pair
    f746 = read_board("stm32f746g-disco")
    bin_file.write_bytes(firmware(f746) + b"STM32H743")
    read_image(bin_file, f746)


def test_a_dfu_file_of_micropythons_own_tool_is_taken(tmp_path: Path) -> None:
    tool = ROOT / "build/micropython/tools/dfu.py"
    if not tool.is_file():
        pytest.skip(f"needs MicroPython's source at {tool}")
    vectors = firmware(F767, 512, reset=0x08020101)
    (tmp_path / "0.bin").write_bytes(vectors)
    (tmp_path / "1.bin").write_bytes(b"code" * 1000)
    made = tmp_path / "firmware.dfu"
    words = ["-D", "0x0483:0xdf11", "-b", f"0x08000000:{tmp_path / '0.bin'}"]
    words += ["-b", f"0x08020000:{tmp_path / '1.bin'}", str(made)]
    subprocess.run([sys.executable, str(tool), *words], check=True)
    image = read_image(made, F767)
    assert [(part.address, part.data) for part in image.parts] == [
        (0x08000000, vectors),
        (0x08020000, b"code" * 1000),
    ]
    assert (image.stack, image.reset) == (0x20080000, 0x08020101)


def test_the_files_of_these_tests_are_right_for_dfu_suffix(dfu_file: Path) -> None:
    if not shutil.which("dfu-suffix"):
        pytest.skip("needs dfu-suffix (Debian: dfu-util)")
    dfu_file.write_bytes(dfu((0x08000000, firmware(NUCLEO))))
    done = subprocess.run(["dfu-suffix", "-c", str(dfu_file)], capture_output=True, text=True)
    assert done.returncode == 0
    assert "DF11" in done.stdout.upper()
    assert read_image(dfu_file, NUCLEO).parts[0].address == 0x08000000


def test_what_is_no_firmware_of_the_board_is_refused(bin_file: Path) -> None:
    assert "too short to be firmware" in refusal(bin_file, b"1234")
    bootloader = firmware(H7, reset=0x08000201)
    assert "start at 0x08000201, which is no Thumb code" in refusal(bin_file, bootloader)
    arm = firmware(H7, reset=0x08040200)
    assert "start at 0x08040200, which is no Thumb code" in refusal(bin_file, arm)
    behind = firmware(H7, 4096, reset=0x08041001)
    assert "start at 0x08041001, which is no Thumb code" in refusal(bin_file, behind)
    no_ram = firmware(H7, stack=0x20080000)
    assert "stack would start at 0x20080000, where the STM32H743VI" in refusal(bin_file, no_ram)
    assert "stack would start at 0x20000ffe" in refusal(bin_file, firmware(H7, stack=0x20000FFE))
    assert "stack would start at 0x00000000" in refusal(bin_file, firmware(H7, stack=0))
    assert "begins like a .dfu or .elf file" in refusal(bin_file, b"\x7fELF".ljust(64, b"\0"))


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    assert "give a .bin or .dfu file" in refusal(tmp_path / "firmware.elf", b"\x7fELF")


def test_openmvs_bootloader_gets_no_dfu_file(dfu_file: Path) -> None:
    assert "takes no .dfu files: give firmware.bin" in refusal(dfu_file, b"")


def test_a_damaged_dfu_file_is_refused_wherever_a_bit_flips(dfu_file: Path) -> None:
    good = dfu((0x08000000, firmware(NUCLEO, 64, reset=0x08000021)))
    dfu_file.write_bytes(good)
    assert len(read_image(dfu_file, NUCLEO).parts[0].data) == 64
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 4
        assert refusal(dfu_file, bytes(bad), NUCLEO)
    for size in range(0, len(good), 7):
        assert refusal(dfu_file, good[:size], NUCLEO)


def test_a_dfu_file_that_lies_with_a_right_crc_is_refused(dfu_file: Path) -> None:
    good = dfu((0x08000000, firmware(NUCLEO)))
    longer = good[:-16] + bytes(8) + good[-16:-4]
    assert "do not add up" in refusal(dfu_file, seal(longer), NUCLEO)
    element = struct.pack("<II", 0x08000000, 4096)
    huge = good[:-4].replace(element, struct.pack("<II", 0x08000000, 1 << 31))
    assert "do not add up" in refusal(dfu_file, seal(huge), NUCLEO)
    smaller = bytearray(good[:-4])
    smaller[6:10] = struct.pack("<I", len(good) - 17)
    assert "do not add up" in refusal(dfu_file, seal(bytes(smaller)), NUCLEO)
    many = bytearray(good[:-4])
    many[10] = 200
    assert refusal(dfu_file, seal(bytes(many)), NUCLEO)


def test_a_dfu_file_of_another_board_is_refused(dfu_file: Path) -> None:
    arduino = dfu((0x08040000, firmware(NUCLEO)), device="2341:035b")
    assert "made for the bootloader 2341:035b; the ST NUCLEO-H743ZI has 0483:df11" in refusal(
        dfu_file, arduino, NUCLEO
    )
    moved = dfu((0x08008000, firmware(NUCLEO)))
    assert "starts at 0x08008000; firmware of the ST NUCLEO-H743ZI starts at 0x08000000" in (
        refusal(dfu_file, moved, NUCLEO)
    )
    option_bytes = dfu((0x08000000, firmware(NUCLEO)), alt=1)
    assert "for alternate setting 1; flash is 0" in refusal(dfu_file, option_bytes, NUCLEO)
    overlapping = dfu((0x08000000, firmware(NUCLEO)), (0x08000800, bytes(64)))
    assert "its parts overlap at 0x08000800" in refusal(dfu_file, overlapping, NUCLEO)
