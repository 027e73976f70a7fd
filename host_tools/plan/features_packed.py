"""What the cost of a packed kernel depends on: counts of its loops from shapes alone."""

from __future__ import annotations

import math
from collections.abc import Callable

from host_tools.plan.layer import (
    Counts,
    Layer,
    clamped_outputs,
    dense_rows,
    divide_up,
    rows_inside,
    taps_inside,
)

PIXELS = 4  # of a panel of conv_packed_s8
TILES = 4  # of Winograd's kernels at a time
GROUP = 16  # their input channels at a time


def _conv_packed(layer: Layer) -> Counts:
    params, (_, height, width, depth) = layer.params, layer.inputs[0]
    batch, output_h, output_w, channels = layer.output
    kernel_h, run = params["kernel_h"], params["kernel_w"] * depth
    groups = divide_up(kernel_h * run, 4)
    pairs = divide_up(channels, 2)
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
        "clamp": clamped_outputs(layer),
    }


def _inside(size: int, kernel: int, stride: int, pad: int, output: int) -> tuple[int, int]:
    """The first output place whose window lies in the input, and the end of those that do."""
    room = size + pad - kernel
    return divide_up(pad, stride), min(output, 0 if room < 0 else room // stride + 1)


def _whole_panels(
    batch: int, output_h: int, output_w: int, rows: tuple[int, int], columns: tuple[int, int]
) -> int:
    """Panels of 4 pixels that lie in one row, all their windows within the input."""
    found = 0
    # the place where a row's first panel starts repeats every 4 rows
    for phase in range(PIXELS):
        first = -phase * output_w % PIXELS
        start = first + divide_up(max(columns[0] - first, 0), PIXELS) * PIXELS
        panels = max(0, (columns[1] - start) // PIXELS)
        # as does where an image's first row starts, every 4 images
        for image in range(min(batch, PIXELS)):
            images = divide_up(batch - image, PIXELS)
            found += panels * images * len(range(*_rows_of_phase(image * output_h, phase, rows)))
    return found


def _rows_of_phase(before: int, phase: int, rows: tuple[int, int]) -> tuple[int, int, int]:
    first = before + rows[0]
    return first + (phase - first) % PIXELS, before + rows[1], PIXELS


def _winograd(tile: int) -> Callable[[Layer], Counts]:
    def count(layer: Layer) -> Counts:
        _, height, width, depth = layer.inputs[0]
        batch, output_h, output_w, channels = layer.output
        rows, columns = divide_up(output_h, tile), divide_up(output_w, tile)
        tiles = batch * rows * columns
        groups = divide_up(tiles, TILES)
        inside = _tiles_inside(rows, tile, height, layer.params["pad_top"]) * _tiles_inside(
            columns, tile, width, layer.params["pad_left"]
        )
        whole = batch * (output_h // tile) * (output_w // tile)
        pairs = divide_up(channels, 2)
        border = tiles - batch * inside
        return {
            "multiply": groups * pairs * divide_up(depth, GROUP),
            "pair": groups * pairs,
            "input": tiles * (depth // 4),
            "tile": tiles,
            "border": border,
            "border byte": border * (tile + 2) ** 2 * depth,
            "output": tiles * channels,
            "cut output": (tiles - whole) * channels,
            "clamp": clamped_outputs(layer),
        }

    return count


def _tiles_inside(tiles: int, tile: int, size: int, pad: int) -> int:
    """Tiles along one axis whose windows, tile + 2 wide, lie within the input."""
    first = divide_up(pad, tile)
    end = min(tiles, (size + pad - tile - 2) // tile + 1)
    return max(0, end - first)


def _depthwise_3x3(layer: Layer) -> Counts:
    batch, height, width, channels = layer.output
    # rows are widened four channels at a time, stride 1 computes two rows and columns at a time
    words = batch * divide_up(channels, 4)
    stride = layer.params["stride_h"]
    rows = divide_up(height, 2) if stride == 1 else height
    blocks = rows * divide_up(width, 2)
    name = f"stride {stride} "
    return {
        f"{name}block": batch * channels * blocks,
        f"{name}channel row": batch * channels * rows,
        f"{name}column": words * blocks,
        f"{name}row": words * rows,
        f"{name}group": words,
        "clamp": clamped_outputs(layer),
    }


def _depthwise_packed(layer: Layer) -> Counts:
    depth, channels = layer.inputs[0][3], layer.output[3]
    pixels = math.prod(layer.output[:3])
    records = divide_up(depth, 4) * (channels // max(1, depth))
    # a window of one column is one row
    rows = pixels if layer.params["kernel_w"] == 1 else rows_inside(layer)
    return {
        "tap": taps_inside(layer) * records,
        "row": rows * records,
        "record": pixels * records,
        "pixel": pixels,
        "clamp": clamped_outputs(layer),
    }


def _fully_connected_packed(layer: Layer) -> Counts:
    params, rows = layer.params, dense_rows(layer)
    groups = divide_up(params["depth"], 4)
    pairs = divide_up(params["units"] - 4 * params["blocks"], 2)
    if params["units"] <= 2:
        return {
            "only pair multiply": rows * groups,
            "only pair": rows,
            "clamp": clamped_outputs(layer),
        }
    return {
        "block multiply": rows * params["blocks"] * groups,
        "block": rows * params["blocks"],
        "pair multiply": rows * pairs * groups,
        "pair": rows * pairs,
        "widen": rows * groups,
        "row": rows,
        "clamp": clamped_outputs(layer),
    }


def _add_table(layer: Layer) -> Counts:
    return {"element": math.prod(layer.output), "clamp": clamped_outputs(layer)}


def _pool_simd(layer: Layer) -> Counts:
    channels = layer.output[3]
    pixels = math.prod(layer.output[:3])
    taps = taps_inside(layer)
    return {
        "place": taps,
        "tap word": taps * (channels // 4),
        "word": pixels * (channels // 4),
        "tap byte": taps * (channels % 4),
        "byte": pixels * (channels % 4),
        "pixel": pixels,
        "clamp": clamped_outputs(layer),
    }


PACKED_FEATURES: dict[str, Callable[[Layer], Counts]] = {
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
