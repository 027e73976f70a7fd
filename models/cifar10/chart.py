"""Makes the table of models/README.md and models/networks.svg, from the cards and from papers.

Runs in any Python: python models/cifar10/chart.py. Cycles of our networks, and of MLPerf Tiny's as
our kernels run it, are estimates with a board's caches and branches, the blob in flash; those of
others are their published seconds times the clock.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from family import NETWORKS, place

MODELS = Path(__file__).resolve().parents[1]
MARKS = ("<!-- made by cifar10/chart.py -->", "<!-- end of what chart.py made -->")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 520, 70, 30, 60, 70
CYCLES = (0.7e6, 30e6)
ACCURACY = (79.0, 92.0)
TICKS = (1e6, 2e6, 3e6, 5e6, 10e6, 20e6)
RADIUS = 20.0  # Of 100,000 weights; the area grows with the weights.
OURS, OTHERS = "#3b6ea8", "#857d8c"


@dataclass(frozen=True)
class Point:
    """A row of the table and a bubble: accuracy in percent, flash and arena in bytes if known."""

    name: str
    link: str
    accuracy: float
    macs: float
    weights: float
    cycles: float
    ours: bool
    flash: int | None = None
    arena: int | None = None


PUBLISHED = (
    Point(
        "ResNet-8 of MLPerf Tiny, by our kernels",
        "https://github.com/mlcommons/tiny",
        *(87.07, 12.5e6, 77_706, 5_673_273, False, 464_208, 43_696),
    ),
    Point(
        "the same by X-CUBE-AI 9.0, STM32H7A3 at 280 MHz",
        "https://github.com/mlcommons/tiny_results_v1.2",
        *(87.0, 12.5e6, 77_706, 280e6 / 24.483, False),
    ),
    Point(
        "the paper's own, by CMSIS-NN of 2018, STM32F7 at 216 MHz",
        "https://arxiv.org/abs/1801.06601",
        *(79.9, 12.3e6, 89_578, 99.1e-3 * 216e6, False),
    ),
)


def points() -> list[Point]:
    """Return our networks that have a card, by their cycles, then what others publish."""
    found = []
    for name in NETWORKS:
        path = place(name).with_name("card.json")
        if path.is_file():
            card = json.loads(path.read_text())
            link = path.with_name("card.md").relative_to(MODELS).as_posix()
            values = [card[key] for key in ("int8_accuracy", "multiply_accumulates", "weights")]
            sizes = (card["blob_bytes"], card["arena_bytes"])
            found.append(Point(f"`{name}`", link, *values, card["board_cycles"], True, *sizes))
    return [*sorted(found, key=lambda point: point.cycles), *PUBLISHED]


def table(rows: list[Point]) -> str:
    """Return the table of models/README.md."""
    lines = [
        "| network | int8 accuracy | multiply-accumulates | weights | flash | RAM | cycles "
        "| pictures a second at 216 / 400 / 480 MHz |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        sizes = [f"{size / 1000:.1f} KB" if size else "" for size in (row.flash, row.arena)]
        rates = " / ".join(f"{clock * 1e6 / row.cycles:.0f}" for clock in (216, 400, 480))
        cells = [
            f"[{row.name}]({row.link})",
            f"{row.accuracy:.{1 if row.accuracy == round(row.accuracy, 1) else 2}f} %",
            f"{row.macs / 1e6:.1f} M",
            f"{row.weights / 1e3:.0f} k",
            *sizes,
            f"{row.cycles / 1e6:.2f} M",
            rates,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def across(cycles: float) -> float:
    """Return where cycles stand from the left, on a logarithmic scale."""
    low, high = (math.log(value) for value in CYCLES)
    return LEFT + (WIDTH - LEFT - RIGHT) * (math.log(cycles) - low) / (high - low)


def down(accuracy: float) -> float:
    """Return where an accuracy stands from the top."""
    low, high = ACCURACY
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (accuracy - low) / (high - low)


def text(x: float, y: float, words: str, size: int, anchor: str = "start") -> str:
    """Return a line of text as SVG."""
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='#333' "
        f"text-anchor='{anchor}'>{escape(words)}</text>"
    )


def chart(rows: list[Point]) -> str:
    """Return the bubble chart as an SVG document."""
    end, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}' "
        f"viewBox='0 0 {WIDTH} {HEIGHT}' font-family='Helvetica, Arial, sans-serif'>",
        f"<rect width='{WIDTH}' height='{HEIGHT}' fill='white'/>",
        text(LEFT, 28, "CIFAR-10 on a Cortex-M7: accuracy, cycles and weights", 18),
    ]
    for tick in TICKS:
        x = across(tick)
        parts.append(f"<path d='M{x:.1f} {TOP}V{floor}' stroke='#ddd'/>")
        parts.append(text(x, floor + 18, f"{tick / 1e6:.0f} M", 12, "middle"))
    for tick in range(int(ACCURACY[0]) + 1, int(ACCURACY[1]) + 1, 2):
        y = down(tick)
        parts.append(f"<path d='M{LEFT} {y:.1f}H{end}' stroke='#ddd'/>")
        parts.append(text(LEFT - 8, y + 4, f"{tick} %", 12, "end"))
    for row in sorted(rows, key=lambda row: -row.weights):
        x, y, radius = across(row.cycles), down(row.accuracy), RADIUS * (row.weights / 1e5) ** 0.5
        color = OURS if row.ours else OTHERS
        parts.append(
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius:.1f}' fill='{color}' "
            "fill-opacity='0.6'/>"
        )
        name, beside = row.name.strip("`").split(", ")[0], row.cycles < 8e6
        left = x + (radius + 5 if beside else -radius - 5)
        parts.append(text(left, y + 4, name, 12, "start" if beside else "end"))
    parts += [
        text(LEFT, HEIGHT - 30, "cycles a picture (ours: estimates); area: weights", 12),
        text(LEFT, HEIGHT - 12, "blue: ours; grey: others' networks, sources in README.md", 12),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def main() -> None:
    """Write the table and the chart."""
    rows = points()
    (MODELS / "networks.svg").write_text(chart(rows))
    readme = MODELS / "README.md"
    before, rest = readme.read_text().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    readme.write_text(f"{before}{MARKS[0]}\n{table(rows)}\n{MARKS[1]}{after}")


if __name__ == "__main__":
    main()
