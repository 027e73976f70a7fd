"""Random models of CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED."""

from __future__ import annotations

import math

import numpy as np
from tflite_builder import ModelBuilder

from single_operators.common import (
    FUSED,
    Model,
    Rng,
    some_scale,
    some_shape,
    some_values,
    some_window,
    some_zero_point,
)


def _bias(builder: ModelBuilder, rng: Rng, units: int, scale: float) -> int:
    return builder.tensor(
        [units], "int32", scale=scale, data=rng.integers(-(1 << 14), 1 << 14, units)
    )


def _weight_scales(rng: Rng, units: int) -> float | list[float]:
    if rng.random() < 0.3:
        return some_scale(rng, -9, -5)
    return [some_scale(rng, -9, -5) for _ in range(units)]


def _conv(rng: Rng) -> bytes:
    builder = ModelBuilder("CONV_2D")
    groups = int(rng.choice([1, 1, 2, 3]))
    depth, each = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    shape = [int(rng.integers(1, 3)), *some_shape(rng, 2, 9), depth * groups]
    kernel, sizes, options = some_window(rng, shape, True)
    units = each * groups
    source = builder.tensor(shape, scale=some_scale(rng), zero_point=some_zero_point(rng))
    dims = [units, *kernel, depth]
    weights = builder.tensor(dims, scale=_weight_scales(rng, units), data=some_values(rng, dims))
    inputs = [source, weights]
    if rng.random() < 0.8:
        inputs.append(_bias(builder, rng, units, 0.01))
    target = builder.tensor(
        [shape[0], *sizes, units],
        scale=some_scale(rng, -5, 2),
        zero_point=some_zero_point(rng),
    )
    options["fused_activation_function"] = str(rng.choice(FUSED))
    builder.operator("CONV_2D", inputs, [target], 3, **options)
    return builder.build([source], [target])


def _depthwise_conv(rng: Rng) -> bytes:
    builder = ModelBuilder("DEPTHWISE_CONV_2D")
    factor = int(rng.choice([1, 1, 2, 3]))
    shape = [int(rng.integers(1, 3)), *some_shape(rng, 2, 9), int(rng.integers(1, 9))]
    kernel, sizes, options = some_window(rng, shape, True)
    units = shape[3] * factor
    source = builder.tensor(shape, scale=some_scale(rng), zero_point=some_zero_point(rng))
    dims = [1, *kernel, units]
    weights = builder.tensor(
        dims, scale=_weight_scales(rng, units), axis=3, data=some_values(rng, dims)
    )
    inputs = [source, weights]
    if rng.random() < 0.8:
        inputs.append(_bias(builder, rng, units, 0.01))
    target = builder.tensor(
        [shape[0], *sizes, units],
        scale=some_scale(rng, -5, 2),
        zero_point=some_zero_point(rng),
    )
    options["fused_activation_function"] = str(rng.choice(FUSED))
    builder.operator("DEPTHWISE_CONV_2D", inputs, [target], 3, depth_multiplier=factor, **options)
    return builder.build([source], [target])


def _fully_connected(rng: Rng) -> bytes:
    builder = ModelBuilder("FULLY_CONNECTED")
    depth, units = int(rng.integers(1, 40)), int(rng.integers(1, 12))
    outer = some_shape(rng, int(rng.integers(1, 4)), 3)
    keep = len(outer) > 1 and rng.random() < 0.7
    source_scale = some_scale(rng)
    source = builder.tensor([*outer, depth], scale=source_scale, zero_point=some_zero_point(rng))
    scales = _weight_scales(rng, units)
    zero_point = 0
    if isinstance(scales, float) and rng.random() < 0.5:
        zero_point = some_zero_point(rng)
    weights = builder.tensor(
        [units, depth],
        scale=scales,
        zero_point=zero_point,
        data=some_values(rng, (units, depth)),
    )
    inputs = [source, weights]
    if rng.random() < 0.7:
        scale = np.float32(source_scale) * np.float32(np.atleast_1d(scales)[0])
        inputs.append(_bias(builder, rng, units, float(scale)))
    elif rng.random() < 0.5:
        inputs.append(-1)
    target = builder.tensor(
        [*outer, units] if keep else [math.prod(outer), units],
        scale=some_scale(rng, -4, 3),
        zero_point=some_zero_point(rng),
    )
    builder.operator(
        "FULLY_CONNECTED",
        inputs,
        [target],
        4,
        fused_activation_function=str(rng.choice(FUSED)),
        keep_num_dims=bool(keep),
    )
    return builder.build([source], [target])


def _batch_matmul(rng: Rng) -> bytes:
    builder = ModelBuilder("BATCH_MATMUL")
    batch = some_shape(rng, int(rng.integers(0, 4)), 3)

    def outer() -> list[int]:
        kept = batch[int(rng.integers(0, len(batch) + 1)) :]
        return [size if rng.random() < 0.7 else 1 for size in kept]

    left, right = outer(), outer()
    rows, columns, depth = some_shape(rng, 3, 20)
    adj_x, adj_y = bool(rng.random() < 0.4), bool(rng.random() < 0.5)
    shape = [*right, *([columns, depth] if adj_y else [depth, columns])]
    given, other = some_scale(rng, -7, -3), some_scale(rng, -7, -3)
    source = builder.tensor(
        [*left, *([depth, rows] if adj_x else [rows, depth])],
        scale=given,
        zero_point=some_zero_point(rng),
    )
    constant = rng.random() < 0.4
    second = builder.tensor(
        shape,
        scale=other,
        zero_point=some_zero_point(rng),
        data=some_values(rng, shape) if constant else None,
    )
    target = builder.tensor(
        [*np.broadcast_shapes(tuple(left), tuple(right)), rows, columns],
        scale=given * other * float(2 ** rng.uniform(8, 15)),
        zero_point=some_zero_point(rng),
    )
    builder.operator("BATCH_MATMUL", [source, second], [target], 2, adj_x=adj_x, adj_y=adj_y)
    return builder.build([source] if constant else [source, second], [target])


MODELS: dict[str, Model] = {
    "BATCH_MATMUL": _batch_matmul,
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise_conv,
    "FULLY_CONNECTED": _fully_connected,
}
