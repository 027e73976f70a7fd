"""Draws a stream's curve as SVG: misses above, false accepts an hour below, by threshold."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from host_tools.cycles.bar_chart import tick_step
from host_tools.stream.curve import Point
from host_tools.stream.made import RATIOS
from host_tools.text import plain

WIDTH, LEFT, RIGHT = 760, 70, 130
TOP, PANEL, SPACE, BOTTOM = 84, 210, 52, 56
FONT = "font-family='Helvetica, Arial, sans-serif'"
COLORS = ("#a8433b", "#b9771c", "#3d8b57", "#3b6ea8", "#857d8c")
ALL = "#222"
HEIGHT = TOP + PANEL + SPACE + PANEL + BOTTOM


def ratio_name(ratio: int | None) -> str:
    return "quiet" if ratio is None else f"{ratio} dB"


def svg_curve(title: str, subtitle: str, points: Sequence[Point], marked: Point) -> str:
    """The document: a line for each ratio and one of all; `marked` has a line across."""
    xs = [LEFT + (WIDTH - LEFT - RIGHT) * (i + 0.5) / len(points) for i in range(len(points))]
    mark = xs[points.index(marked)]
    below = TOP + PANEL + SPACE
    end = below + PANEL
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}' "
        f"viewBox='0 0 {WIDTH} {HEIGHT}' {FONT}>",
        f"<rect width='{WIDTH}' height='{HEIGHT}' fill='white'/>",
        _text(24, 32, title, 17, ALL, "font-weight='bold'"),
        _text(24, 53, subtitle, 12, "#444"),
        f"<line x1='{mark:.1f}' y1='{TOP}' x2='{mark:.1f}' y2='{end}' stroke='#ccc' "
        "stroke-dasharray='4 4'/>",
    ]
    missed = [
        (ratio_name(r), c, [p.misses(r) for p in points])
        for r, c in zip(RATIOS, COLORS, strict=True)
    ]
    missed.append(("all", ALL, [point.all_misses() for point in points]))
    parts += _panel(TOP, "misses, %", xs, missed)
    parts += _panel(
        below, "false accepts an hour", xs, [("", ALL, [point.an_hour() for point in points])]
    )
    for x, point in zip(xs, points, strict=True):
        parts.append(
            _text(x, end + 18, f"{point.threshold:g}", 11, "#666", "text-anchor='middle'")
        )
    middle = "text-anchor='middle'"
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, end + 40, "threshold", 12, "#444", middle))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(
    top: float,
    name: str,
    xs: Sequence[float],
    lines: Sequence[tuple[str, str, Sequence[float | None]]],
) -> list[str]:
    values = [value for _, _, line in lines for value in line if value is not None]
    most = max(1, round(max(values, default=0.0)))
    step = tick_step(most)
    high = max(step, -(-most // step) * step)

    def y(value: float) -> float:
        return top + PANEL * (1 - value / high)

    parts = [_text(LEFT, top - 10, name, 12, "#444")]
    for tick in range(0, high + 1, step):
        parts.append(
            f"<line x1='{LEFT}' y1='{y(tick):.1f}' x2='{WIDTH - RIGHT}' y2='{y(tick):.1f}' "
            "stroke='#e2e2e2'/>"
        )
        parts.append(_text(LEFT - 8, y(tick) + 4, f"{tick:,}", 11, "#666", "text-anchor='end'"))
    for number, (label, color, line) in enumerate(lines):
        there = [(x, y(v)) for x, v in zip(xs, line, strict=True) if v is not None]
        if not there:
            continue
        places = " ".join(f"{x:.1f},{height:.1f}" for x, height in there)
        width = 2.5 if color == ALL else 1.5
        parts.append(
            f"<polyline points='{places}' fill='none' stroke='{color}' stroke-width='{width}'/>"
        )
        parts += [
            f"<circle cx='{x:.1f}' cy='{height:.1f}' r='{width + 0.5}' fill='{color}'/>"
            for x, height in there
        ]
        if label:
            place = top + 14 + 20 * number
            parts.append(
                f"<line x1='{WIDTH - RIGHT + 18}' y1='{place - 4}' x2='{WIDTH - RIGHT + 42}' "
                f"y2='{place - 4}' stroke='{color}' stroke-width='{width}'/>"
            )
            parts.append(_text(WIDTH - RIGHT + 50, place, label, 12, "#444"))
    return parts


def _text(x: float, y: float, text: str, size: int, color: str, more: str = "") -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='{color}' {more}>"
        f"{escape(plain(text))}</text>"
    )
