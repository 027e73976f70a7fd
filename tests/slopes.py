"""A network of PReLU, as an operator and as converters write it."""

from __future__ import annotations

import numpy as np
from tflite_builder import ModelBuilder

FAR = {"scale": 0.05, "zero_point": 3}
NEAR = {"scale": 0.03, "zero_point": -20}


def slopes() -> bytes:
    """A PRELU, a MAXIMUM of a product, a SUB of a product: slopes of a channel, some above 1."""
    rng = np.random.default_rng(4)
    builder = ModelBuilder("slopes")
    shape = [1, 5, 6, 7]

    def tensor(**quantization: float) -> int:
        return builder.tensor(shape, **quantization)

    def constant() -> int:
        values = rng.integers(-60, 80, [7])
        return builder.tensor([1, 1, 7], scale=0.02, zero_point=3, data=values)

    none = {"fused_activation_function": "NONE"}
    picture = builder.tensor(shape, **FAR, name="picture")
    first = tensor(**NEAR)
    builder.operator("PRELU", [picture, constant()], [first])

    product, scaled, given, greater = tensor(**FAR), *(tensor(**NEAR) for _ in range(3))
    builder.operator("MUL", [first, constant()], [product], **none)
    builder.operator("QUANTIZE", [product], [scaled])
    builder.operator("QUANTIZE", [first], [given])
    builder.operator("MAXIMUM", [scaled, given], [greater])

    positive, turned, negative = tensor(**NEAR), tensor(**FAR), tensor(**FAR)
    sloped, result = tensor(**FAR), tensor(**NEAR)
    minus_one = builder.tensor([1], scale=1 / 127, data=[-127])
    builder.operator("RELU", [greater], [positive])
    builder.operator("MUL", [greater, minus_one], [turned], **none)
    builder.operator("RELU", [turned], [negative])
    builder.operator("MUL", [negative, constant()], [sloped], **none)
    builder.operator("SUB", [positive, sloped], [result], **none)
    return builder.build([picture], [result])
