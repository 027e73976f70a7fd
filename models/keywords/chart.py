"""Makes the keyword table of models/README.md and models/keywords.svg, from the cards,
if there are any.

Runs in any Python: python -m models.keywords.chart. Cycles are estimates with a board's caches and
branches, the blob in flash.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.keywords.family import NETWORKS, place
from models.training.chart import Chart, Point, replace_table

MODELS = Path(__file__).resolve().parents[1]
MARKS = ("<!-- made by keywords/chart.py -->", "<!-- end of what keywords/chart.py made -->")
CHART = Chart(
    title="Twelve labels of Speech Commands on a Cortex-M7: accuracy, cycles and weights",
    cycles=(0.03e6, 20e6),
    cycle_ticks=(0.05e6, 0.1e6, 0.2e6, 0.5e6, 1e6, 2e6, 5e6, 10e6),
    accuracy=(78.0, 99.0),
    accuracy_ticks=(80, 84, 88, 92, 96),
    radius=20.0,
    example="an inference",
)
# Float accuracy, bytes and operations of the same kind and size in Hello Edge, 2017. Bytes
# and operations follow from the sizes in train_commands.txt of its authors' repository.
PAPER = {
    "dnn": (84.6, "80.0 KB", "0.16 M"),
    "cnn": (91.6, "79.0 KB", "5.0 M"),
    "basic-lstm": (92.0, "63.3 KB", "5.9 M"),
    "lstm": (92.9, "79.5 KB", "3.9 M"),
    "gru": (93.5, "78.8 KB", "3.8 M"),
    "crnn": (94.0, "79.7 KB", "3.0 M"),
    "ds-cnn": (94.4, "38.6 KB", "5.4 M"),
    "crnn-m": (94.4, "199.8 KB", "7.6 M"),
    "ds-cnn-m": (94.9, "189.2 KB", "19.8 M"),
}


def cards() -> list[dict[str, Any]]:
    """Return the cards there are, in the family's order."""
    paths = [place(name).with_name("card.json") for name in NETWORKS]
    return [json.loads(path.read_text()) for path in paths if path.is_file()]


def table(found: list[dict[str, Any]]) -> str:
    """Return the keyword table of models/README.md."""
    lines = [
        "| network | float | int8 | operations | weights | flash | RAM | instructions | cycles "
        "| energy | Hello Edge: float | memory | operations |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for card in found:
        name = card["name"]
        accuracy, memory, operations = PAPER[name]
        cells = [
            f"[`{name}`](keywords/{name}/card.md)",
            *(f"{card[key]:.1f} %" for key in ("float_accuracy", "int8_accuracy")),
            f"{2 * card['multiply_accumulates'] / 1e6:.1f} M",
            f"{card['weights'] / 1e3:.0f} k",
            *(f"{card[key] / 1e3:.1f} KB" for key in ("blob_bytes", "arena_bytes")),
            *(f"{card[key] / 1e6:.2f} M" for key in ("instructions", "board_cycles")),
            f"{card['millijoules']:.2f} mJ",
            *(f"{accuracy} %", memory, operations),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def points(found: list[dict[str, Any]]) -> list[Point]:
    """Return the chart's bubbles."""
    keys = ("int8_accuracy", "multiply_accumulates", "weights", "board_cycles")
    return [Point(card["name"], "", *(card[key] for key in keys), True) for card in found]


def main() -> None:
    """Write the table and the chart."""
    found = cards()
    if found:
        (MODELS / "keywords.svg").write_text(CHART.draw(points(found)))
        readme = MODELS / "README.md"
        readme.write_text(replace_table(readme.read_text(), table(found), MARKS))


if __name__ == "__main__":
    main()
