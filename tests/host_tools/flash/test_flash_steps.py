"""Flashing from the first look to the board's answer, with stand-ins for the programs that write.

The board that comes back is the virtual board, behind a folder as Linux lists USB devices in.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flash_stand_ins import StandIn, Usb, firmware
from test_flash_image import dfu

from host_tools.boards import board_names, read_board
from host_tools.cli import main
from host_tools.flash import steps, tools
from host_tools.virtual_board import VirtualBoard

H7 = read_board("openmv-h7")
NUCLEO = read_board("nucleo-h743zi")
F767 = read_board("nucleo-f767zi")


@pytest.fixture
def image(tmp_path: Path) -> str:
    path = tmp_path / "firmware.bin"
    path.write_bytes(firmware(H7))
    return str(path)


@pytest.fixture
def nucleo_image(tmp_path: Path) -> str:
    path = tmp_path / "nucleo.bin"
    path.write_bytes(firmware(NUCLEO))
    return str(path)


@pytest.fixture
def board(virtual_board_firmware: Path, stand_in: StandIn) -> Iterator[VirtualBoard]:
    """The virtual board, started with the real PATH."""
    found = os.environ["PATH"]
    os.environ["PATH"] = os.defpath
    try:
        with VirtualBoard(virtual_board_firmware) as board:
            os.environ["PATH"] = found
            yield board
    finally:
        os.environ["PATH"] = found


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["flash", *words]) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("host_tools: ")
    return last.removeprefix("host_tools: ")


# --- which board, which firmware, which program ---


def test_two_boards_are_refused_with_their_list(
    usb: Usb, image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    usb.plug("1-1", "37c5:9204")
    usb.plug("1-2", "37c5:1204", port="/dev/null")
    said = refused(capsys, image)
    assert said == (
        "2 boards are attached: 1-1 (OpenMV Cam H7, in its bootloader), /dev/null (OpenMV Cam "
        "H7); choose one with --port"
    )


def test_an_identifier_of_many_boards_needs_the_name(
    usb: Usb, image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    usb.plug("1-1", "0483:df11")
    said = refused(capsys, image)
    assert "choose with --board: nucleo-f767zi, nucleo-h743zi," in said
    assert "openmv" not in said


def test_another_board_than_the_one_attached_is_refused(
    usb: Usb, image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    usb.plug("1-1", "2341:035b")
    words = ("--board", "openmv-h7", "--port", "1-1", image)
    assert refused(capsys, *words) == "1-1: what is attached there is no OpenMV Cam H7"


def test_without_a_board_nothing_is_written(
    usb: Usb, image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(capsys, image).startswith("no board is attached that the table of boards")


def test_the_newest_build_is_the_default(
    usb: Usb,
    stand_in: StandIn,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("host_tools.flash.choose.FIRMWARE", tmp_path / "build")
    usb.plug("1-1", "0483:df11")
    stand_in.install("dfu-util")
    words = ("--board", "nucleo-h743zi", "--dry-run")
    assert refused(capsys, *words) == (
        "there is no firmware for the ST NUCLEO-H743ZI yet: `make firmware BOARD=NUCLEO_H743ZI "
        "MICROPYTHON=checkout` builds it"
    )
    for number, name in enumerate(("new", "old", "H743ZI2")):
        folder = "NUCLEO_H743ZI2-x" if name == "H743ZI2" else f"NUCLEO_H743ZI-{name}"
        file = tmp_path / f"build/stm32-{folder}/firmware.dfu"
        file.parent.mkdir(parents=True)
        file.write_bytes(dfu((0x08000000, firmware(NUCLEO))))
        os.utime(file, (2e9 - number, 2e9 - number))
    assert main(["flash", *words]) == 0
    assert "stm32-NUCLEO_H743ZI-new/firmware.dfu: 4,096 bytes" in capsys.readouterr().out


def test_a_missing_program_is_named_with_its_package(
    usb: Usb,
    stand_in: StandIn,
    image: str,
    nucleo_image: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    usb.plug("1-1", "37c5:9204")
    assert "dfu-util is not on PATH: install it (Debian: apt install dfu-util" in refused(
        capsys, image
    )
    usb.unplug("1-1")
    usb.plug("1-1", "0483:374e")
    said = refused(capsys, "--board", "nucleo-h743zi", nucleo_image)
    assert "(Debian: apt install stlink-tools; macOS: brew install stlink; or pyOCD: pip" in said


# --- the words of each program ---


def dry(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert main(["flash", "--dry-run", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    return [line.split(". ", 1)[1] for line in lines if line[0].isdigit()]


def test_a_dry_run_prints_each_step_and_runs_nothing(
    usb: Usb, stand_in: StandIn, image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    usb.plug("1-2", "37c5:1204", port="/dev/null")
    stand_in.install("dfu-util")
    assert dry(capsys, image) == [
        "enter its bootloader: machine.bootloader() in the REPL at /dev/null",
        f"dfu-util -d ,37c5:9204 -a 2 -p 1-2 -R -D {image}",
        "wait for the board to come back, and ask it for its versions",
    ]
    usb.unplug("1-2")
    assert dry(capsys, "--board", "openmv-h7", image)[:2] == [
        "wait for its bootloader: unplug it and plug it in again: its bootloader then listens "
        "for 1.5 seconds",
        f"dfu-util -d ,37c5:9204 -a 2 -R -D {image}",
    ]
    assert stand_in.calls == []


def test_st_flash_and_pyocd_get_each_part_of_a_dfu_file(
    usb: Usb, stand_in: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usb.plug("1-4", "0483:374b", serial="0668FF")
    file = tmp_path / "firmware.dfu"
    vectors = firmware(F767, 512, reset=0x08020101)
    file.write_bytes(dfu((0x08000000, vectors), (0x08020000, b"code" * 999)))
    words = ("--board", "nucleo-f767zi", str(file))
    stand_in.install("pyocd")
    assert dry(capsys, *words)[0] == (
        "pyocd flash --no-wait --target stm32f767zi --uid 0668FF --base-address 0x08000000 "
        "'<a temporary folder>/firmware-0x08000000.bin'"
    )
    stand_in.install("st-flash")
    assert dry(capsys, *words)[:2] == [
        "st-flash --connect-under-reset --reset --serial 0668FF write "
        f"'<a temporary folder>/firmware-{address}.bin' {address}"
        for address in ("0x08000000", "0x08020000")
    ]


REAL_ENDS = {
    "dfu-util": ("37c5:9204", "openmv-h7", "dfu-util no longer finds the board: its bootloader"),
    "st-flash": (
        "0483:374e",
        "nucleo-h743zi",
        "st-flash no longer finds the board: plug the ST-L",
    ),
}


@pytest.mark.parametrize("program", REAL_ENDS)
def test_the_real_program_takes_the_words_and_finds_no_board(
    program: str,
    usb: Usb,
    image: str,
    nucleo_image: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if not shutil.which(program):
        pytest.skip(f"needs {program} (Debian: dfu-util, stlink-tools)")
    identifier, name, said = REAL_ENDS[program]
    usb.plug("250-9", identifier)
    file = image if name == "openmv-h7" else nucleo_image
    assert refused(capsys, "--board", name, file).startswith(said)


# --- writing ---


def test_firmware_is_written_and_the_board_answers(
    usb: Usb,
    stand_in: StandIn,
    board: VirtualBoard,
    image: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    device = usb.plug("1-2", "37c5:1204", port=board.port)
    # the bootloader of the virtual board: it shows up at USB under another identifier
    board.exec(
        "import sys, semihost\n"
        "class Machine:\n"
        "    @staticmethod\n"
        "    def bootloader():\n"
        f"        semihost.write({str(device / 'idProduct')!r}, b'9204')\n"
        "sys.modules['machine'] = Machine"
    )
    stand_in.install("dfu-util")
    stand_in.answer("Done!", 0, writes={str(device / "idProduct"): "1204"})
    assert main(["flash", image]) == 0
    assert stand_in.calls == [
        ["dfu-util", "-d", ",37c5:9204", "-a", "2", "-p", "1-2", "-R", "-D", image]
    ]
    told = capsys.readouterr()
    assert "entering its bootloader by the REPL at /dev/pts/" in told.err
    assert "[=====     ]  50%" in told.err
    last = told.out.splitlines()[-2:]
    assert last[0].startswith("Virtual board with ") or "at /dev/pts/" in last[0]
    assert last[1] == "Inkling is in it and reads blobs of version 1"


def test_what_an_stm32_leaves_unanswered_at_the_end_is_no_failure(
    usb: Usb, stand_in: StandIn, board: VirtualBoard, nucleo_image: str
) -> None:
    device = usb.plug("1-2", "0483:df11", port=board.port)
    stand_in.install("dfu-util")
    stand_in.answer(
        "File downloaded successfully\ndfu-util: Error during download get_status",
        74,
        writes={str(device / "idVendor"): "f055", str(device / "idProduct"): "9800"},
    )
    assert main(["flash", "--board", "nucleo-h743zi", nucleo_image]) == 0


def test_an_st_link_gets_the_parts_one_by_one_and_nothing_stays_behind(
    usb: Usb, stand_in: StandIn, board: VirtualBoard, tmp_path: Path
) -> None:
    usb.plug("1-4", "0483:374b", port=board.port)
    file = tmp_path / "firmware.dfu"
    vectors = firmware(F767, 512, reset=0x08020101)
    file.write_bytes(dfu((0x08000000, vectors), (0x08020000, b"code" * 999)))
    copies = tmp_path / "copies"
    copies.mkdir()
    stand_in.install("st-flash")
    stand_in.answer("Flash written and verified! jolly good!", 0, copies=str(copies))
    assert main(["flash", "--board", "nucleo-f767zi", str(file)]) == 0
    assert (copies / "firmware-0x08000000.bin").read_bytes() == vectors
    assert (copies / "firmware-0x08020000.bin").read_bytes() == b"code" * 999
    assert not any(Path(words[-2]).exists() for words in stand_in.calls)


def test_firmware_without_machine_bootloader_is_told_with_the_buttons(
    usb: Usb,
    stand_in: StandIn,
    board: VirtualBoard,
    image: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stand_in.install("dfu-util")
    said = refused(capsys, "--board", "openmv-h7", "--port", board.port, image)
    assert said == (
        f"{board.port}: its firmware has no machine.bootloader(): unplug it and plug it in again: "
        "its bootloader then listens for 1.5 seconds; then run the same command again"
    )
    assert stand_in.calls == []


def test_a_port_where_nobody_answers_is_told_with_the_buttons(
    usb: Usb, stand_in: StandIn, image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    usb.plug("1-2", "37c5:1204", port="/dev/null")
    stand_in.install("dfu-util")
    said = refused(capsys, image)
    assert said.startswith("its firmware cannot be asked for its bootloader (/dev/null: cannot be")
    assert said.endswith(
        "; by hand: unplug it and plug it in again: its bootloader then listens "
        "for 1.5 seconds; then run the same command again"
    )
    assert stand_in.calls == []


@pytest.mark.parametrize(
    ("says", "status", "sentence"),
    [
        (
            "dfu-util: Lost device after RESET?",
            1,
            "the board went away while dfu-util wrote to it: its bootloader is still there: unp",
        ),
        (
            "dfu-util: Error sending dfu abort request (LIBUSB_ERROR_NO_DEVICE)",
            74,
            "the board went away while dfu-util wrote to it: its bootloader is still there: unp",
        ),
        (
            "dfu-util: Cannot open DFU device 37c5:9204 found on devnum 5 (LIBUSB_ERROR_ACCESS)",
            74,
            "dfu-util may not open the USB device: run the command as root, or put `SUBSYSTEM=="
            '"usb", ATTRS{idVendor}=="37c5", TAG+="uaccess"` into /etc/udev/rules.d/',
        ),
        (
            "dfu-util: Last page at 0x081fffff is not writeable",
            64,
            "dfu-util failed with status 64: dfu-util: Last page at 0x081fffff is not writeable; "
            "its bootloader is still there",
        ),
    ],
)
def test_a_write_that_fails_ends_in_one_sentence(
    says: str,
    status: int,
    sentence: str,
    usb: Usb,
    stand_in: StandIn,
    image: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    usb.plug("1-2", "37c5:9204")
    stand_in.install("dfu-util")
    stand_in.answer(says, status)
    assert refused(capsys, image).startswith(sentence)


def test_a_program_that_falls_silent_is_ended(
    usb: Usb,
    stand_in: StandIn,
    image: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tools, "SILENCE_SECONDS", 1.5)
    usb.plug("1-2", "37c5:9204")
    stand_in.install("dfu-util")
    stand_in.answer("", 0, hangs=True)
    start = time.monotonic()
    assert refused(capsys, image).startswith("dfu-util has told nothing for 1.5 seconds, so it")
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("identifier", [None, "37c5:9204"])
def test_a_board_that_does_not_show_up_ends_the_wait(
    identifier: str | None,
    usb: Usb,
    stand_in: StandIn,
    image: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(steps, "BUTTONS_SECONDS", 0.3)
    monkeypatch.setattr(steps, "BACK_SECONDS", 0.3)
    stand_in.install("dfu-util")
    if identifier:
        usb.plug("1-2", identifier)
        said = refused(capsys, image)
        assert said.startswith("the firmware is written, but the OpenMV Cam H7 did not come back")
    else:
        said = refused(capsys, "--board", "openmv-h7", image)
        assert said.startswith("the OpenMV Cam H7 did not show up in its bootloader within 0.3 s")
        assert stand_in.calls == []


def test_boards_lists_the_known_and_the_attached(
    usb: Usb, capsys: pytest.CaptureFixture[str]
) -> None:
    usb.plug("1-2", "37c5:9204")
    assert main(["boards"]) == 0
    out = capsys.readouterr().out
    assert "openmv-h7             OpenMV Cam H7" in out
    assert out.endswith("Attached:\n  1-2 (OpenMV Cam H7, in its bootloader)\n")
    assert main(["boards", "openmv-h7"]) == 0
    assert "0x08040000 to 0x081e0000\n            (github.com/openmv" in capsys.readouterr().out


def test_boards_json_has_every_fact(usb: Usb, capsys: pytest.CaptureFixture[str]) -> None:
    usb.plug("1-2", "0483:df11")
    assert main(["boards", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in report["boards"]] == board_names()
    entry = next(entry for entry in report["boards"] if entry["name"] == "openmv-m7")
    assert entry["ram"] == ["0x00000000 to 0x00004000", "0x20000000 to 0x20080000"]
    assert entry["bootloader"]["alt"] == 2
    [device] = report["attached"]
    assert (device["name"], device["state"], len(device["boards"])) == ("1-2", "bootloader", 6)
