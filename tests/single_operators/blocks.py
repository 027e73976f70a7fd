"""Random models of the operators that move blocks into channels or batches, and back."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from single_operators.common import Model, Rng, one_move, some_shape


def _depth_and_space(kind: str) -> Callable[[Rng], bytes]:
    def model(rng: Rng) -> bytes:
        block = int(rng.integers(1, 4))
        batch, height, width, channels = some_shape(rng, 4, 4)
        shapes = (
            [batch, height, width, channels * block**2],
            [batch, height * block, width * block, channels],
        )
        shape, output = shapes if kind == "DEPTH_TO_SPACE" else shapes[::-1]
        return one_move(kind, shape, output, [], rng, block_size=block)

    return model


def _batches(kind: str) -> Callable[[Rng], bytes]:
    def model(rng: Rng) -> bytes:
        rank = int(rng.integers(3, 5))
        block = some_shape(rng, rank - 2, 3)
        places = some_shape(rng, rank - 2, 4)
        batch, channels = some_shape(rng, 2, 4)
        whole = [n * b for n, b in zip(places, block, strict=True)]
        edges = np.array([_edges(rng, n) for n in whole])
        inner = [int(n) for n in np.array(whole) - edges.sum(axis=1)]
        shapes = [batch, *inner, channels], [batch * math.prod(block), *places, channels]
        shape, output = shapes if kind == "SPACE_TO_BATCH_ND" else shapes[::-1]
        return one_move(kind, shape, output, [block, edges], rng)

    return model


def _edges(rng: Rng, size: int) -> list[int]:
    if rng.random() < 0.4:
        return [0, 0]
    before = int(rng.integers(0, size))
    return [before, int(rng.integers(0, size - before))]


MODELS: dict[str, Model] = {
    "BATCH_TO_SPACE_ND": _batches("BATCH_TO_SPACE_ND"),
    "DEPTH_TO_SPACE": _depth_and_space("DEPTH_TO_SPACE"),
    "SPACE_TO_BATCH_ND": _batches("SPACE_TO_BATCH_ND"),
    "SPACE_TO_DEPTH": _depth_and_space("SPACE_TO_DEPTH"),
}
