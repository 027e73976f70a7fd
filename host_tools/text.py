"""Text for the terminal: from files that nobody vouches for, and tables."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from host_tools.errors import CommandError

# beside control and format characters, breaks of lines and surrogates: what XML does not allow
_NO_CHARACTERS = "\ufffe\uffff"
_JOINERS = "\u200c\u200d"
_UNFIT_JOINER = re.compile(rf"(?<![\x80-\U0010ffff])[{_JOINERS}]")
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


class Shown:
    """A stream whose text is shown as `plain` has it, line by line; bytes pass as they are.

    Characters that its encoding lacks are escaped, too. `unescaped` is the stream itself, for a
    command's own control characters. Raises CommandError where text cannot be written.
    """

    def __init__(self, unescaped: TextIO) -> None:
        self.unescaped = unescaped

    def write(self, text: str) -> int:
        encoding = self.unescaped.encoding or "utf-8"
        shown = plain_lines(text).encode(encoding, "backslashreplace").decode(encoding)
        with _told_of():
            self.unescaped.write(shown)
        return len(text)

    def flush(self) -> None:
        with _told_of():
            self.unescaped.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unescaped, name)


@contextmanager
def _told_of() -> Iterator[None]:
    """Lets an end of the reader pass, and makes of another failure what the user is told."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CommandError(f"what is printed cannot be written: {error.strerror}") from None


@contextmanager
def shown() -> Iterator[None]:
    """Lets all that is printed go through `Shown`; what has no place to go is dropped."""
    before = sys.stdout, sys.stderr
    with Path(os.devnull).open("w") as nowhere:
        sys.stdout, sys.stderr = (Shown(stream or nowhere) for stream in before)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before


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
    width = width or max(LEAST_WIDTH, shutil.get_terminal_size((LEAST_WIDTH, 24)).columns)
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
