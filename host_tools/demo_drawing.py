"""Draws what `make demo` printed as a terminal whose lines come one by one, for the README.

    .venv/bin/host_tools demo | .venv/bin/python -m host_tools.demo_drawing docs/demo.svg

The text is that of the run; only the time between the lines is shortened.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from host_tools.files import write_whole

COMMAND = "$ make demo"
# of a character; of a line
WIDTH, HEIGHT = 7.25, 18
MARGIN, BAR = 18, 34
# seconds before the first line, from line to line, and of all lines before it begins anew
BEGIN, STEP, HOLD = 1.0, 0.35, 8.0


def terminal(lines: Sequence[str]) -> str:
    """An SVG document that loads nothing. Where nothing may move, all lines are there."""
    shown = [COMMAND, *lines]
    width = int(2 * MARGIN + WIDTH * max(map(len, shown)))
    height = BAR + MARGIN + HEIGHT * len(shown)
    whole = BEGIN + STEP * len(lines) + HOLD
    frames, texts = [], []
    for number, line in enumerate(shown):
        if not line:
            continue
        place = "" if number == 0 else f" class='late l{number}'"
        y = BAR + HEIGHT * (number + 1)
        texts.append(f"<text{place} x='{MARGIN}' y='{y}'>{_coloured(line)}</text>")
        if number:
            start = 100 * (BEGIN + STEP * (number - 1)) / whole
            frames.append(
                f"@keyframes k{number} {{ 0% {{ opacity: 0 }} {start:.2f}% {{ opacity: 1 }} }}\n"
                f".l{number} {{ animation-name: k{number} }}"
            )
    dots = "".join(
        f"<circle cx='{MARGIN + 18 * k}' cy='17' r='5.5' fill='{colour}'/>"
        for k, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return (
        "\n".join(
            [
                f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' "
                f"viewBox='0 0 {width} {height}'>",
                "<title>make demo: a network classifies 20 pictures on the virtual board</title>",
                "<style>",
                "text { font: 12px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace;",
                "  fill: #d7dce2; white-space: pre; }",
                ".right { fill: #6fd08c } .wrong { fill: #ff9d66 }",
                "@media (prefers-reduced-motion: no-preference) {",
                f".late {{ animation: {whole:.2f}s steps(1, end) infinite }}",
                *frames,
                "}",
                "</style>",
                f"<rect width='{width}' height='{height}' rx='9' fill='#14171b'/>",
                dots,
                *texts,
                "</svg>",
            ]
        )
        + "\n"
    )


def _coloured(line: str) -> str:
    """A line with its verdict in a colour; spaces stay as they are."""
    before, gap, verdict = line.rpartition("  ")
    kind = verdict.partition(":")[0]
    if kind not in ("right", "wrong"):
        return escape(line)
    return f"{escape(before + gap)}<tspan class='{kind}'>{escape(verdict)}</tspan>"


def main() -> int:
    parser = argparse.ArgumentParser(description="Draws standard input as a terminal.")
    parser.add_argument("svg", type=Path, metavar="SVG", help="where the drawing goes")
    path = parser.parse_args().svg
    write_whole(path, terminal(sys.stdin.read().splitlines()).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
