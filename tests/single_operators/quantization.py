"""Random models of QUANTIZE, DEQUANTIZE and CAST."""

from __future__ import annotations

from tflite_builder import ModelBuilder

from single_operators.common import (
    Model,
    Rng,
    some_scale,
    some_shape,
    some_zero_point,
    some_zero_point_of,
)


def _quantize(rng: Rng) -> bytes:
    builder = ModelBuilder("QUANTIZE")
    pairs = [("float32", "int8"), ("int8", "int8"), ("int8", "uint8"), ("uint8", "int8")]
    given, wanted = pairs[int(rng.integers(0, len(pairs)))]
    scale = some_scale(rng, -6, 0)
    source = builder.tensor(
        [4, 64],
        given,
        scale=None if given == "float32" else scale,
        zero_point=some_zero_point_of(rng, given),
    )
    factor = 1.0 if rng.random() < 0.3 else float(2 ** rng.uniform(-4, 4))
    target = builder.tensor(
        [4, 64], wanted, scale=scale * factor, zero_point=some_zero_point_of(rng, wanted)
    )
    builder.operator("QUANTIZE", [source], [target])
    return builder.build([source], [target])


def _dequantize(rng: Rng) -> bytes:
    builder = ModelBuilder("DEQUANTIZE")
    given = str(rng.choice(["int8", "uint8"]))
    source = builder.tensor(
        [4, 64], given, scale=some_scale(rng), zero_point=some_zero_point_of(rng, given)
    )
    target = builder.tensor([4, 64], "float32")
    builder.operator("DEQUANTIZE", [source], [target])
    return builder.build([source], [target])


def _cast(rng: Rng) -> bytes:
    """Between the types that tflite-micro has, all but uint8."""
    builder = ModelBuilder("CAST")
    given, wanted = (str(rng.choice(["int8", "int32", "float32"])) for _ in range(2))
    quantization = {"scale": some_scale(rng), "zero_point": some_zero_point(rng)}
    shape = some_shape(rng, int(rng.integers(0, 5)))
    source = builder.tensor(shape, given, **(quantization if given == "int8" else {}))
    target = builder.tensor(shape, wanted)
    builder.operator("CAST", [source], [target])
    return builder.build([source], [target])


MODELS: dict[str, Model] = {
    "CAST": _cast,
    "DEQUANTIZE": _dequantize,
    "QUANTIZE": _quantize,
}
