"""The summary as one HTML page, with the pictures of the worst mistakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from host_tools.arrays import Array
from host_tools.classify.page_parts import SIDE, address, confusion, escaped, head, percent
from host_tools.classify.report import Report, occurring, pairs
from host_tools.classify.results import Results, interval
from host_tools.errors import CommandError
from host_tools.pictures import read_pixels

# a table of more classes than these is no picture of anything
MOST_CLASSES = 40


def page(report: Report, seen: Callable[[Array], npt.NDArray[np.uint8]]) -> bytes:
    """The page in UTF-8; `seen` gives what the network sees of a picture."""
    results = report.results
    assert results is not None
    low, high = interval(results.right, results.count)
    parts = [
        head(f"What {report.network} sees"),
        f"<p><b>{percent(results.right, results.count)}</b> of {results.count:,} pictures are "
        f"right ({results.right:,}). On new pictures of this kind expect {100 * low:.1f} to "
        f"{100 * high:.1f} %.</p>",
        *_skipped(report.skipped),
        "<h2>Confusion</h2>",
        _confusion(results, report.names),
        "<h2>The worst mistakes</h2>",
        _mistakes(report, results, seen),
        "</body></html>",
    ]
    return "\n".join(parts).encode()


def _skipped(skipped: Sequence[str]) -> list[str]:
    if not skipped:
        return []
    listed = "".join(f"<li>{escaped(text)}</li>" for text in skipped)
    return [f"<p class='warning'>Skipped: {len(skipped)}.</p><ul class='warning'>{listed}</ul>"]


def _confusion(results: Results, names: Sequence[str]) -> str:
    shown = occurring(results)
    if len(shown) <= MOST_CLASSES:
        return (
            "<p>Of the pictures of each class (a row), how many were taken for which.</p>"
            + confusion(results, names, shown)
        )
    rows = [
        f"<tr><td class='name'>{escaped(names[label])}</td><td class='name'>"
        f"{escaped(names[answer])}</td><td>{count:,}</td></tr>"
        for count, label, answer in pairs(results)
    ]
    return (
        f"<p>{len(shown)} classes; most often taken for another:</p>"
        f"<table><tr><th>class</th><th>taken for</th><th>times</th></tr>{''.join(rows)}</table>"
    )


def _mistakes(
    report: Report, results: Results, seen: Callable[[Array], npt.NDArray[np.uint8]]
) -> str:
    if not results.worst:
        return "<p>None.</p>"
    parts = [
        "<p>Those of which the network was most sure: the picture, and what the network sees of "
        "it.</p><div class='mistakes'>"
    ]
    for one in results.worst:
        file = report.files[one.index]
        parts.append(
            f"<figure>{_pictures(file, seen)}<figcaption>{escaped(report.names[one.label])}, "
            f"taken for <b>{escaped(report.names[one.answer])}</b> ({one.score:.2f} against "
            f"{one.right_score:.2f})<br>{escaped(file)}</figcaption></figure>"
        )
    return "".join(parts) + "</div>"


def _pictures(file: str, seen: Callable[[Array], npt.NDArray[np.uint8]]) -> str:
    try:
        pixels = read_pixels(Path(file))
    except CommandError:  # it was there a moment ago
        return ""
    whole = Image.fromarray(pixels)
    whole.thumbnail((2 * SIDE, 2 * SIDE))
    small = Image.fromarray(_flat(seen(pixels)))
    return f"<img alt='' src='{address(whole)}'> <img class='seen' alt='' src='{address(small)}'>"


def _flat(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Pixels as Pillow has them: without the dimension of one channel."""
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels
