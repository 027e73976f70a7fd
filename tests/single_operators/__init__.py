"""Random models of one operator each, for every operator that has a page; a family a file.

`random_model(kind, rng)` gives a .tflite that tflite-micro runs too: what its checks refuse (five
dimensions in a slice, a uint8 pad) is left out, what it only warns about is in. RULES has what the
verifier refuses of the kernels' parameters.
"""

from __future__ import annotations

from oracle import LiteRt, TfliteMicro

from single_operators import (
    blocks,
    elementwise,
    lookup,
    moves,
    parts,
    pooling,
    quantization,
    recurrent,
    reduction,
    repeats,
    resize,
    softmax,
    transpose_conv,
    variables,
    weighted,
)
from single_operators.common import Model, Rng, Rule

_MODELS: dict[str, Model] = {
    **blocks.MODELS,
    **elementwise.MODELS,
    **lookup.MODELS,
    **moves.MODELS,
    **parts.MODELS,
    **pooling.MODELS,
    **quantization.MODELS,
    **recurrent.MODELS,
    **reduction.MODELS,
    **repeats.MODELS,
    **resize.MODELS,
    **softmax.MODELS,
    **transpose_conv.MODELS,
    **variables.MODELS,
    **weighted.MODELS,
}

# by kernel
RULES: dict[str, tuple[Rule, ...]] = {
    **elementwise.RULES,
    **recurrent.RULES,
    **reduction.RULES,
    **resize.RULES,
}

# tflite-micro has no int8 kernel for these: LiteRT's reference kernel says what they compute
BY_LITERT = frozenset(
    {
        *("EXP", "GELU", "LOG", "NEG", "RELU_0_TO_1", "RELU_N1_TO_1", "SQRT"),
        *("SPACE_TO_BATCH_ND", "TILE"),
    }
)

# those that keep something from run to run
WITH_STATES = frozenset({**recurrent.MODELS, **variables.MODELS})

KINDS = tuple(sorted(_MODELS))


def oracle_of(kind: str, model: bytes) -> TfliteMicro | LiteRt:
    """What says which bytes a model of one operator of `kind` gives."""
    return LiteRt(model) if kind in BY_LITERT else TfliteMicro(model, 1 << 20)


def runs_of(kind: str) -> int:
    """How many runs tell whether a model of `kind` is right."""
    return 8 if kind in WITH_STATES else 2


def random_model(kind: str, rng: Rng) -> bytes:
    """A model of one operator of `kind` (one of KINDS) with random shapes and quantization."""
    return _MODELS[kind](rng)
