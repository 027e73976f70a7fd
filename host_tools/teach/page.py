"""The report as one HTML page, pictures in it: nothing else is loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from host_tools.classify.page_parts import SIDE, address, confusion, escaped, head, percent
from host_tools.classify.results import interval
from host_tools.pictures import read_picture
from host_tools.teach.report import MADE, Report
from host_tools.teach.results import needs_more


def page(report: Report) -> bytes:
    """The page in UTF-8."""
    results = report.results
    title = f"What {Path(report.output).name} has learned"
    low, high = interval(results.right, results.count)
    parts = [
        head(title),
        f"<p><b>{percent(results.right, results.count)}</b> of {results.count} pictures held "
        f"out are right ({results.right}), as the board computes it in int8; in float32 "
        f"{report.float_right}. On new pictures of this kind expect {100 * low:.0f} to "
        f"{100 * high:.0f} %.</p>",
        f"<p><b>{escaped(needs_more(results, report.names)[1])}.</b></p>",
        *(f"<p class='warning'>Warning: {escaped(text)}.</p>" for text in report.warnings),
        "<h2>Classes</h2>",
        _classes(report),
        "<h2>Confusion</h2>",
        "<p>Of the pictures held out of each class (a row), how many were taken for which.</p>",
        confusion(report.results, report.names),
        "<h2>The worst mistakes</h2>",
        _mistakes(report),
        "<h2>The network</h2>",
        "<table>",
        *(
            f"<tr><td class='name'>{escaped(name)}</td><td class='name'>{escaped(value)}</td></tr>"
            for name, value in report.facts()
        ),
        "</table></body></html>",
    ]
    return "\n".join(parts).encode()


def _classes(report: Report) -> str:
    rows = ["<div class='wide'><table><tr><th>class</th><th>learned from</th><th>held out</th>"]
    rows.append("<th>right</th><th>at work</th></tr>")
    for number, name in enumerate(report.names):
        row = report.results.confusion[number]
        right, count = int(row[number]), int(row.sum())
        low, high = interval(right, count)
        learned = report.learned[number]
        rows.append(
            f"<tr><td class='name'>{escaped(name)}</td><td>{learned or MADE}</td><td>{count}</td>"
            f"<td>{right}</td><td>{100 * low:.0f} to {100 * high:.0f} %</td></tr>"
        )
    return "".join(rows) + "</table></div>"


def _mistakes(report: Report) -> str:
    if not report.results.worst:
        return "<p>None.</p>"
    parts = [
        "<p>Those of which the network was most sure: the picture as the board crops it, and "
        "what the network sees of it.</p><div class='mistakes'>"
    ]
    for one in report.results.worst:
        file = report.files[one.index]
        seen = Image.fromarray(np.squeeze(report.seen[one.index]))
        parts.append(
            f"<figure><img alt='' src='{address(_cropped(file) if file else seen)}'> "
            f"<img class='seen' alt='' src='{address(seen)}'>"
            f"<figcaption>{escaped(report.names[one.label])}, taken for "
            f"<b>{escaped(report.names[one.answer])}</b> ({one.score:.2f} against "
            f"{one.right_score:.2f})<br>{escaped(file) or MADE}</figcaption></figure>"
        )
    return "".join(parts) + "</div>"


def _cropped(file: str) -> Image.Image:
    return ImageOps.fit(read_picture(Path(file)), (SIDE, SIDE))
