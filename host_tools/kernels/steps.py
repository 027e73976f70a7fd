"""Steps and rows of kernels: what their work is counted from, as docs/blob-format.md says.

The same in C: what `verify` of firmware_module/runtime/operators sets.
"""

from __future__ import annotations

import math

from host_tools.kernels.layer import Layer, divide_up

_LOOKS = 16  # windows along an axis that tell for all


def rows_of(layer: Layer) -> int:
    """Rows of the output."""
    return math.prod(layer.output) // (layer.output or (1,))[-1]


def rows_of_units(layer: Layer) -> int:
    """Rows of the input, as of fully connected layers."""
    return math.prod(layer.output) // max(1, layer.params["units"])


def elements_in(layer: Layer) -> int:
    """Elements of input 0."""
    return math.prod(layer.inputs[0])


def pixels_in(layer: Layer) -> int:
    """Elements of input 0 for each of its last dimension."""
    shape = layer.inputs[0] or (1,)
    return math.prod(shape) // shape[-1]


def _inside(layer: Layer, axis: str) -> int:
    """Taps along an axis that lie in the input, of all windows; some windows tell."""
    place, pad = {"h": (1, "pad_top"), "w": (2, "pad_left")}[axis]
    size, count, params = layer.inputs[0][place], layer.output[place], layer.params
    stride, dilation = params[f"stride_{axis}"], params.get(f"dilation_{axis}", 1)
    found = 0
    for look in range(_LOOKS):
        start = (2 * look + 1) * count // (2 * _LOOKS) * stride - params[pad]
        first = divide_up(max(0, -start), dilation)
        end = min(divide_up(size - start, dilation), params[f"kernel_{axis}"])
        found += max(0, end - first)
    return found * count // _LOOKS


def taps(layer: Layer) -> int:
    """Of all windows, that lie in the input."""
    return layer.inputs[0][0] * _inside(layer, "h") * _inside(layer, "w")


def conv_steps(layer: Layer) -> int:
    params = layer.params
    groups = max(1, params["channel_factor"])
    depth, channels = layer.inputs[0][3] // groups, layer.output[3]
    places = taps(layer)
    # taps side by side begin once
    joined = groups == 1 and params["dilation_w"] == 1
    runs = places // min(params["kernel_w"], layer.inputs[0][2]) if joined else places
    # what four of a group leave takes as long as three each
    uneven = 2 * groups * (channels // groups % 4)
    return int((places * depth + 3 * runs) * (channels + uneven))


def depthwise_steps(layer: Layer) -> int:
    return taps(layer) * 4 * layer.output[3]


def pool_steps(layer: Layer) -> int:
    return taps(layer) * layer.output[3]


def pool_simd_steps(layer: Layer) -> int:
    # what four channels leave takes as long as five each
    return taps(layer) * (layer.output[3] + layer.output[3] % 4 * 4)


def depthwise_packed_steps(layer: Layer) -> int:
    depth = layer.inputs[0][3]
    return taps(layer) * divide_up(depth, 4) * (layer.output[3] // max(1, depth)) * 4


def depthwise_3x3_steps(layer: Layer) -> int:
    batch, height, width, channels = layer.output
    return batch * (channels + 1) * (height + 1) * (width + 2)


def packed_steps(pixels: int, units: int, taps: int) -> int:
    """Of panels of four pixels, pairs of units and groups of four taps, with what each begins."""
    return pixels * ((units + 3) // 2 * 2) * (divide_up(taps, 4) + 2)


def conv_packed_steps(layer: Layer) -> int:
    window = layer.params["kernel_h"] * layer.params["kernel_w"]
    return packed_steps(rows_of(layer) + 1, layer.output[3], window * layer.inputs[0][3])


def conv_packed_rows(layer: Layer) -> int:
    return int((rows_of(layer) + 1) * layer.params["kernel_h"])


def conv_general_steps(layer: Layer) -> int:
    groups, params = max(1, layer.params["groups"]), layer.params
    taps = params["kernel_h"] * params["kernel_w"] * (layer.inputs[0][3] // groups)
    return packed_steps((rows_of(layer) + 1) * groups, layer.output[3] // groups, taps)


def conv_general_rows(layer: Layer) -> int:
    params = layer.params
    return int(
        (rows_of(layer) + 1) * max(1, params["groups"]) * params["kernel_h"] * params["kernel_w"]
    )


def dense_general_steps(layer: Layer) -> int:
    return packed_steps(rows_of_units(layer) + 1, layer.params["units"], layer.params["depth"])


def tiles(layer: Layer, height: int, width: int) -> int:
    """Of so many outputs."""
    batch, rows, columns, _ = layer.output
    return batch * divide_up(rows, height) * divide_up(columns, width)


def winograd_steps(layer: Layer, height: int, width: int, summed: int) -> int:
    """Of tiles four by four, those of one row picture by picture; `summed` inputs for each
    position and output channel."""
    apart = layer.output[0] if height == 1 else 1
    fours = apart * divide_up(tiles(layer, height, width) // apart, 4)
    units = (layer.output[3] + 3) // 2 * 2
    return fours * units * (4 * divide_up(summed, 16) + 2)


def winograd_rows(layer: Layer, height: int, width: int) -> int:
    """Channels of tiles' inputs."""
    return tiles(layer, height, width) * layer.inputs[0][3]


def matmul_steps(layer: Layer) -> int:
    columns = layer.output[-1]
    # what four columns leave takes as long as three each
    return rows_of(layer) * (columns + 2 * (columns % 4)) * layer.inputs[0][-1]


def copy_steps(layer: Layer) -> int:
    params = layer.params
    size, elements = params["element_size"], math.prod(params["count"])
    rows = elements // params["count"][-1]
    filled = math.prod(layer.output) // 5 if params["fill"] else 0
    if params["input_stride"][-1] == params["output_stride"][-1] == 1:
        places = params["count"][-1] | params["input_start"] | params["output_start"]
        for axis in range(5):
            if params["count"][axis] > 1:
                places |= params["input_stride"][axis] | params["output_stride"][axis]
        each = 1 if places * size % 4 == 0 else 5
        return int(filled + (elements * size // 16 + 6 * rows) * each)
    return int(filled + (elements * size // 8 + rows) * 12)


def copy_rows(layer: Layer) -> int:
    return math.prod(layer.params["count"][:4])


def broadcast_rows(layer: Layer) -> int:
    """Rows that are walked: one is as long as both inputs go on in the same way."""
    length, way = 1, None
    for place, size in enumerate(reversed(layer.output)):
        if size == 1:
            continue
        here = tuple(place < len(shape) and shape[-1 - place] > 1 for shape in layer.inputs)
        if way not in (None, here):
            break
        way, length = here, length * size
    return math.prod(layer.output) // length


def reduce_rows(layer: Layer) -> int:
    """Of values that are walked together, all along dimensions that go or stay."""
    row, last = 1, None
    for axis, size in enumerate(layer.inputs[0]):
        if size > 1:
            goes = layer.params["axes"] >> axis & 1
            row, last = (row if goes == last else 1) * size, goes
    return math.prod(layer.inputs[0]) // row


def mean_rows(layer: Layer) -> int:
    """Of values along the last dimension that is averaged."""
    row = 1
    for axis, size in enumerate(layer.inputs[0]):
        row = size if layer.params["axes"] >> axis & 1 else row
    return math.prod(layer.inputs[0]) // row
