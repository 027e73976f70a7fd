"""Random models of one operator each, for every operator that Inkling supports.

`random_model(kind, rng)` gives a .tflite that tflite-micro runs too: what its checks refuse (five
dimensions in a slice, a uint8 pad) is left out, what it only warns about is in.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from single_moves import MODELS as MOVES
from tflite_builder import ModelBuilder

Rng = np.random.Generator

FUSED = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


def random_model(kind: str, rng: Rng) -> bytes:
    """A model of one operator of `kind` (one of KINDS) with random shapes and quantization."""
    return _MODELS[kind](rng)


def _scale(rng: Rng, low: float = -8, high: float = 1) -> float:
    """A scale between two powers of two; often a round number, which makes ties likely."""
    if rng.random() < 0.3:
        return float(rng.choice([0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1 / 255, 1 / 128]))
    return float(2 ** rng.uniform(low, high))


def _zero_point(rng: Rng) -> int:
    return int(rng.choice([-128, 0, 127, rng.integers(-128, 128)]))


def _shape(rng: Rng, rank: int, most: int = 6) -> list[int]:
    return [int(n) for n in rng.integers(1, most + 1, rank)]


def _values(rng: Rng, shape: list[int] | tuple[int, ...]) -> np.ndarray:
    """Bytes all over the range, or only its ends."""
    if rng.random() < 0.2:
        return rng.choice([-128, 127], shape)
    return rng.integers(-128, 128, shape)


def _unary(
    kind: str,
    output: Callable[[Rng, float, int], tuple[float, int]],
    options: Callable[[Rng], dict[str, float]] = lambda rng: {},
    low: float = -8,
    high: float = 4,
) -> Callable[[Rng], bytes]:
    def model(rng: Rng) -> bytes:
        builder = ModelBuilder(kind)
        scale, zero_point = _scale(rng, low, high), _zero_point(rng)
        shape = [4, 64]
        source = builder.tensor(shape, scale=scale, zero_point=zero_point)
        scale, zero_point = output(rng, scale, zero_point)
        target = builder.tensor(shape, scale=scale, zero_point=zero_point)
        builder.operator(kind, [source], [target], **options(rng))
        return builder.build([source], [target])

    return model


def _any_output(rng: Rng, scale: float, zero_point: int) -> tuple[float, int]:
    return scale * float(2 ** rng.uniform(-3, 8)), _zero_point(rng)


def _hard_swish_output(rng: Rng, scale: float, zero_point: int) -> tuple[float, int]:
    return scale * float(2 ** rng.uniform(-5, 6)), _zero_point(rng)


def _window(rng: Rng, shape: list[int], dilate: bool) -> tuple[list[int], list[int], dict]:
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


def _bias(builder: ModelBuilder, rng: Rng, units: int, scale: float) -> int:
    return builder.tensor(
        [units], "int32", scale=scale, data=rng.integers(-(1 << 14), 1 << 14, units)
    )


def _weight_scales(rng: Rng, units: int) -> float | list[float]:
    if rng.random() < 0.3:
        return _scale(rng, -9, -5)
    return [_scale(rng, -9, -5) for _ in range(units)]


def _conv(rng: Rng) -> bytes:
    builder = ModelBuilder("CONV_2D")
    groups = int(rng.choice([1, 1, 2, 3]))
    depth, each = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    shape = [int(rng.integers(1, 3)), *_shape(rng, 2, 9), depth * groups]
    kernel, sizes, options = _window(rng, shape, True)
    units = each * groups
    source = builder.tensor(shape, scale=_scale(rng), zero_point=_zero_point(rng))
    dims = [units, *kernel, depth]
    weights = builder.tensor(dims, scale=_weight_scales(rng, units), data=_values(rng, dims))
    inputs = [source, weights]
    if rng.random() < 0.8:
        inputs.append(_bias(builder, rng, units, 0.01))
    target = builder.tensor(
        [shape[0], *sizes, units], scale=_scale(rng, -5, 2), zero_point=_zero_point(rng)
    )
    options["fused_activation_function"] = str(rng.choice(FUSED))
    builder.operator("CONV_2D", inputs, [target], 3, **options)
    return builder.build([source], [target])


def _depthwise_conv(rng: Rng) -> bytes:
    builder = ModelBuilder("DEPTHWISE_CONV_2D")
    factor = int(rng.choice([1, 1, 2, 3]))
    shape = [int(rng.integers(1, 3)), *_shape(rng, 2, 9), int(rng.integers(1, 9))]
    kernel, sizes, options = _window(rng, shape, True)
    units = shape[3] * factor
    source = builder.tensor(shape, scale=_scale(rng), zero_point=_zero_point(rng))
    dims = [1, *kernel, units]
    weights = builder.tensor(
        dims, scale=_weight_scales(rng, units), axis=3, data=_values(rng, dims)
    )
    inputs = [source, weights]
    if rng.random() < 0.8:
        inputs.append(_bias(builder, rng, units, 0.01))
    target = builder.tensor(
        [shape[0], *sizes, units], scale=_scale(rng, -5, 2), zero_point=_zero_point(rng)
    )
    options["fused_activation_function"] = str(rng.choice(FUSED))
    builder.operator("DEPTHWISE_CONV_2D", inputs, [target], 3, depth_multiplier=factor, **options)
    return builder.build([source], [target])


def _fully_connected(rng: Rng) -> bytes:
    builder = ModelBuilder("FULLY_CONNECTED")
    depth, units = int(rng.integers(1, 40)), int(rng.integers(1, 12))
    outer = _shape(rng, int(rng.integers(1, 4)), 3)
    keep = len(outer) > 1 and rng.random() < 0.7
    source_scale = _scale(rng)
    source = builder.tensor([*outer, depth], scale=source_scale, zero_point=_zero_point(rng))
    scales = _weight_scales(rng, units)
    zero_point = 0
    if isinstance(scales, float) and rng.random() < 0.5:
        zero_point = _zero_point(rng)
    weights = builder.tensor(
        [units, depth], scale=scales, zero_point=zero_point, data=_values(rng, (units, depth))
    )
    inputs = [source, weights]
    if rng.random() < 0.7:
        scale = np.float32(source_scale) * np.float32(np.atleast_1d(scales)[0])
        inputs.append(_bias(builder, rng, units, float(scale)))
    elif rng.random() < 0.5:
        inputs.append(-1)
    target = builder.tensor(
        [*outer, units] if keep else [math.prod(outer), units],
        scale=_scale(rng, -4, 3),
        zero_point=_zero_point(rng),
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


def _pool(kind: str) -> Callable[[Rng], bytes]:
    def model(rng: Rng) -> bytes:
        builder = ModelBuilder(kind)
        shape = [int(rng.integers(1, 3)), *_shape(rng, 2, 9), int(rng.integers(1, 6))]
        kernel, sizes, options = _window(rng, shape, False)
        quantization = {"scale": _scale(rng), "zero_point": _zero_point(rng)}
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


def _binary(kind: str) -> Callable[[Rng], bytes]:
    def model(rng: Rng) -> bytes:
        builder = ModelBuilder(kind)
        rank = int(rng.integers(1, 6))
        shape = _shape(rng, rank, 4)
        shapes = [list(shape), list(shape)]
        if rng.random() < 0.6:
            for axis in range(rank):
                which = int(rng.integers(0, 4))
                if which < 2:
                    shapes[which][axis] = 1
            shapes[0] = shapes[0][int(rng.integers(0, rank)) if rng.random() < 0.3 else 0 :]
        scales = [_scale(rng), _scale(rng)]
        inputs = []
        for place in range(2):
            data = _values(rng, shapes[place]) if place and rng.random() < 0.3 else None
            inputs.append(
                builder.tensor(
                    shapes[place], scale=scales[place], zero_point=_zero_point(rng), data=data
                )
            )
        factor = float(2 ** rng.uniform(-4, 2))
        scale = (math.prod(scales) if kind == "MUL" else max(scales)) * factor
        if kind == "MUL":
            scale *= 64
        target = builder.tensor(
            np.broadcast_shapes(*shapes), scale=scale, zero_point=_zero_point(rng)
        )
        builder.operator(kind, inputs, [target], fused_activation_function=str(rng.choice(FUSED)))
        given = [i for i in inputs if builder.graph.tensors[i].data is None]
        return builder.build(given, [target])

    return model


def _softmax(rng: Rng) -> bytes:
    builder = ModelBuilder("SOFTMAX")
    shape = [*_shape(rng, int(rng.integers(0, 4)), 4), int(rng.choice([1, 2, 10, 100, 300]))]
    source = builder.tensor(shape, scale=_scale(rng, -12, 6), zero_point=_zero_point(rng))
    target = builder.tensor(shape, scale=1 / 256, zero_point=-128)
    builder.operator("SOFTMAX", [source], [target], beta=float(rng.choice([1.0, 1.0, 0.5, 3.0])))
    return builder.build([source], [target])


def _mean(rng: Rng) -> bytes:
    builder = ModelBuilder("MEAN")
    rank = int(rng.integers(1, 6))
    shape = _shape(rng, rank, 7)
    axes = rng.permutation(rank)[: int(rng.integers(1, rank + 1))]
    keep = bool(rng.random() < 0.5)
    kept = [1 if i in axes else n for i, n in enumerate(shape) if keep or i not in axes]
    scale = _scale(rng)
    source = builder.tensor(shape, scale=scale, zero_point=_zero_point(rng))
    same = rng.random() < 0.3
    target = builder.tensor(
        kept,
        scale=scale if same else scale * float(2 ** rng.uniform(-4, 4)),
        zero_point=_zero_point(rng),
    )
    signed = [int(axis) - rank * int(rng.integers(0, 2)) for axis in axes]
    builder.operator("MEAN", [source, builder.constant(signed)], [target], 2, keep_dims=keep)
    return builder.build([source], [target])


def _resize(rng: Rng) -> bytes:
    builder = ModelBuilder("RESIZE_NEAREST_NEIGHBOR")
    shape = [int(rng.integers(1, 3)), *_shape(rng, 2, 12), int(rng.integers(1, 5))]
    sizes = _shape(rng, 2, 20)
    source = builder.tensor(shape, scale=0.1)
    target = builder.tensor([shape[0], *sizes, shape[3]], scale=0.1)
    builder.operator(
        "RESIZE_NEAREST_NEIGHBOR",
        [source, builder.constant(sizes)],
        [target],
        align_corners=bool(rng.integers(0, 2)),
        half_pixel_centers=bool(rng.integers(0, 2)),
    )
    return builder.build([source], [target])


def _quantize(rng: Rng) -> bytes:
    builder = ModelBuilder("QUANTIZE")
    pairs = [("float32", "int8"), ("int8", "int8"), ("int8", "uint8"), ("uint8", "int8")]
    given, wanted = pairs[int(rng.integers(0, len(pairs)))]
    scale = _scale(rng, -6, 0)
    source = builder.tensor(
        [4, 64],
        given,
        scale=None if given == "float32" else scale,
        zero_point=_zero_point_of(rng, given),
    )
    factor = 1.0 if rng.random() < 0.3 else float(2 ** rng.uniform(-4, 4))
    target = builder.tensor(
        [4, 64], wanted, scale=scale * factor, zero_point=_zero_point_of(rng, wanted)
    )
    builder.operator("QUANTIZE", [source], [target])
    return builder.build([source], [target])


def _dequantize(rng: Rng) -> bytes:
    builder = ModelBuilder("DEQUANTIZE")
    given = str(rng.choice(["int8", "uint8"]))
    source = builder.tensor(
        [4, 64], given, scale=_scale(rng), zero_point=_zero_point_of(rng, given)
    )
    target = builder.tensor([4, 64], "float32")
    builder.operator("DEQUANTIZE", [source], [target])
    return builder.build([source], [target])


def _zero_point_of(rng: Rng, dtype: str) -> int:
    return _zero_point(rng) + (128 if dtype == "uint8" else 0)


_MODELS: dict[str, Callable[[Rng], bytes]] = {
    "ABS": _unary("ABS", _any_output),
    "ADD": _binary("ADD"),
    "AVERAGE_POOL_2D": _pool("AVERAGE_POOL_2D"),
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise_conv,
    "DEQUANTIZE": _dequantize,
    "FULLY_CONNECTED": _fully_connected,
    "HARD_SWISH": _unary("HARD_SWISH", _hard_swish_output),
    "LEAKY_RELU": _unary(
        "LEAKY_RELU", _any_output, lambda rng: {"alpha": float(rng.choice([0.1, 0.3, -0.5, 2]))}
    ),
    "LOGISTIC": _unary("LOGISTIC", lambda rng, scale, point: (1 / 256, -128), low=-20, high=5),
    "MAX_POOL_2D": _pool("MAX_POOL_2D"),
    "MEAN": _mean,
    "MUL": _binary("MUL"),
    "QUANTIZE": _quantize,
    "RELU": _unary("RELU", _any_output),
    "RELU6": _unary("RELU6", lambda rng, scale, point: (scale, point)),
    "RESIZE_NEAREST_NEIGHBOR": _resize,
    "SOFTMAX": _softmax,
    "SUB": _binary("SUB"),
    "TANH": _unary("TANH", lambda rng, scale, point: (1 / 128, 0), low=-20, high=5),
    **MOVES,
}

KINDS = tuple(sorted(_MODELS))
