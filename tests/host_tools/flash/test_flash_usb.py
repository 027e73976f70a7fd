"""Attached boards, from folders as Linux has them, from dfu-util's list, and on this computer."""

from __future__ import annotations

from flash_stand_ins import StandIn, Usb

from host_tools.flash.usb import attached, parse_dfu_list


def test_boards_are_found_by_their_identifiers_in_each_state(usb: Usb) -> None:
    usb.plug("1-1", "37c5:1204", port="/dev/null", serial="A1")
    usb.plug("1-2.4", "0483:DF11")
    usb.plug("2-1", "0483:374b", port="/dev/zero")
    usb.plug("2-3", "1d6b:0002")
    openmv, rom, stlink = attached()
    assert (openmv.place, openmv.state, openmv.port, openmv.serial) == (
        "1-1",
        "run",
        "/dev/null",
        "A1",
    )
    assert [board.name for board in openmv.boards] == ["openmv-h7"]
    assert (rom.state, rom.port, rom.usb) == ("bootloader", None, "0483:df11")
    assert {"nucleo-h743zi", "pybd-sf6"} < {board.name for board in rom.boards}
    assert str(rom) == "1-2.4 (a board with 0483:df11, in its bootloader)"
    assert (stlink.state, str(stlink)) == ("debugger", "/dev/zero (ST-LINK/V2-1)")


def test_a_device_that_goes_away_while_it_is_read_is_left_out(usb: Usb) -> None:
    (usb.plug("1-1", "37c5:1204") / "idProduct").unlink()
    (usb.sysfs / "1-9").symlink_to(usb.sysfs / "gone")
    assert attached() == []


def test_this_computers_own_devices_can_be_listed() -> None:
    for device in attached():
        assert device.boards


def test_dfu_utils_list_gives_a_device_once(stand_in: StandIn) -> None:
    listed = "".join(
        f'Found DFU: [0483:df11] ver=2200, devnum=9, cfg=1, intf=0, path="1-2", alt={alt}, '
        f'name="@Option", serial="200364500000"\n'
        for alt in (1, 0)
    )
    listed += 'Found Runtime: [05ac:8290] ver=0104, devnum=2, path="1-3", serial="UNKNOWN"\n'
    [device] = parse_dfu_list(f"dfu-util 0.11\n\n{listed}")
    assert device
    assert (device.place, device.state, device.serial) == ("1-2", "bootloader", "200364500000")
