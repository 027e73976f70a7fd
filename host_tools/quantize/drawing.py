"""Draws the signal-to-noise ratio of each layer as SVG: a bar a layer, in running order."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from xml.sax.saxutils import escape

from host_tools.quantize.compare import Layer
from host_tools.tensor_text import short_name

LEFT, TOP, ROW, WIDTH, RIGHT = 250, 86, 20, 460, 140
MOST_DB = 60
FONT = "font-family='Helvetica, Arial, sans-serif'"
GOOD, BAD, STORE = "#3b6ea8", "#c0392b", "#d3e2f4"


def svg_bars(title: str, layers: Sequence[Layer], bad: Collection[int]) -> str:
    """The drawing as an SVG document; the operators `bad` are red."""
    height = TOP + ROW * len(layers) + 40
    width = LEFT + WIDTH + RIGHT
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' "
        f"viewBox='0 0 {width} {height}' {FONT}>",
        f"<rect width='{width}' height='{height}' fill='white'/>",
        f"<text x='12' y='26' font-size='17' font-weight='bold' fill='#222'>{escape(title)}"
        "</text>",
        "<text x='12' y='48' font-size='12' fill='#333'>signal to noise of each layer's output "
        "against float32, in dB; red: bad</text>",
        "<text x='12' y='64' font-size='12' fill='#333'>pale: what its 8 bits alone would leave; "
        "black line: what the layer alone would, were its inputs exact</text>",
    ]
    for decibels in range(0, MOST_DB + 1, 10):
        x = LEFT + WIDTH * decibels / MOST_DB
        bottom = TOP + ROW * len(layers) + 4
        parts.append(
            f"<line x1='{x:.1f}' y1='{TOP - 4}' x2='{x:.1f}' y2='{bottom}' stroke='#ddd'/>"
            f"<text x='{x:.1f}' y='{bottom + 16}' text-anchor='middle' font-size='11' "
            f"fill='#444'>{decibels}</text>"
        )
    for row, layer in enumerate(layers):
        parts += _bar(TOP + ROW * row, layer, layer.operator in bad)
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _bar(y: float, layer: Layer, bad: bool) -> list[str]:
    name = f"{layer.operator} {layer.kind}" if layer.operator >= 0 else "input"
    clipped = f", {100 * layer.clipped:.1f} % clipped" if layer.clipped else ""
    tooltip = f"{name}, {short_name(layer.name)}: {decibels(layer.snr)} dB{clipped}"
    return [
        f"<g><title>{escape(tooltip)}</title>",
        f"<text x='{LEFT - 8}' y='{y + 14}' text-anchor='end' font-size='11' fill='#222'>"
        f"{escape(name)}</text>",
        _rectangle(y + 2, layer.store_snr, 16, STORE),
        _rectangle(y + 5, layer.snr, 10, BAD if bad else GOOD),
        *_tick(y + 2, layer.own_snr),
        f"<text x='{LEFT + WIDTH + 8}' y='{y + 14}' font-size='11' fill='#222'>"
        f"{decibels(layer.snr)}{escape(clipped)}</text></g>",
    ]


def _rectangle(y: float, snr: float, height: int, fill: str) -> str:
    width = WIDTH * min(max(snr, 0.0), MOST_DB) / MOST_DB
    return f"<rect x='{LEFT}' y='{y}' width='{width:.1f}' height='{height}' fill='{fill}'/>"


def _tick(y: float, snr: float) -> list[str]:
    if not 0 <= snr <= MOST_DB:
        return []
    x = LEFT + WIDTH * snr / MOST_DB
    return [f"<rect x='{x - 1:.1f}' y='{y}' width='2' height='16' fill='#222'/>"]


def decibels(snr: float) -> str:
    """A ratio in words: "exact" where nothing is lost."""
    if math.isinf(snr):
        return "exact" if snr > 0 else "lost"
    return f"{snr:.1f}"
