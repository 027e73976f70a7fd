"""Makes the table of models/README.md and models/networks.svg, from the cards and from papers.

Runs in any Python: python -m models.cifar10.chart. Cycles of our networks, and of MLPerf Tiny's as
our kernels run it, are estimates with a board's caches and branches, the blob in flash; those of
others are their published seconds times the clock.
"""

from __future__ import annotations

import json
from pathlib import Path

from models.cifar10.family import NETWORKS, place
from models.training.chart import Chart, Point, replace_table

MODELS = Path(__file__).resolve().parents[1]
MARKS = ("<!-- made by cifar10/chart.py -->", "<!-- end of what chart.py made -->")
CHART = Chart(
    title="CIFAR-10 on a Cortex-M7: accuracy, cycles and weights",
    cycles=(0.7e6, 30e6),
    cycle_ticks=(1e6, 2e6, 3e6, 5e6, 10e6, 20e6),
    accuracy=(79.0, 92.0),
    accuracy_ticks=(80, 82, 84, 86, 88, 90, 92),
    radius=20.0,
    example="a picture",
)

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


def main() -> None:
    """Write the table and the chart."""
    rows = points()
    (MODELS / "networks.svg").write_text(CHART.draw(rows))
    readme = MODELS / "README.md"
    readme.write_text(replace_table(readme.read_text(), table(rows), MARKS))


if __name__ == "__main__":
    main()
