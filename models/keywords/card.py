"""Packs and measures a trained keyword network and writes its card; no training here.

Runs in the project's environment: python -m models.keywords.card NAME. Accuracy is what the
board's own C runtime gives on this computer, bit for bit; instructions are counted on the virtual
board, and cycles are estimated there. Without --folder it packs and counts the committed network
anew and keeps what its card says of its making and accuracy.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from host_tools.audio import make_settings
from host_tools.boards import read_board
from host_tools.errors import CommandError
from host_tools.pack import DEFAULT_TARGET, pack
from host_tools.text import plain
from models.keywords.card_text import markdown
from models.keywords.data import Words
from models.keywords.family import (
    COMMITTED,
    LABELS,
    NETWORKS,
    Network,
    multiply_accumulates,
    place,
    weights,
)
from models.training.card import judge_promise, write_card
from models.training.measure import costing, judged, predictions

CACHE = Path(__file__).resolve().parents[2] / "build" / "keywords"
BOARD = "nucleo-h743zi"  # Whose current the energy is estimated by.
MADE = ("float_accuracy", "held_out_accuracy", "training", "teacher", "date", "versions")
JUDGED = ("int8_accuracy", "held_out_int8_accuracy", "confusion")


def main() -> None:
    """Measure, write the blob and the card beside the .tflite file, and judge."""
    parser = argparse.ArgumentParser(description="Measure a network and write its card.")
    parser.add_argument("name", choices=list(NETWORKS))
    parser.add_argument("--folder", type=Path, help="with a new NAME.tflite and facts.json")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the features lie")
    args = parser.parse_args()
    network, path = NETWORKS[args.name], place(args.name)
    if args.folder:
        path = args.folder / path.name
    elif args.name not in COMMITTED:
        raise SystemExit(f"card: only the card of {args.name} is committed: train it by recipe.py")
    try:
        blob = packed(args.name, path)
        card = counted(args.name, network, path, blob)
        if args.folder:
            made = json.loads((args.folder / "facts.json").read_text())
            with np.load(args.cache / "words.npz") as arrays:
                card |= heard(blob, Words(**arrays))
        else:
            made = json.loads((path.parent / "card.json").read_text())
            card |= {key: made[key] for key in JUDGED}
        card |= {key: made[key] for key in MADE}
        write_card(path, blob, card, markdown(card, network))
    except (OSError, CommandError) as error:
        raise SystemExit(f"card: {plain(str(error))}") from None
    judge_promise(network.promise, card)


def counted(name: str, network: Network, path: Path, blob: bytes) -> dict[str, Any]:
    """Return what a card says of the sizes and cost of the .tflite file at `path`."""
    card = {
        "name": name,
        "multiply_accumulates": multiply_accumulates(network),
        "weights": weights(network),
        **costing(path, blob),
    }
    run_current = read_board(BOARD).run_current
    assert run_current is not None
    card["millijoules"] = round(run_current.millijoules(card["board_cycles"]), 3)
    return card


def heard(blob: bytes, words: Words) -> dict[str, Any]:
    """Return what a card says of the blob's accuracy on test and held out words."""
    said = judged(blob, words.test, words.test_labels, len(words.labels))
    right = predictions(blob, words.held_out) == words.held_out_labels
    return said | {"held_out_int8_accuracy": round(100 * float(right.mean()), 2)}


def packed(name: str, path: Path) -> bytes:
    """Return the blob of a network's .tflite file, within the flash that is promised."""
    return hearing(path, LABELS, NETWORKS[name].promise.flash or None)


def hearing(path: Path, labels: Sequence[str], flash: int | None = None) -> bytes:
    """Return the blob of a .tflite file with labels and front end: it hears by itself."""
    audio = make_settings("log-mel", {})
    return pack(path, labels=labels, target=DEFAULT_TARGET, audio=audio, flash=flash)


if __name__ == "__main__":
    main()
