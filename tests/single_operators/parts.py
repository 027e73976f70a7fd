"""Random models of the operators that take tensors apart or put them together."""

from __future__ import annotations

import numpy as np
from tflite_builder import ModelBuilder

from single_operators.common import Model, Rng, one_move, some_quantization, some_shape


def _slice(rng: Rng) -> bytes:
    shape = some_shape(rng, int(rng.integers(1, 6)), 6)
    begin = [int(rng.integers(0, n)) for n in shape]
    count = [int(rng.integers(1, n - b + 1)) for n, b in zip(shape, begin, strict=True)]
    size = [
        -1 if b + c == n and rng.random() < 0.5 else c
        for n, b, c in zip(shape, begin, count, strict=True)
    ]
    dtype = str(rng.choice(["int32", "int64"]))
    return one_move("SLICE", shape, count, [begin, size], rng, dtype=dtype)


def _split_v(rng: Rng) -> bytes:
    builder = ModelBuilder("SPLIT_V")
    quantization = some_quantization(rng)
    shape = some_shape(rng, int(rng.integers(1, 5)), 4)
    axis = int(rng.integers(-len(shape), len(shape)))
    lengths = some_shape(rng, int(rng.integers(1, 5)), 4)
    shape[axis] = sum(lengths)
    source = builder.tensor(shape, **quantization)
    targets = []
    for length in lengths:
        shape[axis] = length
        targets.append(builder.tensor(shape, **quantization))
    sizes = list(lengths)
    if rng.random() < 0.4:
        sizes[int(rng.integers(0, len(sizes)))] = -1
    inputs = [source, builder.constant(sizes), builder.constant(axis)]
    builder.operator("SPLIT_V", inputs, targets, num_splits=len(lengths))
    return builder.build([source], targets)


def _pack(rng: Rng) -> bytes:
    builder = ModelBuilder("PACK")
    quantization = some_quantization(rng)
    shape = some_shape(rng, int(rng.integers(1, 5)), 4)
    count = int(rng.integers(1, 5))
    axis = int(rng.integers(-len(shape) - 1, len(shape) + 1))
    at = axis + len(shape) + 1 if axis < 0 else axis
    sources = []
    for place in range(count):
        data = rng.integers(-128, 128, shape) if place and rng.random() < 0.2 else None
        sources.append(builder.tensor(shape, data=data, **quantization))
    target = builder.tensor([*shape[:at], count, *shape[at:]], **quantization)
    builder.operator("PACK", sources, [target], values_count=count, axis=axis)
    given = [index for index in sources if builder.graph.tensors[index].data is None]
    return builder.build(given, [target])


def _unpack(rng: Rng) -> bytes:
    builder = ModelBuilder("UNPACK")
    quantization = some_quantization(rng)
    shape = some_shape(rng, int(rng.integers(1, 6)), 4)
    axis = int(rng.integers(-len(shape), len(shape)))
    count = shape[axis]
    part = list(shape)
    del part[axis]
    source = builder.tensor(shape, **quantization)
    targets = [builder.tensor(part, **quantization) for _ in range(count)]
    builder.operator("UNPACK", [source], targets, num=count, axis=axis)
    return builder.build([source], targets)


def _gather(rng: Rng) -> bytes:
    shape = some_shape(rng, int(rng.integers(1, 5)), 6)
    axis = int(rng.integers(-len(shape), len(shape)))
    indices = rng.integers(0, shape[axis], some_shape(rng, int(rng.integers(1, 3)), 4))
    if rng.random() < 0.3:
        indices = np.arange(shape[axis])[:: int(rng.choice([-1, 2]))]
    at = axis % len(shape)
    output = [*shape[:at], *indices.shape, *shape[at + 1 :]]
    return one_move("GATHER", shape, output, [indices], rng, axis=axis, batch_dims=0)


MODELS: dict[str, Model] = {
    "GATHER": _gather,
    "PACK": _pack,
    "SLICE": _slice,
    "SPLIT_V": _split_v,
    "UNPACK": _unpack,
}
