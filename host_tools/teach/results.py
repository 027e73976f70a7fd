"""Which class needs more pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from host_tools.classify.results import Results, interval


def needs_more(results: Results, names: Sequence[str]) -> tuple[list[int], str]:
    """The classes that need more pictures first, and a sentence that says so.

    They are those of which least can be promised: the lower end of `interval` is lowest, because
    they are often taken for others or because few were held out.
    """
    confusion = results.confusion
    rows = [(int(confusion[k, k]), int(confusion[k].sum())) for k in range(len(names))]
    lows = [interval(*row)[0] for row in rows]
    lowest = min(lows)
    first = [k for k, low in enumerate(lows) if low - lowest < 1e-9]
    right, count = rows[first[0]]
    promise = f"{right} of {count} held out were right, so at work {100 * lowest:.0f} % or more"
    if len(first) == len(names) > 1:
        return first, f"every class needs more pictures alike: of each {promise}"
    listed = " and ".join(names[k] for k in first)
    if len(first) > 1:
        return first, f"{listed} need more pictures first: of each {promise}"
    others = np.where(np.arange(len(names)) == first[0], 0, confusion[first[0]])
    taken = f"; most often taken for {names[int(others.argmax())]}" if others.any() else ""
    return first, f"{listed} needs more pictures first: {promise}{taken}"
