"""Random models of the operators that only move values."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from tflite_builder import ModelBuilder

from single_operators.common import Model, Rng, some_shape

QUANTIZATION = {"scale": 0.1, "zero_point": -7}


def _one(
    kind: str, shape: list[int], output: list[int], constants: list[object], **options: object
) -> bytes:
    builder = ModelBuilder(kind)
    source = builder.tensor(shape, **QUANTIZATION)
    target = builder.tensor(output, **QUANTIZATION)
    builder.operator(kind, [source, *map(builder.constant, constants)], [target], **options)
    return builder.build([source], [target])


def _reshape(rng: Rng) -> bytes:
    shape = some_shape(rng, int(rng.integers(1, 5)), 4)
    size = math.prod(shape)
    first = int(rng.choice([n for n in range(1, size + 1) if size % n == 0]))
    output = [first, size // first]
    return _one("RESHAPE", shape, output, [output], new_shape=output)


def _squeeze(rng: Rng) -> bytes:
    shape = [1 if rng.random() < 0.5 else 3 for _ in range(5)]
    dims = [axis for axis, size in enumerate(shape) if size == 1]
    output = [size for size in shape if size != 1]
    return _one("SQUEEZE", shape, output, [], squeeze_dims=dims)


def _expand_dims(rng: Rng) -> bytes:
    shape = some_shape(rng, int(rng.integers(1, 5)), 4)
    axis = int(rng.integers(-len(shape) - 1, len(shape) + 1))
    at = axis + len(shape) + 1 if axis < 0 else axis
    return _one("EXPAND_DIMS", shape, [*shape[:at], 1, *shape[at:]], [axis])


def _transpose(rng: Rng) -> bytes:
    shape = some_shape(rng, int(rng.integers(1, 6)), 5)
    order = [int(axis) for axis in rng.permutation(len(shape))]
    return _one("TRANSPOSE", shape, [shape[axis] for axis in order], [order])


def _pad(kind: str) -> Callable[[Rng], bytes]:
    def model(rng: Rng) -> bytes:
        shape = some_shape(rng, int(rng.integers(1, 6)), 4)
        widths = rng.integers(0, 4, (len(shape), 2))
        builder = ModelBuilder(kind)
        source = builder.tensor(shape, **QUANTIZATION)
        inputs = [source, builder.constant(widths)]
        if kind == "PADV2":
            inputs.append(builder.tensor([], data=int(rng.integers(-128, 128)), **QUANTIZATION))
        output = [int(n) for n in np.array(shape) + widths.sum(axis=1)]
        target = builder.tensor(output, **QUANTIZATION)
        builder.operator(kind, inputs, [target])
        return builder.build([source], [target])

    return model


def _concatenation(rng: Rng) -> bytes:
    builder = ModelBuilder("CONCATENATION")
    shape = some_shape(rng, int(rng.integers(1, 5)), 4)
    axis = int(rng.integers(-len(shape), len(shape)))
    inputs = []
    total = 0
    for place in range(int(rng.integers(1, 6))):
        shape[axis] = int(rng.integers(1, 5))
        total += shape[axis]
        data = rng.integers(-128, 128, shape) if place and rng.random() < 0.2 else None
        inputs.append(builder.tensor(shape, data=data, **QUANTIZATION))
    shape[axis] = total
    target = builder.tensor(shape, **QUANTIZATION)
    builder.operator(
        "CONCATENATION", inputs, [target], axis=axis, fused_activation_function="NONE"
    )
    given = [i for i in inputs if builder.graph.tensors[i].data is None]
    return builder.build(given, [target])


def _split(rng: Rng) -> bytes:
    builder = ModelBuilder("SPLIT")
    shape = some_shape(rng, int(rng.integers(1, 5)), 4)
    axis = int(rng.integers(-len(shape), len(shape)))
    count = int(rng.integers(1, 5))
    part = list(shape)
    shape[axis] *= count
    source = builder.tensor(shape, **QUANTIZATION)
    targets = [builder.tensor(part, **QUANTIZATION) for _ in range(count)]
    builder.operator("SPLIT", [builder.constant(axis), source], targets, num_splits=count)
    return builder.build([source], targets)


def _strided_slice(rng: Rng) -> bytes:
    while True:
        shape = some_shape(rng, int(rng.integers(1, 5)), 7)
        rank = len(shape)
        begins = [int(rng.integers(-n - 2, n + 2)) for n in shape]
        ends = [int(rng.integers(-n - 2, n + 3)) for n in shape]
        strides = [int(rng.choice([-3, -2, -1, 1, 1, 2, 3])) for _ in shape]
        masks = {f"{name}_mask": int(rng.integers(0, 1 << rank)) for name in ("begin", "end")}
        shrink = int(rng.integers(0, 1 << rank)) if rng.random() < 0.4 else 0
        output: list[int] = []
        for axis, size in enumerate(shape):
            begin = None if masks["begin_mask"] >> axis & 1 else begins[axis]
            end = None if masks["end_mask"] >> axis & 1 else ends[axis]
            places = range(*slice(begin, end, strides[axis]).indices(size))
            if shrink >> axis & 1:
                strides[axis] = abs(strides[axis])
                start = slice(begin, end, strides[axis]).indices(size)[0]
                output += [] if 0 <= start < size else [0]
            else:
                output.append(len(places))
        if 0 not in output:
            return _one(
                "STRIDED_SLICE",
                shape,
                output,
                [begins, ends, strides],
                shrink_axis_mask=shrink,
                **masks,
            )


MODELS: dict[str, Model] = {
    "CONCATENATION": _concatenation,
    "EXPAND_DIMS": _expand_dims,
    "PAD": _pad("PAD"),
    "PADV2": _pad("PADV2"),
    "RESHAPE": _reshape,
    "SPLIT": _split,
    "SQUEEZE": _squeeze,
    "STRIDED_SLICE": _strided_slice,
    "TRANSPOSE": _transpose,
}
