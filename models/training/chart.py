"""A chart of networks: accuracy against cycles, a bubble's area the weights; an SVG document."""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 520, 70, 30, 60, 70
OURS, OTHERS = "#3b6ea8", "#857d8c"


@dataclass(frozen=True)
class Point:
    """A row of a table and a bubble: accuracy in percent, flash and arena in bytes if known."""

    name: str
    link: str
    accuracy: float
    macs: float
    weights: float
    cycles: float
    ours: bool
    flash: int | None = None
    arena: int | None = None


@dataclass(frozen=True)
class Chart:
    """What a chart shows: its title, the ranges of both axes, and their ticks."""

    title: str
    cycles: tuple[float, float]
    cycle_ticks: tuple[float, ...]
    accuracy: tuple[float, float]
    accuracy_ticks: tuple[float, ...]
    radius: float  # Of 100,000 weights; the area grows with the weights.
    example: str  # What the cycles are for.

    def across(self, cycles: float) -> float:
        """Return where cycles stand from the left, on a logarithmic scale."""
        low, high = (math.log(value) for value in self.cycles)
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log(cycles) - low) / (high - low)

    def down(self, accuracy: float) -> float:
        """Return where an accuracy stands from the top."""
        low, high = self.accuracy
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (accuracy - low) / (high - low)

    def draw(self, rows: list[Point]) -> str:
        """Return the SVG document; names stand right of a bubble, left in the right half."""
        end, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
        parts = [
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}' "
            f"viewBox='0 0 {WIDTH} {HEIGHT}' font-family='Helvetica, Arial, sans-serif'>",
            f"<rect width='{WIDTH}' height='{HEIGHT}' fill='white'/>",
            text(LEFT, 28, self.title, 18),
        ]
        for tick in self.cycle_ticks:
            x = self.across(tick)
            parts.append(f"<path d='M{x:.1f} {TOP}V{floor}' stroke='#ddd'/>")
            parts.append(text(x, floor + 18, f"{tick / 1e6:g} M", 12, "middle"))
        for tick in self.accuracy_ticks:
            y = self.down(tick)
            parts.append(f"<path d='M{LEFT} {y:.1f}H{end}' stroke='#ddd'/>")
            parts.append(text(LEFT - 8, y + 4, f"{tick:g} %", 12, "end"))
        for row in sorted(rows, key=lambda row: -row.weights):
            x, y = self.across(row.cycles), self.down(row.accuracy)
            radius = self.radius * (row.weights / 1e5) ** 0.5
            parts.append(
                f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius:.1f}' "
                f"fill='{OURS if row.ours else OTHERS}' fill-opacity='0.6'/>"
            )
            name, beside = row.name.strip("`").split(", ")[0], x < (LEFT + end) * 0.6
            left = x + (radius + 5 if beside else -radius - 5)
            parts.append(text(left, y + 4, name, 12, "start" if beside else "end"))
        parts += [
            text(LEFT, HEIGHT - 30, f"cycles {self.example} (ours: estimates); area: weights", 12),
            text(
                LEFT, HEIGHT - 12, "blue: ours; grey: others' networks, sources in README.md", 12
            ),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"


def text(x: float, y: float, words: str, size: int, anchor: str = "start") -> str:
    """Return a line of text as SVG."""
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='#333' "
        f"text-anchor='{anchor}'>{escape(words)}</text>"
    )


def replace_table(document: str, table: str, marks: tuple[str, str]) -> str:
    """Return `document` with `table` between the two marks."""
    before, rest = document.split(marks[0])
    return f"{before}{marks[0]}\n{table}\n{marks[1]}{rest.split(marks[1])[1]}"
