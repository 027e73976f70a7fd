"""Parts of HTML pages that hold their pictures and load nothing else, light or dark."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

from PIL import Image

from host_tools.classify.results import Results
from host_tools.text import plain

# pixels of a picture's side
SIDE = 128
STYLE = """
:root { color-scheme: light dark; --text: #222; --page: #fff; --line: #ccc; --warning: #a33c00; }
@media (prefers-color-scheme: dark) {
  :root { --text: #ddd; --page: #181a1c; --line: #50555a; --warning: #ff9d66; }
}
body { font: 16px/1.45 Helvetica, Arial, sans-serif; color: var(--text); background: var(--page);
  max-width: 60em; margin: 2em auto; padding: 0 1em; }
h1, p, li { overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 0.6em 0; }
th, td { border: 1px solid var(--line); padding: 0.3em 0.6em; text-align: right; }
th:first-child, td.name { text-align: left; }
td { white-space: nowrap; }
td.name { white-space: normal; overflow-wrap: anywhere; min-width: 6em; }
.warning { color: var(--warning); }
.mistakes { display: flex; flex-wrap: wrap; gap: 1.2em; }
figure { margin: 0; width: 270px; }
figure img { width: 128px; height: 128px; object-fit: contain; }
img.seen { image-rendering: pixelated; }
figcaption { font-size: 14px; overflow-wrap: anywhere; }
"""


def head(title: str) -> str:
    """How a page begins, up to its title."""
    title = escaped(title)
    return (
        "<!DOCTYPE html>\n"
        f"<html lang='en'><head><meta charset='utf-8'><title>{title}</title>\n"
        "<meta name='viewport' content='width=device-width'>\n"
        f"<style>{STYLE}</style></head><body>\n<h1>{title}</h1>"
    )


def confusion(results: Results, names: Sequence[str], classes: Sequence[int] | None = None) -> str:
    """The table of which class (a row) was taken for which; of all classes, or of these."""
    shown = range(len(names)) if classes is None else classes
    header = "".join(f"<th>{escaped(names[column])}</th>" for column in shown)
    rows = [f"<div class='wide'><table><tr><th></th>{header}</tr>"]
    for number in shown:
        row = results.confusion[number]
        rows.append(f"<tr><td class='name'>{escaped(names[number])}</td>")
        for column in shown:
            share = int(row[column]) / max(1, int(row.sum()))
            colour = "59,110,168" if column == number else "192,57,43"
            style = f"background:rgba({colour},{0.7 * share:.2f})"
            rows.append(f"<td style='{style}'>{row[column]}</td>")
        rows.append("</tr>")
    return "".join(rows) + "</table></div>"


def address(picture: Image.Image) -> str:
    """A picture as an address that holds it."""
    data = io.BytesIO()
    picture.save(data, "png")
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"


def percent(right: int, count: int) -> str:
    return f"{100 * right / max(1, count):.1f} %"


def escaped(text: str) -> str:
    """Text fit for a page."""
    return html.escape(plain(text))
