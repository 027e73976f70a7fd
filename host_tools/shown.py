"""What is printed, by whatever verb, on its way to the terminal: escaped, or told why not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from host_tools.errors import CommandError
from host_tools.text import plain_lines


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
