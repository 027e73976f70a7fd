"""What the cost of a call depends on, kernel by kernel: counts of its loops from shapes alone.

A prediction is a sum of these counts, each times a coefficient that was fitted to measurements; a
count is thus a number of times that a piece of the kernel's code runs. Weights and data play no
part, nor does what a softmax or a table is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Counts = dict[str, float]

PIXELS = 4  # of a panel of conv_packed_s8
TILES = 4  # of Winograd's kernels at a time
GROUP = 16  # their input channels at a time


@dataclass(frozen=True)
class Layer:
    """A call's parameters, named as in docs/blob-format.md, and the shapes of its tensors."""

    params: Mapping[str, Any]
    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]


def counts(kernel: str, layer: Layer) -> Counts:
    """The counts of a call of `kernel`, by name. Every kernel has `call`, which is 1."""
    return {**_FEATURES[kernel](layer), "call": 1}


def _up(count: int, size: int) -> int:
    return -(-count // size)


def _clamped(layer: Layer) -> int:
    """Outputs that are bounded by more than int8 is."""
    bounds = (layer.params["act_min"], layer.params["act_max"])
    return 0 if bounds == (-128, 127) else math.prod(layer.output)


def _taps(layer: Layer) -> int:
    """Places of the input in the windows of all output pixels, padding not counted."""
    return _rows_inside(layer) // layer.output[2] * _taps_along(layer, "w")


def _rows_inside(layer: Layer) -> int:
    """Rows of the windows of all output pixels that lie in the input."""
    return layer.output[0] * layer.output[2] * _taps_along(layer, "h")


def _taps_along(layer: Layer, axis: str) -> int:
    """Taps along one axis that lie in the input, of all places of the output there."""
    place, pad = {"h": (1, "pad_top"), "w": (2, "pad_left")}[axis]
    size, output, padding = layer.inputs[0][place], layer.output[place], layer.params[pad]
    stride, step = layer.params[f"stride_{axis}"], layer.params.get(f"dilation_{axis}", 1)
    found = 0
    for tap in range(layer.params[f"kernel_{axis}"]):
        first, end = padding - tap * step, size + padding - tap * step
        found += max(0, min(output, _up(end, stride)) - max(0, _up(first, stride)))
    return found


def _conv(layer: Layer) -> Counts:
    depth = layer.inputs[0][3] // layer.params["channel_factor"]
    taps, channels = _taps(layer), layer.output[3]
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
        "multiply": _taps(layer) * layer.output[3],
        "output": math.prod(layer.output),
        "tap": _taps(layer),
        "pixel": pixels,
    }


