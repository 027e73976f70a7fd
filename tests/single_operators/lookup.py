"""Random models of the operators that a table of 256 bytes does."""

from __future__ import annotations

from collections.abc import Callable

from tflite_builder import ModelBuilder

from single_operators.common import Model, Rng, some_scale, some_zero_point


def _unary(
    kind: str,
    output: Callable[[Rng, float, int], tuple[float, int]],
    options: Callable[[Rng], dict[str, float]] = lambda rng: {},
    low: float = -8,
    high: float = 4,
) -> Callable[[Rng], bytes]:
    def model(rng: Rng) -> bytes:
        builder = ModelBuilder(kind)
        scale, zero_point = some_scale(rng, low, high), some_zero_point(rng)
        shape = [4, 64]
        source = builder.tensor(shape, scale=scale, zero_point=zero_point)
        scale, zero_point = output(rng, scale, zero_point)
        target = builder.tensor(shape, scale=scale, zero_point=zero_point)
        builder.operator(kind, [source], [target], **options(rng))
        return builder.build([source], [target])

    return model


def _any_output(rng: Rng, scale: float, zero_point: int) -> tuple[float, int]:
    return scale * float(2 ** rng.uniform(-3, 8)), some_zero_point(rng)


def _hard_swish_output(rng: Rng, scale: float, zero_point: int) -> tuple[float, int]:
    return scale * float(2 ** rng.uniform(-5, 6)), some_zero_point(rng)


MODELS: dict[str, Model] = {
    "ABS": _unary("ABS", _any_output),
    "HARD_SWISH": _unary("HARD_SWISH", _hard_swish_output),
    "LEAKY_RELU": _unary(
        "LEAKY_RELU", _any_output, lambda rng: {"alpha": float(rng.choice([0.1, 0.3, -0.5, 2]))}
    ),
    "LOGISTIC": _unary("LOGISTIC", lambda rng, scale, point: (1 / 256, -128), low=-20, high=5),
    "RELU": _unary("RELU", _any_output),
    "RELU6": _unary("RELU6", lambda rng, scale, point: (scale, point)),
    "TANH": _unary("TANH", lambda rng, scale, point: (1 / 128, 0), low=-20, high=5),
}
