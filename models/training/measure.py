"""What a trained network costs and says, by the board's own C runtime; no training here."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from host_tools.blob.reader import read_blob
from host_tools.cycles.board_cycles import on_machine
from host_tools.cycles.lines import machine_of
from host_tools.host_runtime import HostModel
from host_tools.virtual_board.profiling import profile_on_virtual_board, random_inputs


def predictions(blob: bytes, shown: np.ndarray) -> np.ndarray:
    """Return the class int64 [N] that the C runtime gives for the inputs uint8 [N, ...]."""
    inputs = (shown.astype(np.int16) - 128).astype(np.int8)[:, np.newaxis]
    model = HostModel(blob)
    if model.state_size:
        scores = np.stack([from_start(model, values) for values in inputs])
    else:
        [scores] = model.run_many([inputs], threads=os.cpu_count() or 1)
    return scores.reshape(len(shown), -1).argmax(axis=1)


def from_start(model: HostModel, values: np.ndarray) -> np.ndarray:
    """Return the scores of one example, nothing of those before being kept."""
    model.reset()
    return model.run([values])[0]


def confusion(found: np.ndarray, labels: np.ndarray, classes: int) -> list[list[int]]:
    """Return how many examples of each class (a row) were taken for each class (a column)."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, found), 1)
    return counts.tolist()


def judged(blob: bytes, shown: np.ndarray, labels: np.ndarray, classes: int) -> dict[str, Any]:
    """Return what a card says of the blob's accuracy on the inputs uint8 [N, ...]."""
    found = predictions(blob, shown)
    return {
        "int8_accuracy": round(100 * float((found == labels).mean()), 2),
        "confusion": confusion(found, labels, classes),
    }


def costing(path: Path, blob: bytes) -> dict[str, Any]:
    """Return what a card says of the sizes and cost of the .tflite file at `path`."""
    counted = profile_on_virtual_board(blob, random_inputs(blob), cycles=True)
    costs = on_machine(read_blob(blob), counted, machine_of(None))
    return {
        "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "blob_bytes": len(blob),
        "blob_sha256": hashlib.sha256(blob).hexdigest(),
        "arena_bytes": read_blob(blob).arena_size,
        "instructions": sum(cost.instructions for cost in costs),
        "cycles": sum(cost.pipeline for cost in costs),
        "board_cycles": sum(cost.cycles for cost in costs),
    }
