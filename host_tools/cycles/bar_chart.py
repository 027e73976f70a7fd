"""Draws a profile as SVG: a bar an operator, as long as its estimated cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

LABELS, BARS, FIGURES = 330, 430, 200
TOP, ROW, BAR, BOTTOM = 104, 26, 16, 66
FONT = "font-family='Helvetica, Arial, sans-serif'"
# by the first word that the kernel's name has
COLORS = {
    "depthwise": "#3d8b57",
    "conv": "#3b6ea8",
    "winograd": "#3b6ea8",
    "fully": "#7a5ca8",
    "pool": "#b9771c",
    "add": "#a8433b",
}
OTHER = "#857d8c"
# so that a line of the grid does not strike through what stands on it
HALO = "stroke='white' stroke-width='4' paint-order='stroke'"


@dataclass(frozen=True)
class Bar:
    """One operator: what stands left of its bar, the bar's length, what stands right of it."""

    label: str
    kernel: str
    cycles: int
    figures: str


def svg_chart(title: str, subtitle: str, note: str, bars: Sequence[Bar]) -> str:
    """The chart as an SVG document, of a width that suits a page and as high as it needs to be."""
    longest = max((bar.cycles for bar in bars), default=0)
    step = tick_step(longest)
    end = max(step, -(-longest // step) * step)
    width, bottom = LABELS + BARS + FIGURES, TOP + ROW * len(bars)
    height = bottom + BOTTOM
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' "
        f"viewBox='0 0 {width} {height}' {FONT}>",
        f"<rect width='{width}' height='{height}' fill='white'/>",
        _text(24, 34, title, 18, "#222", "font-weight='bold'"),
        _text(24, 57, subtitle, 13, "#444"),
        *_axis(step, end, bottom),
    ]
    for number, bar in enumerate(bars):
        parts += _bar(bar, TOP + ROW * number, BARS * bar.cycles / end)
    parts += [_text(24, height - 16, note, 11, "#777"), "</svg>"]
    return "\n".join(parts) + "\n"


def tick_step(longest: int) -> int:
    """1, 2 or 5 times a power of ten that makes four to ten ticks."""
    power = 10 ** max(0, len(str(max(1, longest // 4))) - 1)
    return next(power * times for times in (1, 2, 5, 10) if longest <= 6 * power * times)


def _text(x: float, y: float, text: str, size: int, color: str, more: str = "") -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='{color}' {more}>"
        f"{escape(text)}</text>"
    )


def _axis(step: int, end: int, bottom: int) -> list[str]:
    parts = []
    for cycles in range(0, end + 1, step):
        x = LABELS + BARS * cycles / end
        parts.append(
            f"<line x1='{x:.1f}' y1='{TOP - 8}' x2='{x:.1f}' y2='{bottom}' stroke='#e2e2e2'/>"
        )
        parts.append(_text(x, TOP - 14, _short(cycles), 11, "#666", "text-anchor='middle'"))
    return parts


def _short(cycles: int) -> str:
    for unit, name in ((1_000_000, " M"), (1000, " k")):
        if cycles >= unit:
            return f"{cycles / unit:g}{name}"
    return str(cycles)


def _bar(bar: Bar, y: float, length: float) -> list[str]:
    middle = y + ROW / 2 + 4
    color = next((color for word, color in COLORS.items() if word in bar.kernel), OTHER)
    tooltip = f"{bar.label}, {bar.kernel}: {bar.cycles:,} cycles"
    return [
        f"<g><title>{escape(tooltip)}</title>",
        _text(24, middle, bar.kernel, 11, "#888"),
        _text(LABELS - 12, middle, bar.label, 12, "#222", "text-anchor='end'"),
        f"<rect x='{LABELS}' y='{y + (ROW - BAR) / 2}' width='{max(1.0, length):.1f}' "
        f"height='{BAR}' rx='2' fill='{color}'/>",
        _text(LABELS + max(1.0, length) + 8, middle, bar.figures, 11, "#444", HALO),
        "</g>",
    ]
