"""What the cards of all families have in common; measures nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from host_tools.files import write_whole
from models.training.promise import Promise, broken


def confusion_text(counts: list[list[int]], labels: Sequence[str]) -> str:
    """Return the confusion matrix as a table."""
    lines = [f"| | {' | '.join(labels)} |", f"|---|{'---:|' * len(labels)}"]
    for label, row in zip(labels, counts, strict=True):
        lines.append(f"| {label} | {' | '.join(str(count) for count in row)} |")
    return "\n".join(lines)


def write_card(path: Path, blob: bytes, card: dict[str, Any], text: str) -> None:
    """Write the blob of the .tflite file at `path`, its card.json and its card.md, beside it."""
    write_whole(path.with_suffix(".ink"), blob)
    write_whole(path.parent / "card.json", f"{json.dumps(card, indent=2)}\n".encode())
    write_whole(path.parent / "card.md", text.encode())


def judge_promise(promise: Promise, card: dict[str, Any]) -> None:
    """Print the accuracy; exit with a sentence where the card does not keep the promise."""
    print(f"{card['name']}: float {card['float_accuracy']} %, int8 {card['int8_accuracy']} %")
    if said := broken(promise, card):
        raise SystemExit(f"card: not as promised: {'; '.join(said)}")
