"""Random models of the operators that repeat or mirror."""

from __future__ import annotations

import numpy as np

from single_operators.common import Model, Rng, one_move, some_shape


def _tile(rng: Rng) -> bytes:
    shape = some_shape(rng, int(rng.integers(1, 7)), 3)
    factors = [int(rng.choice([1, 1, 2, 3])) for _ in shape]
    output = [f * n for f, n in zip(factors, shape, strict=True)]
    return one_move("TILE", shape, output, [factors], rng)


def _broadcast_to(rng: Rng) -> bytes:
    output = some_shape(rng, int(rng.integers(1, 6)), 4)
    shape = [1 if rng.random() < 0.5 else n for n in output]
    return one_move(
        "BROADCAST_TO", shape[int(rng.integers(0, len(shape))) :], output, [output], rng
    )


def _mirror_pad(rng: Rng) -> bytes:
    mode = str(rng.choice(["REFLECT", "SYMMETRIC"]))
    shape = some_shape(rng, int(rng.integers(1, 5)), 4)
    widths = np.array([rng.integers(0, n + (mode == "SYMMETRIC"), 2) for n in shape])
    output = [int(n) for n in np.array(shape) + widths.sum(axis=1)]
    dtype = str(rng.choice(["int32", "int64"]))
    return one_move("MIRROR_PAD", shape, output, [widths], rng, dtype=dtype, mode=mode)


def _reverse(rng: Rng) -> bytes:
    shape = some_shape(rng, int(rng.integers(1, 6)), 4)
    axis = int(rng.integers(-len(shape), len(shape)))
    return one_move("REVERSE_V2", shape, shape, [[axis]], rng)


MODELS: dict[str, Model] = {
    "BROADCAST_TO": _broadcast_to,
    "MIRROR_PAD": _mirror_pad,
    "REVERSE_V2": _reverse,
    "TILE": _tile,
}
