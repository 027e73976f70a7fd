"""The ways in which a board answers that is hostile or broken, by name."""

from __future__ import annotations

import random
from collections.abc import Callable

from fake_board import BANNER, FakeBoard, honest

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
