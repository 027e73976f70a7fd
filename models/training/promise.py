"""What a recipe demands of a trained network before it replaces the one that is here; no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MOST_LOST = 0.5  # Points between float and int8, of the held out examples where both are known.


@dataclass(frozen=True)
class Promise:
    """What the recipe demands of a trained network before it replaces the one that is here."""

    int8_accuracy: float  # Percent of the test examples, at least.
    cycles: int  # Estimated, at most.
    flash: int  # Bytes of the blob, at most; 0: any.
    arena: int  # Bytes, at most; 0: any.


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
    trained, quantized = card["float_accuracy"], card["int8_accuracy"]
    if "held_out_int8_accuracy" in card:  # They are more than the test has.
        trained, quantized = card["held_out_accuracy"], card["held_out_int8_accuracy"]
    if round(trained - quantized, 2) > MOST_LOST:
        said.append(f"int8 lost more than {MOST_LOST} points against float")
    return said
