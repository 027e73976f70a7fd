"""Random models of one operator each, for every operator that has a page; a family a file.

`random_model(kind, rng)` gives a .tflite that tflite-micro runs too: what its checks refuse (five
dimensions in a slice, a uint8 pad) is left out, what it only warns about is in. RULES has what the
verifier refuses of the kernels' parameters.
"""

from __future__ import annotations

from single_operators import (
    elementwise,
    lookup,
    moves,
    pooling,
    quantization,
    reduction,
    resize,
    softmax,
    weighted,
)
from single_operators.common import Model, Rng, Rule

_MODELS: dict[str, Model] = {
    **elementwise.MODELS,
    **lookup.MODELS,
    **moves.MODELS,
    **pooling.MODELS,
    **quantization.MODELS,
    **reduction.MODELS,
    **resize.MODELS,
    **softmax.MODELS,
    **weighted.MODELS,
}

# by kernel
RULES: dict[str, tuple[Rule, ...]] = {**elementwise.RULES, **reduction.RULES}

KINDS = tuple(sorted(_MODELS))


def random_model(kind: str, rng: Rng) -> bytes:
    """A model of one operator of `kind` (one of KINDS) with random shapes and quantization."""
    return _MODELS[kind](rng)
