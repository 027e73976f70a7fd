"""A hostile or broken board ends each command within ten seconds, in one sentence."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest
from fake_board import BANNER, FakeBoard, honest
from oracle import ROOT

from host_tools import serial_ports
from host_tools.cli import main
from host_tools.device import connection

BLOB = str(ROOT / "models/cifar10/cifar10.ink")
VERBS = (["deploy", BLOB, "--port"], ["validate", BLOB, "--on"], ["install", BLOB, "--port"])
NOISE = random.Random(1).randbytes(3000).replace(b"\x04", b"?").replace(b">", b"?")

Answer = Callable[[str, int], bytes | None]


def says(text: bytes) -> Answer:
    """Whatever is asked by `value`, this is the answer; other code runs."""
    return lambda code, before: text + b"\x04\x04>" if "print(repr(" in code else honest(code)


def later(count: int, text: bytes | None) -> Answer:
    """After some honest answers."""
    return lambda code, before: honest(code) if before < count else text


VALUES = (
    b"", b"None", b"0", b"-1", b"'text'", b"[]", b"()", b"[1, 2]", b"{}", b"9" * 5000, b"1e999",
    b"(" * 5000, b"[" * 200 + b"]" * 200, b"('a', 'b', 'c', 'd', 'e', 'f')", b"\xff\xfe\x00",
    b"('\\x1b[31m\\u202e', '', '', None, -5, [])", b"('a', 'b', 'c', None, 1 << 80, [1])",
    b"('', '', '', None, 0, ['flash', 7])",
)  # fmt: skip
QUICK: dict[str, Callable[[], FakeBoard]] = {
    **{f"value {i}": lambda v=v: FakeBoard(says(v)) for i, v in enumerate(VALUES)},
    "noise": lambda: FakeBoard(lambda code, before: NOISE + b"\x04\x04>"),
    "noise in place of OK": lambda: FakeBoard(accept=NOISE),
    "endless": lambda: FakeBoard(lambda code, before: b"spam..."),
    "endless after some": lambda: FakeBoard(later(4, b"spam...")),
    "endless error": lambda: FakeBoard(lambda code, before: b"\x04spam..."),
    "error of escapes": lambda: FakeBoard(
        lambda code, before: b"\x04Traceback\r\nOSError: \x1b[31m\xe2\x80\xae7\x04>"
    ),
    "no error text": lambda: FakeBoard(lambda code, before: b"\x04\r\n\x04>"),
    "another paste": lambda: FakeBoard(paste=b"R\x02"),
    "paste of no window": lambda: FakeBoard(paste=b"R\x01\x00\x00"),
    "paste of endless windows": lambda: FakeBoard(paste=b"R\x01\x01\x00\x01\x01\x01..."),
    "paste that ends at once": lambda: FakeBoard(paste=b"R\x01\x20\x00\x04"),
    "another banner": lambda: FakeBoard(start=b"raw REPL 2.0\r\n>"),
    "another reset": lambda: FakeBoard(reset=b"hello\r\n" + BANNER + b">"),
}
SLOW: dict[str, Callable[[], FakeBoard]] = {
    "silent": lambda: FakeBoard(start=None),
    "endless start": lambda: FakeBoard(start=b"spam..."),
    "silent at the reset": lambda: FakeBoard(reset=None),
    "endless reset": lambda: FakeBoard(reset=b"spam..."),
    "silent at first": lambda: FakeBoard(lambda code, before: None),
    "silent after some": lambda: FakeBoard(later(5, None)),
    "never at an end": lambda: FakeBoard(lambda code, before: b"12"),
    "no error's end": lambda: FakeBoard(lambda code, before: b"\x04oops"),
    "no prompt": lambda: FakeBoard(lambda code, before: b"\x04\x04"),
}


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
