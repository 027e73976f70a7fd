"""What random models are made of: shapes, quantization, windows, values; the form of rules."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from tflite_builder import ModelBuilder

Rng = np.random.Generator
Model = Callable[[Rng], bytes]

# a kernel's parameter, a value that breaks this rule alone, and how the refusal goes on behind
# "parameter out of its range: ", or behind "data out of the blob: " for a data block
Rule = tuple[str, int, str]

FUSED = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


def some_scale(rng: Rng, low: float = -8, high: float = 1) -> float:
    """A scale between two powers of two; often a round number, which makes ties likely."""
    if rng.random() < 0.3:
        return float(rng.choice([0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1 / 255, 1 / 128]))
    return float(2 ** rng.uniform(low, high))


def some_zero_point(rng: Rng) -> int:
    return int(rng.choice([-128, 0, 127, rng.integers(-128, 128)]))


def some_zero_point_of(rng: Rng, dtype: str) -> int:
    return some_zero_point(rng) + (128 if dtype == "uint8" else 0)


def some_shape(rng: Rng, rank: int, most: int = 6) -> list[int]:
    return [int(n) for n in rng.integers(1, most + 1, rank)]


def some_values(rng: Rng, shape: list[int] | tuple[int, ...]) -> np.ndarray:
    """Bytes all over the range, or only its ends."""
    if rng.random() < 0.2:
        return rng.choice([-128, 127], shape)
    return rng.integers(-128, 128, shape)


def some_window(rng: Rng, shape: list[int], dilate: bool) -> tuple[list[int], list[int], dict]:
    """(kernel, output height and width, options) that fit an image."""
    padding = str(rng.choice(["SAME", "VALID"]))
    kernel, strides, dilations, sizes = [], [], [], []
    for size in shape[1:3]:
        stride = int(rng.integers(1, 4))
        dilation = int(rng.choice([1, 1, 2, 3])) if dilate else 1
        most = 5 if padding == "SAME" else (size - 1) // dilation + 1
        length = int(rng.integers(1, min(5, most) + 1))
        reach = (length - 1) * dilation + 1
        count = -(-size // stride) if padding == "SAME" else (size - reach) // stride + 1
        for values, value in zip(
            (kernel, strides, dilations, sizes), (length, stride, dilation, count), strict=True
        ):
            values.append(value)
    options = {"padding": padding, "stride_h": strides[0], "stride_w": strides[1]}
    if dilate:
        options |= {"dilation_h_factor": dilations[0], "dilation_w_factor": dilations[1]}
    return kernel, sizes, options


def some_quantization(rng: Rng) -> dict[str, float]:
    return {"scale": some_scale(rng), "zero_point": some_zero_point(rng)}


def one_move(
    kind: str,
    shape: list[int],
    output: list[int],
    constants: list[object],
    rng: Rng,
    dtype: str = "int32",
    **options: object,
) -> bytes:
    """A model of an operator that moves the values of one tensor, as `constants` say where."""
    builder = ModelBuilder(kind)
    quantization = some_quantization(rng)
    source = builder.tensor(shape, **quantization)
    target = builder.tensor(output, **quantization)
    inputs = [source, *(builder.constant(values, dtype) for values in constants)]
    builder.operator(kind, inputs, [target], **options)
    return builder.build([source], [target])
