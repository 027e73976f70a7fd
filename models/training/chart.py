"""A chart of networks: accuracy against cycles, a bubble's area the weights; an SVG document."""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 520, 70, 30, 60, 70
LETTER, LINE = 6.3, 14.0  # Pixels of a letter of a name, on average, and of its line.
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


Box = tuple[float, float, float, float]  # Left, top, right and bottom.


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

    def center(self, row: Point) -> tuple[float, float, float]:
        """Return where a bubble stands, and its radius."""
        radius = self.radius * (row.weights / 1e5) ** 0.5
        return self.across(row.cycles), self.down(row.accuracy), radius

    def bubble(self, row: Point) -> Box:
        """Return the box around a bubble."""
        x, y, radius = self.center(row)
        return x - radius, y - radius, x + radius, y + radius

    def draw(self, rows: list[Point]) -> str:
        """Return the SVG document; a name stands where it covers nothing, if it can."""
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
            x, y, radius = self.center(row)
            parts.append(
                f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius:.1f}' "
                f"fill='{OURS if row.ours else OTHERS}' fill-opacity='0.6'/>"
            )
        taken = [self.bubble(row) for row in rows]
        for row in rows:
            name = row.name.strip("`").split(", ")[0]
            box = free_place(*self.center(row), len(name) * LETTER, taken)
            taken.append(box)
            parts.append(text(box[0], box[3] - 3, name, 12))
        parts += [
            text(LEFT, HEIGHT - 30, f"cycles {self.example} (ours: estimates); area: weights", 12),
        ]
        if not all(row.ours for row in rows):
            whose = "blue: ours; grey: others' networks, sources in README.md"
            parts.append(text(LEFT, HEIGHT - 12, whose, 12))
        parts.append("</svg>")
        return "\n".join(parts) + "\n"


def free_place(x: float, y: float, radius: float, width: float, taken: list[Box]) -> Box:
    """Return the box of a name beside, above or below a bubble: the first that covers least."""
    middle = y - LINE / 2
    corners = (
        *((x + radius + 4, middle), (x - radius - 4 - width, middle)),
        *((x - width / 2, y - radius - LINE - 2), (x - width / 2, y + radius + 2)),
    )
    boxes = [(left, top, left + width, top + LINE) for left, top in corners]

    def covered(box: Box) -> float:
        """Return the area of others in `box`, and much more where it leaves the chart."""
        area = 1e6 if box[0] < LEFT or box[2] > WIDTH else 0.0
        for other in taken:
            wide = min(box[2], other[2]) - max(box[0], other[0])
            high = min(box[3], other[3]) - max(box[1], other[1])
            area += max(0.0, wide) * max(0.0, high)
        return area

    return min(boxes, key=covered)


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
