"""What the cost of a call depends on, kernel by kernel: counts of its loops from shapes alone.

A prediction is a sum of these counts, each times a coefficient that was fitted to measurements; a
count is thus a number of times that a piece of the kernel's code runs. Weights and data play no
part, nor does what a softmax or a table is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from host_tools.plan.features_packed import PACKED_FEATURES
from host_tools.plan.layer import Counts, Layer, dense_rows, taps_inside


def counts(kernel: str, layer: Layer) -> Counts:
    """The counts of a call of `kernel`, by name. Every kernel has `call`, which is 1."""
    return {**_FEATURES[kernel](layer), "call": 1}


def _conv(layer: Layer) -> Counts:
    depth = layer.inputs[0][3] // layer.params["channel_factor"]
    taps, channels = taps_inside(layer), layer.output[3]
    return {
        "multiply four": taps * (channels // 4) * depth,
        "multiply one": taps * (channels % 4) * depth,
        "tap": taps * channels,
        "output": math.prod(layer.output),
        "row": math.prod(layer.output) * layer.params["kernel_h"],
        "pixel": math.prod(layer.output[:3]),
    }


def _depthwise(layer: Layer) -> Counts:
    pixels = math.prod(layer.output[:3])
    return {
        "multiply": taps_inside(layer) * layer.output[3],
        "output": math.prod(layer.output),
        "tap": taps_inside(layer),
        "pixel": pixels,
    }


def _fully_connected(layer: Layer) -> Counts:
    rows, depth, units = dense_rows(layer), layer.params["depth"], layer.params["units"]
    return {
        "multiply four": rows * (units // 4) * depth,
        "multiply one": rows * (units % 4) * depth,
        "output": rows * units,
    }


def _pool(layer: Layer) -> Counts:
    taps = taps_inside(layer)
    return {
        "tap": taps * layer.output[3],
        "place": taps,
        "output": math.prod(layer.output),
        "pixel": math.prod(layer.output[:3]),
    }


def _elements(layer: Layer) -> Counts:
    return {"element": max(math.prod(shape) for shape in (layer.output, *layer.inputs))}


def _mean(layer: Layer) -> Counts:
    return {"element": math.prod(layer.inputs[0]), "output": math.prod(layer.output)}


def _resize(layer: Layer) -> Counts:
    return {"element": math.prod(layer.output), "pixel": math.prod(layer.output[:3])}


def _softmax(layer: Layer) -> Counts:
    return {"element": math.prod(layer.output), "row": math.prod(layer.output[:-1])}


def _copy(layer: Layer) -> Counts:
    params = layer.params
    elements = math.prod(params["count"])
    dense = params["input_stride"][-1] == params["output_stride"][-1] == 1
    return {
        "dense element" if dense else "element": elements,
        "row": elements // params["count"][-1],
        "filled": params["fill"] * math.prod(layer.output),
    }


_FEATURES: dict[str, Callable[[Layer], Counts]] = {
    "conv_s8": _conv,
    "depthwise_conv_s8": _depthwise,
    "fully_connected_s8": _fully_connected,
    "average_pool_s8": _pool,
    "max_pool_s8": _pool,
    "add_s8": _elements,
    "mul_s8": _elements,
    "broadcast_add_s8": _elements,
    "broadcast_sub_s8": _elements,
    "broadcast_mul_s8": _elements,
    "softmax_s8": _softmax,
    "lut_s8": _elements,
    "copy": _copy,
    "mean_s8": _mean,
    "resize_nearest_s8": _resize,
    "quantize_f32": _elements,
    "dequantize_f32": _elements,
    **PACKED_FEATURES,
}
