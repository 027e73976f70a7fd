"""Random models of SOFTMAX and LOG_SOFTMAX."""

from __future__ import annotations

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


MODELS: dict[str, Model] = {
    "LOG_SOFTMAX": _log_softmax,
    "SOFTMAX": _softmax,
}
