"""The table of boards: every file is whole, and every figure says where it comes from."""

from __future__ import annotations

import re

import pytest

from host_tools.boards import board_names, read_board
from host_tools.errors import CommandError


def test_the_boards_of_the_documents_are_in_the_table() -> None:
    assert {"nucleo-h743zi", "nucleo-f767zi", "openmv-h7", "openmv-h7-plus", "openmv-m7"} <= set(
        board_names()
    )


@pytest.mark.parametrize("name", board_names())
def test_a_board_has_plausible_facts_and_their_sources(name: str) -> None:
    board = read_board(name)
    assert board.name == name
    assert re.fullmatch(r"STM32[FH]7\d\d\w\w", board.part)
    assert 100 <= board.clock_mhz <= (216 if "F7" in board.part else 480)
    assert 512 * 1024 <= board.flash_bytes <= 2048 * 1024
    # in the STM32F7, the instructions' 16 KB do not count as RAM
    sizes = [end - start for start, end in board.ram]
    assert sum(sizes if "H7" in board.part else sizes[1:]) == board.ram_bytes
    flash_end = 0x08000000 + board.flash_bytes
    assert 0x08000000 <= board.firmware_address < board.firmware_end <= flash_end
    assert board.firmware_address % 0x8000 == board.firmware_end % 0x8000 == 0
    assert board.builds and set(board.builds) <= {"micropython", "openmv"}
    assert board.bootloader.buttons and len(board.bootloader.source) > 20
    assert set(board.sources) == {"clock_mhz", "memory", "ram", "firmware", "usb", "cache"}
    assert all(len(source) > 20 for source in board.sources.values())
    assert set(board.usb) == {"bootloader", "run"}
    for identifiers in board.usb.values():
        assert all(re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{4}", one) for one in identifiers)
    assert 50 <= board.run_current.microamperes_per_mhz <= 1000
    assert 1.7 <= board.run_current.volts <= 3.6
    assert ("DS12110" if "H7" in board.part else "github.com") in board.run_current.source


def test_only_roms_and_debuggers_of_st_and_micropython_are_shared_by_boards() -> None:
    seen: dict[str, str] = {}
    for name in board_names():
        for identifier in sum(read_board(name).usb.values(), ()):
            if not identifier.startswith(("0483:", "f055:")):
                assert seen.setdefault(identifier, name) == name


def test_energy_is_current_times_volts_times_time() -> None:
    board = read_board("openmv-h7")
    seconds = 4_800_000 / (board.clock_mhz * 1e6)
    amperes = board.run_current.microamperes_per_mhz * 1e-6 * board.clock_mhz
    expected = amperes * board.run_current.volts * seconds * 1000
    assert board.run_current.millijoules(4_800_000) == pytest.approx(expected)
    assert expected == pytest.approx(3.63, abs=0.001)


def test_an_unknown_board_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(CommandError, match="'nano' is not known; give .*openmv-h7"):
        read_board("nano")


@pytest.mark.parametrize("name", board_names())
def test_a_board_says_which_memories_it_has_for_blobs(name: str) -> None:
    board = read_board(name)
    assert board.cache_bytes == (4096 if "F746" in board.part else 16384)
    assert {memory.place for memory in board.memories} >= {"flash", "ram", "files"}
    assert len(board.at("rom")) <= 1
    for memory in board.memories:
        assert len(memory.source) > 20
        assert memory.bytes is None or memory.bytes >= 30 * 1024
        assert (memory.bytes is None) == (memory.kind == "SD card")
        if memory.place == "files":
            assert memory.line_cycles is None and memory.megabytes_per_second is None
        else:
            assert 0 <= memory.cycles_a_line(board.clock_mhz) <= 400
    # ROMFS lies behind the firmware, or in another chip
    for memory in board.at("rom"):
        if memory.kind == "internal flash":
            assert memory.bytes is not None
            assert board.firmware_end + memory.bytes <= 0x08000000 + board.flash_bytes
        else:
            assert board.at("rom")[0].cycles_a_line(board.clock_mhz) > 100


def test_a_line_from_qspi_takes_as_long_as_its_bytes_at_the_clock() -> None:
    board = read_board("openmv-h7-plus")
    assert board.at("rom")[0].cycles_a_line(480) == pytest.approx(307.2)
    assert board.at("rom")[0].cycles_a_line(240) == pytest.approx(153.6)
    assert read_board("openmv-h7").at("rom")[0].cycles_a_line(480) == 11
