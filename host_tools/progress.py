"""A line on the terminal that says how far long work is; nothing where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_WIDTH = 78


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Gives a function to be told how much of `total` is done; the line vanishes at the end.

    A `total` of 0 is for what cannot say how far it is.
    """
    shown = sys.stderr.isatty()
    terminal = getattr(sys.stderr, "unescaped", sys.stderr)

    def show(done: int) -> None:
        if shown:
            line = f"{what}: {100 * done // total} %" if total else f"{what} ..."
            print(f"\r{line[:_WIDTH]:<{_WIDTH}}", end="", file=terminal, flush=True)

    show(0)
    try:
        yield show
    finally:
        if shown:
            print(f"\r{'':<{_WIDTH}}\r", end="", file=terminal, flush=True)
