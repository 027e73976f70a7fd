"""Text for the terminal: from files that nobody vouches for, and tables."""

from __future__ import annotations

import itertools
import json
import math
import re
import shutil
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

# beside control and format characters, breaks of lines and surrogates: what XML does not allow
_NO_CHARACTERS = "\ufffe\uffff"
_JOINERS = "\u200c\u200d"
_UNFIT_JOINER = re.compile(rf"(?<![\x80-\U0010ffff])[{_JOINERS}]")
_HEADING = re.compile(r" *[^ :]+( [^ :]+)?:?  +")
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")

# of tables: spaces between columns, what terminals have at least, what text is broken to at most
GAP = 2
LEAST_WIDTH = 80
NARROWEST, LONGEST_WORD = 20, 34


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


def json_text(value: Any) -> str:
    """`value` as indented JSON in printable ASCII; numbers that are not finite are null."""
    return json.dumps(_finite(value), indent=2, allow_nan=False)


def _finite(value: Any) -> Any:
    match value:
        case dict():
            return {key: _finite(one) for key, one in value.items()}
        case list() | tuple():
            return [_finite(one) for one in value]
        case float():
            return value if math.isfinite(value) else None
    return value


def wrapped(text: str, width: int | None = None) -> str:
    """Each line of `text` broken between words to `width` characters (default: see `text_table`).

    What follows begins two spaces further in, or below what comes after a heading and spaces.
    """
    width = width or _width()
    return "\n".join(_wrapped_line(line, width) for line in text.split("\n"))


def _wrapped_line(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    heading = _HEADING.match(line)
    indent = " " * (heading.end() if heading else len(line) - len(line.lstrip(" ")) + GAP)
    return textwrap.fill(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _width() -> int:
    return max(LEAST_WIDTH, shutil.get_terminal_size((LEAST_WIDTH, 24)).columns)


def text_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    keys: int = 1,
    width: int | None = None,
) -> str:
    """Columns two spaces apart; one whose cells are all numbers, or sums of them, stands right.

    It fits `width` characters (default: the terminal's, 80 at least). What is wider is broken
    between words, and columns that still do not fit follow in further parts, each beginning with
    the first `keys` columns.
    """
    width = width or _width()
    columns = list(zip(header, *rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    right = [bool(rows) and all(_is_number(cell) for cell in column[1:]) for column in columns]
    parts = _parts(columns, widths, keys, width)
    return "\n\n".join(
        "\n".join(_lines([columns[k] for k in part], sizes, [right[k] for k in part]))
        for part, sizes in ((part, _sizes(columns, widths, part, width)) for part in parts)
    )


def _parts(
    columns: Sequence[Sequence[str]], widths: Sequence[int], keys: int, width: int
) -> list[list[int]]:
    """Which columns stand side by side: all of them, or as many as fit."""
    parts = [[*range(keys)]]
    for index in range(keys, len(columns)):
        least = [_least(columns[k], widths[k]) for k in (*parts[-1], index)]
        if sum(least) + GAP * (len(least) - 1) > width and len(parts[-1]) > keys:
            parts.append([*range(keys)])
        parts[-1].append(index)
    return parts


def _least(column: Sequence[str], width: int) -> int:
    """What a column needs where its text is broken between words."""
    words = max(len(word) for cell in column for word in cell.split(" "))
    return min(width, max(NARROWEST, min(words, LONGEST_WORD)))


def _sizes(
    columns: Sequence[Sequence[str]], widths: Sequence[int], part: Sequence[int], width: int
) -> list[int]:
    """The widths of the columns of a part: the widest give way."""
    sizes = [widths[k] for k in part]
    least = [_least(columns[k], widths[k]) for k in part]
    while sum(sizes) + GAP * (len(sizes) - 1) > width:
        spare = [size if size > low else 0 for size, low in zip(sizes, least, strict=True)]
        if not any(spare):
            break
        sizes[spare.index(max(spare))] -= 1
    return sizes


def _lines(
    columns: Sequence[Sequence[str]], sizes: Sequence[int], right: Sequence[bool]
) -> Iterator[str]:
    for row in zip(*columns, strict=True):
        broken = [
            [cell] if len(cell) <= size else textwrap.wrap(cell, size)
            for cell, size in zip(row, sizes, strict=True)
        ]
        for cells in itertools.zip_longest(*broken, fillvalue=""):
            line = (" " * GAP).join(
                cell.rjust(size) if is_right else cell.ljust(size)
                for cell, size, is_right in zip(cells, sizes, right, strict=True)
            )
            yield line.rstrip()


def _is_number(cell: str) -> bool:
    return all(part in ("", "-", "+", "const") or _digits(part) for part in cell.split(" "))


def _digits(part: str) -> bool:
    return part.strip("-+%").replace(",", "").replace(".", "").isdigit()
