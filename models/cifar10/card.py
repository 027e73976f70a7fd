"""Packs and measures a trained network and writes its card; no training here.

Runs in the project's environment: python -m models.cifar10.card NAME. Accuracy is what the board's
own C runtime gives on this computer, bit for bit; instructions are counted on the virtual board,
and cycles are estimated there. Without --folder it packs and counts the committed network anew and
keeps what its card says of its making and accuracy, which the tests compare where CIFAR-10 is.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from host_tools.errors import CommandError
from host_tools.pack import DEFAULT_TARGET, pack
from host_tools.text import plain
from models.cifar10 import data
from models.cifar10.card_text import markdown
from models.cifar10.family import NETWORKS, Network, multiply_accumulates, place, weights
from models.training.card import judge_promise, write_card
from models.training.measure import costing, judged

CACHE = Path(__file__).resolve().parents[2] / "build" / "cifar10"
MADE = ("float_accuracy", "held_out_accuracy", "training", "teacher", "date", "versions")
MADE += ("data", "data_sha256")
JUDGED = ("int8_accuracy", "confusion")


def judge(network: Network, blob: bytes, pictures: data.Cifar10) -> dict[str, Any]:
    """Return what the card says of the blob's accuracy on the test pictures."""
    if network.colours == 1:
        pictures = data.monochrome(pictures)
    return judged(blob, pictures.test_pictures, pictures.test_labels, len(data.LABELS))


def main() -> None:
    """Measure, write the blob and the card beside the .tflite file, and judge."""
    parser = argparse.ArgumentParser(description="Measure a network and write its card.")
    parser.add_argument("name", choices=list(NETWORKS))
    parser.add_argument("--folder", type=Path, help="with a new NAME.tflite and facts.json")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where CIFAR-10 lies")
    args = parser.parse_args()
    network, path = NETWORKS[args.name], place(args.name)
    try:
        if args.folder:
            path = args.folder / path.name
        blob = pack(
            path,
            labels=data.LABELS,
            target=DEFAULT_TARGET,
            flash=network.promise.flash or None,
        )
        card = {
            "name": args.name,
            "multiply_accumulates": multiply_accumulates(network),
            "weights": weights(network),
            **costing(path, blob),
        }
        if args.folder:
            made = json.loads((args.folder / "facts.json").read_text())
            card |= judge(network, blob, data.load(args.cache))
        else:
            made = json.loads((path.parent / "card.json").read_text())
            card |= {key: made[key] for key in JUDGED}
        card |= {key: made[key] for key in MADE}
        write_card(path, blob, card, markdown(card, network))
    except (data.DataError, CommandError) as error:
        raise SystemExit(f"card: {plain(str(error))}") from None
    judge_promise(network.promise, card)


if __name__ == "__main__":
    main()
