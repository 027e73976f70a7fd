"""Text for the terminal: from files that nobody vouches for, and tables."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

# beside control and format characters, breaks of lines and surrogates: what XML does not allow
_NO_CHARACTERS = "\ufffe\uffff"
_JOINERS = "\u200c\u200d"
_UNFIT_JOINER = re.compile(rf"(?<![\x80-\U0010ffff])[{_JOINERS}]")
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def plain(text: str) -> str:
    """`text` with an escape, such as \\x1b, for each character that a terminal obeys or hides.

    These are control and format characters (directions of writing, what has no width), breaks of
    lines, surrogates and non-characters. Joiners stay, but not in ASCII, where they join nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _UNFIT_JOINER.sub(lambda found: _escape(found[0]), text)
    return "".join(_escape(c) if _is_unfit(c) else c for c in text)


def _is_unfit(character: str) -> bool:
    hidden = unicodedata.category(character) in _HIDDEN and character not in _JOINERS
    return hidden or character in _NO_CHARACTERS


def _escape(character: str) -> str:
    return (
        character.encode("ascii", "backslashreplace").decode()
        if ord(character) > 127
        else (f"\\x{ord(character):02x}")
    )


def plain_lines(text: str, kept: str = "\n\t") -> str:
    """`text` as `plain` has it, but for the characters `kept`."""
    return "".join(part if part in kept else plain(part) for part in re.split(f"([{kept}])", text))


class Shown:
    """A stream whose text is shown as `plain` has it, line by line; bytes pass as they are.

    `unescaped` is the stream itself, for a command's own control characters.
    """

    def __init__(self, unescaped: TextIO) -> None:
        self.unescaped = unescaped

    def write(self, text: str) -> int:
        self.unescaped.write(plain_lines(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unescaped, name)


@contextmanager
def shown() -> Iterator[None]:
    """Lets all that is printed go through `Shown`."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (Shown(stream) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns two spaces apart; one whose cells are all numbers, or sums of them, stands right."""
    columns = list(zip(header, *rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    right = [bool(rows) and all(_is_number(cell) for cell in column[1:]) for column in columns]
    lines = []
    for line in (header, *rows):
        cells = [
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(line, widths, right, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _is_number(cell: str) -> bool:
    return all(part in ("", "-", "+", "const") or _digits(part) for part in cell.split(" "))


def _digits(part: str) -> bool:
    return part.strip("-+%").replace(",", "").replace(".", "").isdigit()
