"""Text for the terminal: from files that nobody vouches for, and tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

# what XML does not allow beside control characters and surrogates
_NO_CHARACTERS = "\ufffe\uffff"


def plain(text: str) -> str:
    """`text` with a question mark for each control character, surrogate and non-character."""
    return "".join("?" if _is_unfit(character) else character for character in text)


def _is_unfit(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in _NO_CHARACTERS


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
