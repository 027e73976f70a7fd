"""Flashing to the board's answer, with stand-ins for the programs that write.

The board that comes back is the virtual board, behind a folder as Linux lists USB devices in.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from flash_stand_ins import F767, StandIn, Usb, dfu, firmware, refused

from host_tools.cli import main
from host_tools.flash import steps, tools
from host_tools.virtual_board import VirtualBoard


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
        "import sys, computer\n"
        "class Machine:\n"
        "    @staticmethod\n"
        "    def bootloader():\n"
        "        computer.ask('bootloader', 0, b'1-2')\n"
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


@pytest.mark.parametrize(
    "says",
    [
        "File downloaded successfully\nError during download get_status",
        "Done parsing DfuSe file\nError during download get_status",
        "Done!\nerror resetting after download: LIBUSB_ERROR_NO_DEVICE",
    ],
)
def test_what_a_board_leaves_unanswered_when_all_is_written_is_no_failure(
    says: str, usb: Usb, stand_in: StandIn, board: VirtualBoard, nucleo_image: str
) -> None:
    device = usb.plug("1-2", "0483:df11", port=board.port)
    stand_in.install("dfu-util")
    run = {str(device / "idVendor"): "f055", str(device / "idProduct"): "9800"}
    stand_in.answer(says, 74, writes=run)
    assert main(["flash", "--board", "nucleo-h743zi", nucleo_image]) == 0


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.splitlines()[-1]


def test_firmware_of_another_version_of_inkling_is_told(
    usb: Usb,
    stand_in: StandIn,
    board: VirtualBoard,
    image: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usb.plug("1-2", "37c5:9204", port=board.port)
    stand_in.install("dfu-util")
    stand_in.answer("Done!", 0, writes={str(usb.sysfs / "1-2/idProduct"): "1204"})
    monkeypatch.setattr(steps, "_HEADER", b"INKL\x09\x00" + steps._HEADER[6:])
    assert main(["flash", image]) == 0
    said = last_line(capsys)
    assert "Inkling and these tools are of different versions" in said
    assert "version is 9, allowed 1" in said


def test_firmware_without_inkling_is_told(
    usb: Usb,
    stand_in: StandIn,
    stock_board: VirtualBoard,
    image: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    usb.plug("1-2", "37c5:9204", port=stock_board.port)
    stand_in.install("dfu-util")
    stand_in.answer("Done!", 0, writes={str(usb.sysfs / "1-2/idProduct"): "1204"})
    assert main(["flash", image]) == 0
    assert "the firmware has no Inkling (no module named 'inkling'): flash" in last_line(capsys)


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
    assert refused(capsys, image).startswith("dfu-util has told nothing for 1.5 seconds, so it")


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
