"""Random models of AVERAGE_POOL_2D and MAX_POOL_2D."""

from __future__ import annotations

from collections.abc import Callable

from tflite_builder import ModelBuilder

from single_operators.common import (
    FUSED,
    Model,
    Rng,
    some_scale,
    some_shape,
    some_window,
    some_zero_point,
)


def _pool(kind: str) -> Callable[[Rng], bytes]:
    def model(rng: Rng) -> bytes:
        builder = ModelBuilder(kind)
        shape = [int(rng.integers(1, 3)), *some_shape(rng, 2, 9), int(rng.integers(1, 6))]
        kernel, sizes, options = some_window(rng, shape, False)
        quantization = {"scale": some_scale(rng), "zero_point": some_zero_point(rng)}
        source = builder.tensor(shape, **quantization)
        target = builder.tensor([shape[0], *sizes, shape[3]], **quantization)
        builder.operator(
            kind,
            [source],
            [target],
            2,
            filter_height=kernel[0],
            filter_width=kernel[1],
            fused_activation_function=str(rng.choice(FUSED)),
            **options,
        )
        return builder.build([source], [target])

    return model


MODELS: dict[str, Model] = {
    "AVERAGE_POOL_2D": _pool("AVERAGE_POOL_2D"),
    "MAX_POOL_2D": _pool("MAX_POOL_2D"),
}
