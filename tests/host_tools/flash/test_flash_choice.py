"""Which board, which firmware and which program are taken, and the words the program gets."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from flash_stand_ins import F767, NUCLEO, StandIn, Usb, dfu, firmware, refused

from host_tools.cli import main

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
    # also before anybody is asked to press buttons
    missing = "dfu-util is not on PATH: install it (Debian: apt install dfu-util"
    assert missing in refused(capsys, "--board", "openmv-h7", image)
    usb.plug("1-1", "37c5:9204")
    assert missing in refused(capsys, image)
    usb.unplug("1-1")
    usb.plug("1-1", "0483:374e")
    said = refused(capsys, "--board", "nucleo-h743zi", nucleo_image)
    assert "(Debian: apt install stlink-tools; macOS: brew install stlink; or pyOCD: pip" in said


# --- the words of each program ---


def dry(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert main(["flash", "--dry-run", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    return [line.split(". ", 1)[1] for line in lines if line[0].isdigit()]


def test_a_dry_run_without_the_program_names_it_and_prints_its_steps(
    usb: Usb, image: str, nucleo_image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first, wait, write, _back = dry(capsys, "--board", "openmv-h7", image)
    assert first.startswith("dfu-util is not on PATH: install it (Debian: apt install dfu-util")
    assert wait.startswith("wait for its bootloader: ")
    assert write.startswith("dfu-util -d ,37c5:9204 -a 2 -R -D ")
    usb.plug("1-1", "0483:374e")
    first, write, _back = dry(capsys, "--board", "nucleo-h743zi", nucleo_image)
    assert first.startswith("st-flash, which writes over an ST-LINK, is not on PATH")
    assert write.startswith("st-flash --connect-under-reset --reset write ")


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
