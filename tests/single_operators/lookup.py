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


def _neg(rng: Rng) -> bytes:
    builder = ModelBuilder("NEG")
    scale = some_scale(rng)
    source, target = (builder.tensor([4, 64], scale=scale) for _ in range(2))
    builder.operator("NEG", [source], [target])
    return builder.build([source], [target])


def _from_zero(kind: str, output: float) -> Callable[[Rng], bytes]:
    """Of inputs that are 0 or more: below, the oracle stops."""

    def model(rng: Rng) -> bytes:
        builder = ModelBuilder(kind)
        source = builder.tensor([4, 64], scale=some_scale(rng, -8, 4), zero_point=-128)
        scale = some_scale(rng, -8, 0) * output
        target = builder.tensor([4, 64], scale=scale, zero_point=some_zero_point(rng))
        builder.operator(kind, [source], [target])
        return builder.build([source], [target])

    return model


MODELS: dict[str, Model] = {
    "ABS": _unary("ABS", _any_output),
    "ELU": _unary("ELU", _any_output),
    # beyond 2^31 of the output's steps, C says nothing of the result
    "EXP": _unary(
        "EXP", lambda rng, scale, point: (some_scale(rng), some_zero_point(rng)), high=-4
    ),
    "GELU": _unary(
        "GELU", _any_output, lambda rng: {"approximate": bool(rng.integers(0, 2))}, high=1
    ),
    "HARD_SWISH": _unary("HARD_SWISH", _hard_swish_output),
    "LEAKY_RELU": _unary(
        "LEAKY_RELU", _any_output, lambda rng: {"alpha": float(rng.choice([0.1, 0.3, -0.5, 2]))}
    ),
    "LOGISTIC": _unary("LOGISTIC", lambda rng, scale, point: (1 / 256, -128), low=-20, high=5),
    "LOG": _unary("LOG", lambda rng, scale, point: (some_scale(rng), some_zero_point(rng))),
    "NEG": _neg,
    "RELU": _unary("RELU", _any_output),
    "RELU6": _unary("RELU6", lambda rng, scale, point: (scale, point)),
    "RELU_0_TO_1": _unary("RELU_0_TO_1", _any_output),
    "RELU_N1_TO_1": _unary("RELU_N1_TO_1", _any_output),
    "RSQRT": _from_zero("RSQRT", 1),
    "SQRT": _from_zero("SQRT", 1),
    "TANH": _unary("TANH", lambda rng, scale, point: (1 / 128, 0), low=-20, high=5),
}
