"""Packs and measures a trained network and writes its card; no training here.

Runs in the project's environment: python models/cifar10/card.py NAME. Accuracy is what the board's
own C runtime gives on this computer, bit for bit; instructions are counted on the virtual board,
and cycles are estimated there. Without --folder it packs and counts the committed network anew and
keeps what its card says of its making and accuracy, which the tests compare where CIFAR-10 is.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import data
import numpy as np
from card_text import markdown
from family import NETWORKS, Network, Promise, multiply_accumulates, place, weights

from host_tools.blob.reader import read_blob
from host_tools.cycles.board_cycles import on_machine
from host_tools.cycles.lines import machine_of
from host_tools.errors import CommandError
from host_tools.files import write_whole
from host_tools.host_runtime import HostModel
from host_tools.pack import DEFAULT_TARGET, pack
from host_tools.virtual_board.profiling import profile_on_virtual_board, random_inputs

CACHE = Path(__file__).resolve().parents[2] / "build" / "cifar10"
CLASSES = len(data.LABELS)
MOST_LOST = 0.5  # Points between float and int8.
MADE = ("float_accuracy", "held_out_accuracy", "training", "teacher", "date", "versions")
MADE += ("data", "data_sha256")
JUDGED = ("int8_accuracy", "confusion")


def predictions(blob: bytes, pictures: np.ndarray) -> np.ndarray:
    """Return the class int64 [N] that the C runtime gives for uint8 [N, 32, 32, C]."""
    inputs = (pictures.astype(np.int16) - 128).astype(np.int8)[:, np.newaxis]
    [scores] = HostModel(blob).run_many([inputs], threads=os.cpu_count() or 1)
    return scores.reshape(len(pictures), CLASSES).argmax(axis=1)


def confusion(found: np.ndarray, labels: np.ndarray) -> list[list[int]]:
    """Return how many pictures of each class (a row) were taken for each class (a column)."""
    counts = np.zeros((CLASSES, CLASSES), int)
    np.add.at(counts, (labels, found), 1)
    return counts.tolist()


def judged(network: Network, blob: bytes, pictures: data.Cifar10) -> dict[str, Any]:
    """Return what the card says of the blob's accuracy on the test pictures."""
    if network.colours == 1:
        pictures = data.monochrome(pictures)
    found = predictions(blob, pictures.test_pictures)
    return {
        "int8_accuracy": round(100 * float((found == pictures.test_labels).mean()), 2),
        "confusion": confusion(found, pictures.test_labels),
    }


def costing(network: Network, path: Path, blob: bytes) -> dict[str, Any]:
    """Return what the card says of the sizes and cost of the .tflite file at `path`."""
    counted = profile_on_virtual_board(blob, random_inputs(blob), cycles=True)
    costs = on_machine(read_blob(blob), counted, machine_of(None))
    return {
        "multiply_accumulates": multiply_accumulates(network),
        "weights": weights(network),
        "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "blob_bytes": len(blob),
        "blob_sha256": hashlib.sha256(blob).hexdigest(),
        "arena_bytes": read_blob(blob).arena_size,
        "instructions": sum(cost.instructions for cost in costs),
        "cycles": sum(cost.pipeline for cost in costs),
        "board_cycles": sum(cost.cycles for cost in costs),
    }


def broken(promise: Promise, card: dict[str, Any]) -> list[str]:
    """Return what the card does not keep of the promise, a sentence each."""
    most = {"cycles": promise.cycles, "blob_bytes": promise.flash, "arena_bytes": promise.arena}
    said = [
        f"{name} are {card[name]:,}, at most {limit:,} are promised"
        for name, limit in most.items()
        if limit and card[name] > limit
    ]
    if card["int8_accuracy"] < promise.int8_accuracy:
        said.append(
            f"int8 accuracy is {card['int8_accuracy']} %, {promise.int8_accuracy} % are promised"
        )
    if round(card["float_accuracy"] - card["int8_accuracy"], 2) > MOST_LOST:
        said.append(f"int8 lost more than {MOST_LOST} points against float")
    return said


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
        card = {"name": args.name, **costing(network, path, blob)}
        if args.folder:
            made = json.loads((args.folder / "facts.json").read_text())
            card |= judged(network, blob, data.load(args.cache))
        else:
            made = json.loads((path.parent / "card.json").read_text())
            card |= {key: made[key] for key in JUDGED}
        card |= {key: made[key] for key in MADE}
        write_whole(path.with_suffix(".ink"), blob)
        write_whole(path.parent / "card.json", f"{json.dumps(card, indent=2)}\n".encode())
        write_whole(path.parent / "card.md", markdown(card, network).encode())
    except (data.DataError, CommandError) as error:
        raise SystemExit(f"card: {error}") from None
    print(f"{args.name}: float {card['float_accuracy']} %, int8 {card['int8_accuracy']} %")
    if said := broken(network.promise, card):
        raise SystemExit(f"card: not as promised: {'; '.join(said)}")


if __name__ == "__main__":
    main()
