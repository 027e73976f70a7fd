"""Random models of SOFTMAX, LOG_SOFTMAX and L2_NORMALIZATION."""

from __future__ import annotations

import math

from tflite_builder import ModelBuilder

from single_operators.common import Model, Rng, some_scale, some_shape, some_zero_point


def _softmax(rng: Rng) -> bytes:
    builder = ModelBuilder("SOFTMAX")
    shape = [*some_shape(rng, int(rng.integers(0, 4)), 4), int(rng.choice([1, 2, 10, 100, 300]))]
    source = builder.tensor(shape, scale=some_scale(rng, -12, 6), zero_point=some_zero_point(rng))
    target = builder.tensor(shape, scale=1 / 256, zero_point=-128)
    builder.operator("SOFTMAX", [source], [target], beta=float(rng.choice([1.0, 1.0, 0.5, 3.0])))
    return builder.build([source], [target])


def _log_softmax(rng: Rng) -> bytes:
    builder = ModelBuilder("LOG_SOFTMAX")
    lengths = [1, 2, 10, 300, 4095, int(rng.integers(1, 4096))]
    shape = [*some_shape(rng, int(rng.integers(0, 4)), 2), int(rng.choice(lengths))]
    source = builder.tensor(shape, scale=some_scale(rng, -18, 6), zero_point=some_zero_point(rng))
    target = builder.tensor(shape, scale=1 / 16, zero_point=127)
    builder.operator("LOG_SOFTMAX", [source], [target])
    return builder.build([source], [target])


def _l2_normalization(rng: Rng) -> bytes:
    builder = ModelBuilder("L2_NORMALIZATION")
    shape = some_shape(rng, int(rng.integers(0, 4)), 2)
    zero_point = some_zero_point(rng)
    longest = ((1 << 31) - 1) // max(127 - zero_point, 128 + zero_point) ** 2
    shape.append(int(rng.choice([1, 2, 10, 300, longest if math.prod(shape) < 4 else 1000])))
    source = builder.tensor(shape, scale=some_scale(rng), zero_point=zero_point)
    target = builder.tensor(shape, scale=1 / 128, zero_point=0)
    builder.operator("L2_NORMALIZATION", [source], [target], 2, fused_activation_function="NONE")
    return builder.build([source], [target])


MODELS: dict[str, Model] = {
    "L2_NORMALIZATION": _l2_normalization,
    "LOG_SOFTMAX": _log_softmax,
    "SOFTMAX": _softmax,
}
