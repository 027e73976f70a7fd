"""Random models of TRANSPOSE_CONV."""

from __future__ import annotations

from tflite_builder import ModelBuilder

from single_operators.common import (
    FUSED,
    Model,
    Rng,
    some_scale,
    some_shape,
    some_values,
    some_zero_point,
)


def _transpose_conv(rng: Rng) -> bytes:
    builder = ModelBuilder("TRANSPOSE_CONV")
    padding = str(rng.choice(["SAME", "VALID"]))
    batch, height, width, depth = some_shape(rng, 4, 5)
    kernel, strides = some_shape(rng, 2, 5), some_shape(rng, 2, 4)
    if rng.random() < 0.3:
        kernel = list(strides)
    sizes = []
    for size, length, stride in zip((height, width), kernel, strides, strict=True):
        whole = size * stride if padding == "SAME" else (size - 1) * stride + length
        # converters may ask for less or more where several inputs give one output
        sizes.append(max(1, whole + int(rng.choice([0, 0, -1, 1, stride - 1, 1 - stride]))))
    if padding == "VALID":
        sizes = [max(size, length) for size, length in zip(sizes, kernel, strict=True)]
    units = int(rng.integers(1, 5))
    source = builder.tensor(
        [batch, height, width, depth], scale=some_scale(rng), zero_point=some_zero_point(rng)
    )
    dims = [units, *kernel, depth]
    scales = [some_scale(rng, -9, -5) for _ in range(units)]
    weights = builder.tensor(
        dims, scale=scales if rng.random() < 0.7 else scales[0], data=some_values(rng, dims)
    )
    output = [batch, *sizes, units]
    inputs = [builder.constant(output), weights, source]
    if rng.random() < 0.7:
        bias = rng.integers(-(1 << 14), 1 << 14, units)
        inputs.append(builder.tensor([units], "int32", scale=0.01, data=bias))
    target = builder.tensor(output, scale=some_scale(rng, -5, 2), zero_point=some_zero_point(rng))
    builder.operator(
        "TRANSPOSE_CONV",
        inputs,
        [target],
        3,
        padding=padding,
        stride_h=strides[0],
        stride_w=strides[1],
        fused_activation_function=str(rng.choice(FUSED)),
    )
    return builder.build([source], [target])


MODELS: dict[str, Model] = {"TRANSPOSE_CONV": _transpose_conv}
