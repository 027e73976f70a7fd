"""Layers of many shapes side by side on one input, as graphs of a size that the board can measure.

Weights are random: a kernel's cost does not depend on them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from host_tools.graph import Graph, Operator, Quantization, Tensor

MOST_BYTES = 100_000  # of a network's outputs: the board copies them
WEIGHT = 30  # of weights, the largest: small enough for every kernel to be exact


@dataclass(frozen=True)
class Network:
    """A graph, and the kernels that are to compute it where they can."""

    graph: Graph
    force: tuple[str, ...]


@dataclass(frozen=True)
class Layer:
    """An operator: `size` is its output's channels or units, `kernel` what its kind needs."""

    kind: str
    size: int
    kernel: tuple[Any, ...]
    options: dict[str, Any]


def output_shape(shape: Sequence[int], layer: Layer) -> tuple[int, ...]:
    if "padding" in layer.options:
        stride = layer.options["stride_h"]
        cut = (0, 0) if layer.options["padding"] == "SAME" else [n - 1 for n in layer.kernel]
        sides = [-(-(size - less) // stride) for size, less in zip(shape[1:3], cut, strict=True)]
        return (shape[0], *sides, layer.size or shape[3])
    if layer.kind == "FULLY_CONNECTED":
        return (shape[0], layer.size)
    if layer.kind == "TRANSPOSE":
        return tuple(shape[axis] for axis in layer.kernel[0])
    if layer.kind == "PAD":
        return tuple(
            n + before + after for n, (before, after) in zip(shape, layer.kernel[0], strict=True)
        )
    if layer.kind in ("MEAN", "REDUCE_MAX", "REDUCE_MIN"):
        return (shape[0], shape[3])
    if layer.kind in ("RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR"):
        return (shape[0], *layer.kernel[0], shape[3])
    return tuple(shape)


def side_by_side(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    layers: Sequence[Layer],
    force: tuple[str, ...],
) -> Iterator[Network]:
    """Networks of one input that each of `layers` reads; all their outputs are its outputs."""
    graph, room = _empty(shape), MOST_BYTES
    for layer in layers:
        output = output_shape(shape, layer)
        room -= math.prod(output) * (4 if layer.kind == "DEQUANTIZE" else 1)
        if graph.operators and room < 0:
            yield _finished(graph, force)
            graph, room = _empty(shape), MOST_BYTES
        _add_layer(graph, rng, layer, output)
    if graph.operators:
        yield _finished(graph, force)


# whose output has the input's scale; but for the first two, a constant says what they do
_SAME_SCALE = (
    *("MAXIMUM", "MINIMUM", "TRANSPOSE", "PAD", "REDUCE_MAX", "REDUCE_MIN"),
    *("RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR"),
)

# places of a network's inputs: the layers', an addition's second, a QUANTIZE's
_FIRST, _SECOND, _FLOATS = range(3)


def _empty(shape: tuple[int, ...]) -> Graph:
    graph = Graph("fit", [], [], (), ())
    _tensor(graph, shape)
    _tensor(graph, shape, scale=0.07)
    _tensor(graph, shape, "float32")
    return graph


def _finished(graph: Graph, force: tuple[str, ...]) -> Network:
    used = {index for operator in graph.operators for index in operator.inputs}
    graph.inputs = tuple(index for index in (_FIRST, _SECOND, _FLOATS) if index in used)
    graph.outputs = tuple(operator.outputs[0] for operator in graph.operators)
    return Network(graph, force)


def _add_layer(
    graph: Graph, rng: np.random.Generator, layer: Layer, shape: tuple[int, ...]
) -> None:
    inputs = [_FLOATS if layer.kind == "QUANTIZE" else _FIRST, *_constants(graph, rng, layer)]
    scale, zero_point = 0.6, 0
    if layer.kind in ("SOFTMAX", "LOGISTIC"):
        scale, zero_point = 1 / 256, -128
    elif "POOL" in layer.kind or layer.kind in _SAME_SCALE:
        scale, zero_point = 0.05, 3
    dtype = "float32" if layer.kind == "DEQUANTIZE" else "int8"
    output = _tensor(graph, shape, dtype, scale, zero_point)
    index = len(graph.operators)
    graph.operators.append(
        Operator(index, layer.kind, 1, tuple(inputs), (output,), _options(layer))
    )


def _options(layer: Layer) -> dict[str, Any]:
    if layer.kind != "FULLY_CONNECTED":
        return layer.options
    relu = "RELU" if layer.kernel[0] else "NONE"
    return {
        "fused_activation_function": relu,
        "weights_format": "DEFAULT",
        "keep_num_dims": False,
    }


def _constants(graph: Graph, rng: np.random.Generator, layer: Layer) -> list[int]:
    """The inputs of a layer behind its first."""
    depth = graph.tensors[_FIRST].shape[-1]
    if layer.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
        units, per_channel, axis = layer.size, True, 0
        if layer.kind == "CONV_2D":
            shape = (units, *layer.kernel, depth)
        elif layer.kind == "DEPTHWISE_CONV_2D":
            shape, axis = (1, *layer.kernel, units), 3
        else:
            shape, per_channel = (units, depth), layer.kernel[1]
        scales = rng.uniform(0.005, 0.02, units if per_channel else 1)
        weights = rng.integers(-WEIGHT, WEIGHT + 1, shape)
        if layer.kind == "FULLY_CONNECTED" and layer.kernel[2]:
            weights[:] = -128  # no two of them fit 16 bits
        return [
            _constant(graph, weights, "int8", scales, axis),
            _constant(graph, rng.integers(-500, 500, units), "int32", 0.05 * scales),
        ]
    if layer.kind in ("MAXIMUM", "MINIMUM"):
        like = graph.tensors[_FIRST]
        index = _constant(graph, rng.integers(-128, 128, layer.kernel), "int8")
        graph.tensors[index] = replace(graph.tensors[index], quantization=like.quantization)
        return [index]
    if layer.kind in ("ADD", "SUB", "MUL", "PRELU", "SQUARED_DIFFERENCE"):
        if not layer.kernel:
            return [_SECOND]
        return [_constant(graph, rng.integers(-100, 100, layer.kernel), "int8", [0.02])]
    if layer.kind in ("MEAN", *_SAME_SCALE):
        return [_constant(graph, layer.kernel[0], "int32")]
    return []


def _tensor(
    graph: Graph,
    shape: Sequence[int],
    dtype: str = "int8",
    scale: float = 0.05,
    zero_point: int = 3,
) -> int:
    quantization = Quantization(np.array([scale], np.float32), np.array([zero_point]))
    index = len(graph.tensors)
    graph.tensors.append(
        Tensor(
            index, f"t{index}", tuple(shape), dtype, None if dtype == "float32" else quantization
        )
    )
    return index


def _constant(graph: Graph, values: Any, dtype: str, scales: Any = None, axis: int = 0) -> int:
    data = np.asarray(values, dtype)
    index = len(graph.tensors)
    quantization = None
    if scales is not None:
        quantization = Quantization(
            np.asarray(scales, np.float32), np.zeros(len(scales), np.int64), axis
        )
    graph.tensors.append(Tensor(index, f"t{index}", data.shape, dtype, quantization, data))
    return index
