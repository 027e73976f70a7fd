"""A hostile or broken board ends each command within ten seconds, in one sentence."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest
from fake_board import FakeBoard
from hostile_kinds import QUICK, SLOW
from oracle import ROOT

from host_tools import serial_ports
from host_tools.cli import main
from host_tools.device import connection

BLOB = str(ROOT / "models/cifar10/cifar10.ink")
VERBS = (["deploy", BLOB, "--port"], ["validate", BLOB, "--on"], ["install", BLOB, "--port"])


def run(
    words: list[str], make: Callable[[], FakeBoard], capsys: pytest.CaptureFixture[str]
) -> float:
    """The seconds that a command takes with a board, until it ends with one sentence."""
    with make() as board:
        start = time.monotonic()
        status = main([*words, board.port])
        seconds = time.monotonic() - start
        said = capsys.readouterr().err
        assert (status, said.count("\n")) == (1, 1), said
        assert said.startswith("host_tools: ") and said[:-1].isprintable()
        return seconds


@pytest.mark.parametrize(("number", "kind"), [*enumerate([*QUICK, *SLOW])])
def test_each_kind_ends_in_one_sentence(
    number: int,
    kind: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # the waits shortened, as all of them are waits for what does not come
    monkeypatch.setattr(serial_ports, "_ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(connection, "_RESTART_SECONDS", 0.2)
    monkeypatch.setattr(connection, "_ANSWER_SECONDS", 0.2)
    run(VERBS[number % len(VERBS)], (QUICK | SLOW)[kind], capsys)


def test_it_ends_within_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(VERBS[0], SLOW["never at an end"], capsys) < 10


@pytest.mark.skipif(not os.environ.get("INKLING_HOSTILE"), reason="INKLING_HOSTILE=1: 10 minutes")
@pytest.mark.parametrize("words", VERBS, ids=lambda words: words[0])
@pytest.mark.parametrize("kind", [*QUICK, *SLOW])
def test_each_ends_within_ten_seconds(
    words: list[str], kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words, (QUICK | SLOW)[kind], capsys) < 10
