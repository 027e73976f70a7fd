"""The report as one HTML page, pictures in it: nothing else is loaded."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from host_tools.pictures import read_picture
from host_tools.teach.report import MADE, Report
from host_tools.teach.results import interval, needs_more
from host_tools.text import plain

SIDE = 128
STYLE = """
body { font: 16px/1.45 Helvetica, Arial, sans-serif; color: #222; max-width: 60em;
  margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: 0.6em 0; }
th, td { border: 1px solid #ccc; padding: 0.3em 0.6em; text-align: right; }
th:first-child, td.name { text-align: left; }
.warning { color: #a33c00; }
.mistakes { display: flex; flex-wrap: wrap; gap: 1.2em; }
figure { margin: 0; width: 270px; }
figure img { width: 128px; height: 128px; }
img.seen { image-rendering: pixelated; }
figcaption { font-size: 14px; overflow-wrap: anywhere; }
"""


def page(report: Report) -> bytes:
    """The page in UTF-8."""
    results = report.results
    title = _text(f"What {Path(report.output).name} has learned")
    low, high = interval(results.right, results.count)
    parts = [
        "<!DOCTYPE html>",
        f"<html lang='en'><head><meta charset='utf-8'><title>{title}</title>",
        f"<style>{STYLE}</style></head><body>",
        f"<h1>{title}</h1>",
        f"<p><b>{_percent(results.right, results.count)}</b> of {results.count} pictures held "
        f"out are right ({results.right}), as the board computes it in int8; in float32 "
        f"{report.float_right}. On new pictures of this kind expect {100 * low:.0f} to "
        f"{100 * high:.0f} %.</p>",
        f"<p><b>{_text(needs_more(results, report.names)[1])}.</b></p>",
        *(f"<p class='warning'>Warning: {_text(text)}.</p>" for text in report.warnings),
        "<h2>Classes</h2>",
        _classes(report),
        "<h2>Confusion</h2>",
        "<p>Of the pictures held out of each class (a row), how many were taken for which.</p>",
        _confusion(report),
        "<h2>The worst mistakes</h2>",
        _mistakes(report),
        "<h2>The network</h2>",
        "<table>",
        *(
            f"<tr><td class='name'>{_text(name)}</td><td class='name'>{_text(value)}</td></tr>"
            for name, value in report.facts()
        ),
        "</table></body></html>",
    ]
    return "\n".join(parts).encode()


def _classes(report: Report) -> str:
    rows = ["<table><tr><th>class</th><th>learned from</th><th>held out</th><th>right</th>"]
    rows.append("<th>at work</th></tr>")
    for number, name in enumerate(report.names):
        row = report.results.confusion[number]
        right, count = int(row[number]), int(row.sum())
        low, high = interval(right, count)
        learned = report.learned[number]
        rows.append(
            f"<tr><td class='name'>{_text(name)}</td><td>{learned or MADE}</td><td>{count}</td>"
            f"<td>{right}</td><td>{100 * low:.0f} to {100 * high:.0f} %</td></tr>"
        )
    return "".join(rows) + "</table>"


def _confusion(report: Report) -> str:
    names = "".join(f"<th>{_text(name)}</th>" for name in report.names)
    rows = [f"<table><tr><th></th>{names}</tr>"]
    for number, name in enumerate(report.names):
        row = report.results.confusion[number]
        rows.append(f"<tr><td class='name'>{_text(name)}</td>")
        for column, count in enumerate(row):
            share = int(count) / max(1, int(row.sum()))
            colour = "59,110,168" if column == number else "192,57,43"
            rows.append(f"<td style='background:rgba({colour},{0.7 * share:.2f})'>{count}</td>")
        rows.append("</tr>")
    return "".join(rows) + "</table>"


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
            f"<figure><img alt='' src='{_url(_cropped(file) if file else seen)}'> "
            f"<img class='seen' alt='' src='{_url(seen)}'>"
            f"<figcaption>{_text(report.names[one.label])}, taken for "
            f"<b>{_text(report.names[one.answer])}</b> ({one.score:.2f} against "
            f"{one.right_score:.2f})<br>{_text(file) or MADE}</figcaption></figure>"
        )
    return "".join(parts) + "</div>"


def _cropped(file: str) -> Image.Image:
    return ImageOps.fit(read_picture(Path(file)), (SIDE, SIDE))


def _url(picture: Image.Image) -> str:
    data = io.BytesIO()
    picture.save(data, "png")
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"


def _percent(right: int, count: int) -> str:
    return f"{100 * right / max(1, count):.1f} %"


def _text(text: str) -> str:
    return html.escape(plain(text))