def _fully_connected(layer: Layer) -> Counts:
    rows, depth, units = _rows(layer), layer.params["depth"], layer.params["units"]
    return {
        "multiply four": rows * (units // 4) * depth,
        "multiply one": rows * (units % 4) * depth,
        "output": rows * units,
    }


def _pool(layer: Layer) -> Counts:
    taps = _taps(layer)
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


def _conv_packed(layer: Layer) -> Counts:
    params, (_, height, width, depth) = layer.params, layer.inputs[0]
    batch, output_h, output_w, channels = layer.output
    kernel_h, run = params["kernel_h"], params["kernel_w"] * depth
    groups = _up(kernel_h * run, 4)
    pairs = _up(channels, 2)
    panels, left = divmod(batch * output_h * output_w, PIXELS)
    inside = panels
    if (kernel_h, params["kernel_w"], params["stride_h"], params["stride_w"]) != (1, 1, 1, 1):
        rows = _inside(height, kernel_h, params["stride_h"], params["pad_top"], output_h)
        columns = _inside(
            width, params["kernel_w"], params["stride_w"], params["pad_left"], output_w
        )
        inside = _whole_panels(batch, output_h, output_w, rows, columns)
    outside = panels - inside + (left > 0)
    whole = panels + (left == 3)
    single = left if left < 3 else 0
    return {
        "multiply": whole * pairs * groups,
        "pair": whole * pairs,
        "widen inside": inside * groups,
        "widen outside": outside * groups,
        "inside": inside,
        "inside row": inside * kernel_h,
        "outside row": outside * kernel_h,
        "rest": (inside + outside) * kernel_h * (run % 4),
        "rest row": (inside + outside) * kernel_h * (run % 4 > 0),
        "single multiply": single * pairs * groups,
        "single pair": single * pairs,
        "staged": panels * channels if channels % 2 else 0,
        "clamp": _clamped(layer),
    }


def _inside(size: int, kernel: int, stride: int, pad: int, output: int) -> tuple[int, int]:
    """The first output place whose window lies in the input, and the end of those that do."""
    room = size + pad - kernel
    return _up(pad, stride), min(output, 0 if room < 0 else room // stride + 1)


def _whole_panels(
    batch: int, output_h: int, output_w: int, rows: tuple[int, int], columns: tuple[int, int]
) -> int:
    """Panels of 4 pixels that lie in one row, all their windows within the input."""
    found = 0
    # the place where a row's first panel starts repeats every 4 rows
    for phase in range(PIXELS):
        first = -phase * output_w % PIXELS
        start = first + _up(max(columns[0] - first, 0), PIXELS) * PIXELS
        panels = max(0, (columns[1] - start) // PIXELS)
        # as does where an image's first row starts, every 4 images
        for image in range(min(batch, PIXELS)):
            images = _up(batch - image, PIXELS)
            found += panels * images * len(range(*_rows_of_phase(image * output_h, phase, rows)))
    return found


def _rows_of_phase(before: int, phase: int, rows: tuple[int, int]) -> tuple[int, int, int]:
    first = before + rows[0]
    return first + (phase - first) % PIXELS, before + rows[1], PIXELS


def _winograd(tile: int) -> Callable[[Layer], Counts]:
    def count(layer: Layer) -> Counts:
        _, height, width, depth = layer.inputs[0]
        batch, output_h, output_w, channels = layer.output
        rows, columns = _up(output_h, tile), _up(output_w, tile)
        tiles = batch * rows * columns
        groups = _up(tiles, TILES)
        inside = _tiles_inside(rows, tile, height, layer.params["pad_top"]) * _tiles_inside(
            columns, tile, width, layer.params["pad_left"]
        )
        whole = batch * (output_h // tile) * (output_w // tile)
        pairs = _up(channels, 2)
        border = tiles - batch * inside
        return {
            "multiply": groups * pairs * _up(depth, GROUP),
            "pair": groups * pairs,
            "input": tiles * (depth // 4),
            "tile": tiles,
            "border": border,
            "border byte": border * (tile + 2) ** 2 * depth,
            "output": tiles * channels,
            "cut output": (tiles - whole) * channels,
            "clamp": _clamped(layer),
        }

    return count


def _tiles_inside(tiles: int, tile: int, size: int, pad: int) -> int:
    """Tiles along one axis whose windows, tile + 2 wide, lie within the input."""
    first = _up(pad, tile)
    end = min(tiles, (size + pad - tile - 2) // tile + 1)
    return max(0, end - first)


def _depthwise_3x3(layer: Layer) -> Counts:
    batch, height, width, channels = layer.output
    # rows are widened four channels at a time, stride 1 computes two rows and columns at a time
    words = batch * _up(channels, 4)
    stride = layer.params["stride_h"]
    rows = _up(height, 2) if stride == 1 else height
    blocks = rows * _up(width, 2)
    name = f"stride {stride} "
    return {
        f"{name}block": batch * channels * blocks,
        f"{name}channel row": batch * channels * rows,
        f"{name}column": words * blocks,
        f"{name}row": words * rows,
        f"{name}group": words,
        "clamp": _clamped(layer),
    }


def _depthwise_packed(layer: Layer) -> Counts:
    depth, channels = layer.inputs[0][3], layer.output[3]
    pixels = math.prod(layer.output[:3])
    records = _up(depth, 4) * (channels // max(1, depth))
    # a window of one column is one row
    rows = pixels if layer.params["kernel_w"] == 1 else _rows_inside(layer)
    return {
        "tap": _taps(layer) * records,
        "row": rows * records,
        "record": pixels * records,
        "pixel": pixels,
        "clamp": _clamped(layer),
    }


def _fully_connected_packed(layer: Layer) -> Counts:
    params, rows = layer.params, _rows(layer)
    groups = _up(params["depth"], 4)
    pairs = _up(params["units"] - 4 * params["blocks"], 2)
    if params["units"] <= 2:
        return {"only pair multiply": rows * groups, "only pair": rows, "clamp": _clamped(layer)}
    return {
        "block multiply": rows * params["blocks"] * groups,
        "block": rows * params["blocks"],
        "pair multiply": rows * pairs * groups,
        "pair": rows * pairs,
        "widen": rows * groups,
        "row": rows,
        "clamp": _clamped(layer),
    }


def _rows(layer: Layer) -> int:
    return math.prod(layer.output) // layer.params["units"]


def _add_table(layer: Layer) -> Counts:
    return {"element": math.prod(layer.output), "clamp": _clamped(layer)}


def _pool_simd(layer: Layer) -> Counts:
    channels = layer.output[3]
    pixels = math.prod(layer.output[:3])
    taps = _taps(layer)
    return {
        "place": taps,
        "tap word": taps * (channels // 4),
        "word": pixels * (channels // 4),
        "tap byte": taps * (channels % 4),
        "byte": pixels * (channels % 4),
        "pixel": pixels,
        "clamp": _clamped(layer),
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
    "conv_packed_s8": _conv_packed,
    "winograd_f2_s8": _winograd(2),
    "winograd_f4_s8": _winograd(4),
    "depthwise_3x3_s8": _depthwise_3x3,
    "depthwise_packed_s8": _depthwise_packed,
    "fully_connected_packed_s8": _fully_connected_packed,
    "add_table_s8": _add_table,
    "max_pool_simd_s8": _pool_simd,
    "average_pool_simd_s8": _pool_simd,
}
