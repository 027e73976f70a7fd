"""A hostile or broken board ends `flash` within ten seconds, in one sentence."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest
from fake_board import FakeBoard, honest
from flash_stand_ins import StandIn, Usb
from hostile_kinds import QUICK, SLOW, Answer, later

from host_tools import serial_ports
from host_tools.cli import main
from host_tools.device import connection
from host_tools.flash import steps


def can_enter(answer: Answer) -> Answer:
    """Has a bootloader, it says; `answer` is what comes of going there."""
    return lambda code, before: (
        b"True\r\n\x04\x04>" if "hasattr(machine" in code else answer(code, before)
    )


KINDS = (
    QUICK
    | SLOW
    | {
        # sooner than flash has asked all that it asks
        "endless after some": lambda: FakeBoard(later(1, b"spam...")),
        "silent after some": lambda: FakeBoard(later(1, None)),
        "stays": lambda: FakeBoard(can_enter(lambda code, before: honest(code))),
        "stays, endless": lambda: FakeBoard(
            can_enter(
                lambda code, before: b"spam..." if "bootloader()" in code else honest(code),
            )
        ),
        "stays, silent": lambda: FakeBoard(
            can_enter(lambda code, before: None if "bootloader()" in code else honest(code))
        ),
        "raises": lambda: FakeBoard(lambda code, before: b"\x04MemoryError: \x1b[31m\x04>"),
    }
)


Flash = Callable[[str, str], float]


@pytest.fixture
def flash(usb: Usb, stand_in: StandIn, image: str, capsys: pytest.CaptureFixture[str]) -> Flash:
    """Flashes with such a board, before or after the bootloader; returns the seconds it took."""

    def flash(kind: str, when: str) -> float:
        stand_in.install("dfu-util")
        with KINDS[kind]() as board:
            usb.plug("1-2", "37c5:1204" if when == "before" else "37c5:9204", port=board.port)
            stand_in.answer("Done!", 0, writes={str(usb.sysfs / "1-2/idProduct"): "1204"})
            start = time.monotonic()
            status = main(["flash", image])
            seconds = time.monotonic() - start
        said = capsys.readouterr()
        told = said.err.replace("\r", "\n").splitlines()
        assert status == 1, said.out
        assert len(stand_in.calls) == (when == "after")
        assert [line for line in told if line.startswith("host_tools: ")] == told[-1:], told
        assert told[-1].isprintable()
        return seconds

    return flash


@pytest.mark.parametrize(
    ("kind", "when"),
    # a sample: the others differ in what they answer, which ends the same way
    [(kind, ("before", "after")[i % 2]) for i, kind in enumerate([*QUICK, *SLOW])][::3]
    + [(kind, "before") for kind in KINDS if kind not in QUICK | SLOW],
)
def test_each_kind_ends_in_one_sentence(
    kind: str, when: str, flash: Flash, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the waits shortened, as all of them are waits for what does not come
    monkeypatch.setattr(serial_ports, "_ANSWER_SECONDS", 0.2)
    for name in ("_RESTART_SECONDS", "_ANSWER_SECONDS"):
        monkeypatch.setattr(connection, name, 0.2)
    for name in ("BOOTLOADER_SECONDS", "_LEAVE_SECONDS", "_AGAIN_SECONDS"):
        monkeypatch.setattr(steps, name, 0.2)
    flash(kind, when)


@pytest.mark.skipif(not os.environ.get("INKLING_HOSTILE"), reason="INKLING_HOSTILE=1: 5 minutes")
@pytest.mark.parametrize(
    ("kind", "when"),
    [(kind, when) for kind in KINDS for when in ("before", "after")[: 1 + (kind in QUICK | SLOW)]],
)
def test_each_ends_within_ten_seconds(kind: str, when: str, flash: Flash) -> None:
    assert flash(kind, when) < 10
