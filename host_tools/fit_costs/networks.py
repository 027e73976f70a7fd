"""Networks whose operators are measured: which layers, of which shapes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from host_tools.fit_costs.recurrent import recurrent_networks
from host_tools.fit_costs.side_by_side import (
    MOST_BYTES,
    Layer,
    Network,
    output_shape,
    side_by_side,
)
from host_tools.kernels import KERNELS

MOST_LAYERS = 12
MOST_MACS = 1_200_000
MOST_OTHERS = 10_000  # elements of the input of what runs without packed kernels


def networks() -> Iterator[Network]:
    """The same networks on every run."""
    yield from recurrent_networks(np.random.default_rng(4))
    rng = np.random.default_rng(3)
    portable = tuple(kernel for card in KERNELS.values() for kernel in card.packs)
    for shape in _CONV_INPUTS:
        layers = [_random_conv(rng, shape) for _ in range(MOST_LAYERS)]
        yield from side_by_side(rng, shape, layers, ("conv_packed_s8",))
        small = [layer for layer in layers if _macs(shape, layer) < MOST_MACS // 12]
        yield from side_by_side(rng, shape, small, portable)
    for shape in _WINOGRAD_INPUTS:
        layers = [_random_3x3(rng, shape) for _ in range(MOST_LAYERS)]
        for tile in (2, 4):
            yield from side_by_side(rng, shape, layers, (f"winograd_f{tile}_s8",))
    for shape in _DEPTHWISE_INPUTS:
        layers = [
            _window("DEPTHWISE_CONV_2D", 3, 3, stride, padding, shape[3], relu)
            for stride in (1, 2)
            for padding in ("SAME", "VALID")
            for relu in (False, True)
        ]
        yield from side_by_side(rng, shape, layers, ("depthwise_3x3_s8",))
        wide = [_random_depthwise(rng, shape) for _ in range(MOST_LAYERS // 2)]
        for some in (layers, wide):
            yield from side_by_side(rng, shape, some, ("depthwise_packed_s8",))
        wide = [_window("DEPTHWISE_CONV_2D", 5, 3, 1, "SAME", shape[3], False)]
        yield from side_by_side(rng, shape, layers[::2] + wide, portable)
        pools = [
            _window(kind, side, side, stride, "SAME", 0, relu)
            for kind in ("MAX_POOL_2D", "AVERAGE_POOL_2D")
            for side, stride, relu in ((2, 2, False), (3, 2, True), (3, 1, False))
        ]
        pools.append(_window("AVERAGE_POOL_2D", shape[1], shape[2], 1, "VALID", 0, False))
        yield from side_by_side(rng, shape, pools, ("max_pool_simd_s8", "average_pool_simd_s8"))
        yield from side_by_side(rng, shape, pools, portable)
        flat = [_add(relu) for relu in (False, True)]
        yield from side_by_side(rng, shape, flat, ("add_table_s8",))
        yield from side_by_side(rng, shape, flat, portable)
        if math.prod(shape) < MOST_OTHERS:
            yield from side_by_side(rng, shape, _others(shape), ())
            yield from side_by_side(rng, shape, _pairs(shape), ())
    for shape in _FEW_PIXELS:
        layers = [
            _window("CONV_2D", side, side, 1, "SAME", units, False)
            for side in (1, 2)
            for units in (1, 2, 7, 16)
        ]
        for force in (("conv_packed_s8",), ("conv_s8",)):
            yield from side_by_side(rng, shape, layers, force)
    for rows, depth in (
        *((1, 8), (1, 30), (1, 64), (1, 128), (1, 250), (1, 640)),
        *((2, 16), (3, 40), (5, 127)),
    ):
        layers = [
            Layer("FULLY_CONNECTED", units, (relu, per_channel, wide), {})
            for wide in (False, True)
            for units in (1, 2, 3, 8, 12, 33, 128)
            for relu, per_channel in ((False, False), (True, True))
        ]
        narrow, wide = layers[:14], layers[14:]
        yield from side_by_side(rng, (rows, depth), narrow, ("fully_connected_packed_s8",))
        yield from side_by_side(rng, (rows, depth), narrow[:10], portable)
        # where the packed kernel does not hold it
        yield from side_by_side(rng, (rows, depth), wide, ("fully_connected_general_s8",))
        scores = [Layer("SOFTMAX", 0, (), {"beta": 1.0})]
        yield from side_by_side(rng, (rows, depth), scores, ())
    for shape in _DILATED_INPUTS:
        layers = [_random_dilated(rng, shape, "CONV_2D") for _ in range(MOST_LAYERS)]
        yield from side_by_side(rng, shape, layers, ("conv_general_s8",))
        layers = [_random_dilated(rng, shape, "DEPTHWISE_CONV_2D") for _ in range(MOST_LAYERS)]
        yield from side_by_side(rng, shape, layers, ("depthwise_dilated_s8",))
    for shape in _WINOGRAD_5X5_INPUTS:
        layers = [
            _window("CONV_2D", 5, 5, 1, padding, units, relu)
            for padding in ("SAME", "VALID")[: 1 if shape[1] < 5 else 2]
            for units, relu in ((2, False), (3, True), (16, False), (33, True), (64, False))
        ]
        small = [layer for layer in layers if _macs(shape, layer) <= 6 * MOST_MACS]
        yield from side_by_side(rng, shape, small, ("winograd_f45_s8",))


# batch, height, width, channels
_CONV_INPUTS = (
    (1, 32, 32, 3),
    (1, 16, 16, 16),
    (1, 8, 8, 64),
    (1, 25, 5, 64),
    (1, 12, 12, 48),
    (1, 7, 9, 5),
    (1, 49, 10, 1),
    (1, 24, 24, 8),
    (1, 6, 6, 128),
    (1, 3, 3, 256),
    (2, 10, 11, 6),
    (1, 16, 16, 32),
)
_FEW_PIXELS = ((1, 1, 2, 16), (1, 3, 3, 2), (1, 1, 3, 64), (1, 1, 1, 32))
_WINOGRAD_INPUTS = (
    (1, 32, 32, 16),
    (1, 16, 16, 32),
    (1, 8, 8, 64),
    (1, 12, 12, 48),
    (1, 10, 14, 8),
    (1, 7, 7, 4),
    (2, 9, 6, 24),
    (1, 4, 4, 128),
)
_WINOGRAD_5X5_INPUTS = (
    (1, 32, 32, 8),
    (1, 16, 16, 32),
    (1, 8, 8, 64),
    (1, 14, 12, 16),
    (1, 10, 28, 4),
    (1, 7, 7, 4),
    (2, 9, 6, 24),
    (1, 4, 4, 128),
)
_DEPTHWISE_INPUTS = (
    (1, 48, 48, 8),
    (1, 24, 24, 16),
    (1, 12, 12, 32),
    (1, 6, 6, 64),
    (1, 3, 3, 128),
    (1, 25, 5, 64),
    (2, 9, 7, 6),
)
_DILATED_INPUTS = ((1, 16, 16, 16), (1, 1, 98, 24), (1, 9, 7, 6), (2, 6, 6, 32))


def _window(
    kind: str, height: int, width: int, stride: int, padding: str, size: int, relu: bool
) -> Layer:
    options = {
        "stride_h": stride,
        "stride_w": stride,
        "padding": padding,
        "fused_activation_function": "RELU" if relu else "NONE",
    }
    if "POOL" in kind:
        options |= {"filter_height": height, "filter_width": width}
    else:
        options |= {"dilation_h_factor": 1, "dilation_w_factor": 1, "depth_multiplier": 1}
    return Layer(kind, size, (height, width), options)


def _random_conv(rng: np.random.Generator, shape: Sequence[int]) -> Layer:
    while True:
        height, width = [(1, 1), (1, 1), (3, 3), (3, 3), (5, 5), (10, 4), (1, 3), (2, 2)][
            rng.integers(8)
        ]
        stride = int(rng.choice([1, 1, 2]))
        padding = "VALID" if rng.random() < 0.3 else "SAME"
        units = int(rng.choice([2, 4, 7, 8, 12, 16, 24, 32, 64, 128]))
        layer = _window("CONV_2D", height, width, stride, padding, units, rng.random() < 0.2)
        if height <= shape[1] and width <= shape[2] and _macs(shape, layer) <= MOST_MACS:
            return layer


def _random_depthwise(rng: np.random.Generator, shape: Sequence[int]) -> Layer:
    windows = [(3, 3), (5, 5), (10, 4), (1, 3), (5, 1), (10, 1), (2, 2), (7, 7), (3, 5)]
    while True:
        height, width = windows[rng.integers(len(windows))]
        stride = int(rng.choice([1, 1, 2, 3]))
        padding = "VALID" if rng.random() < 0.3 else "SAME"
        factor = int(rng.choice([1, 1, 1, 2, 3]))
        units, relu = factor * shape[3], rng.random() < 0.2
        layer = _window("DEPTHWISE_CONV_2D", height, width, stride, padding, units, relu)
        layer.options["depth_multiplier"] = factor
        elements = math.prod(output_shape(shape, layer))
        small = elements * height * width <= MOST_MACS and 3 * elements <= MOST_BYTES
        if height <= shape[1] and width <= shape[2] and small:
            return layer


def _random_dilated(rng: np.random.Generator, shape: Sequence[int], kind: str) -> Layer:
    while True:
        height, width = [(3, 3), (3, 3), (1, 3), (5, 2)][rng.integers(4)]
        depthwise = kind != "CONV_2D"
        units = shape[3] if depthwise else int(rng.choice([1, 2, 7, 12, 16, 32]))
        stride, relu = int(rng.choice([1, 1, 2])), rng.random() < 0.2
        layer = _window(kind, height, width, stride, "SAME", units, relu)
        for axis in "hw":
            layer.options[f"dilation_{axis}_factor"] = int(rng.integers(2, 5))
        if depthwise or _macs(shape, layer) <= MOST_MACS:
            return layer


def _random_3x3(rng: np.random.Generator, shape: Sequence[int]) -> Layer:
    while True:
        padding = "VALID" if rng.random() < 0.3 else "SAME"
        units = int(rng.choice([2, 3, 4, 8, 9, 16, 32, 64]))
        layer = _window("CONV_2D", 3, 3, 1, padding, units, rng.random() < 0.2)
        if _macs(shape, layer) <= 3 * MOST_MACS:
            return layer


def _add(relu: bool) -> Layer:
    return Layer("ADD", 0, (), {"fused_activation_function": "RELU" if relu else "NONE"})


def _others(shape: Sequence[int]) -> list[Layer]:
    """What no packed kernel replaces."""
    none = {"fused_activation_function": "NONE"}
    resize = {"align_corners": False, "half_pixel_centers": True}
    return [
        Layer("LOGISTIC", 0, (), {}),
        Layer("MUL", 0, (), none),
        Layer("TRANSPOSE", 0, ([0, 2, 1, 3],), {}),
        Layer("TRANSPOSE", 0, ([0, 3, 1, 2],), {}),
        Layer("PAD", 0, ([[0, 0], [1, 1], [1, 1], [0, 0]],), {}),
        Layer("MEAN", 0, ([1, 2],), {"keep_dims": False}),
        Layer("REDUCE_MAX", 0, ([1, 2],), {"keep_dims": False}),
        Layer("REDUCE_MIN", 0, ([1, 2],), {"keep_dims": False}),
        Layer("RESIZE_NEAREST_NEIGHBOR", 0, ([2 * shape[1], 2 * shape[2]],), resize),
        Layer("DEQUANTIZE", 0, (), {}),
        Layer("QUANTIZE", 0, (), {}),
    ]


def _pairs(shape: Sequence[int]) -> list[Layer]:
    """Of two tensors, one a constant; and what would make the others too many outputs."""
    none = {"fused_activation_function": "NONE"}
    resize = {"align_corners": False, "half_pixel_centers": True}
    # a constant of each channel makes lines (channel_lines_s8)
    column = (shape[2], 1)
    return [
        Layer("ADD", 0, column, none),
        Layer("SUB", 0, column, none),
        Layer("MUL", 0, column, none),
        Layer("PRELU", 0, column, {}),
        Layer("PRELU", 0, (shape[3],), {}),
        Layer("ADD", 0, (shape[3],), none),
        Layer("ADD", 0, (shape[1], 1, shape[3]), none),
        Layer("SUB", 0, (shape[1], 1, shape[3]), none),
        Layer("SQUARED_DIFFERENCE", 0, column, {}),
        Layer("MAXIMUM", 0, tuple(shape), {}),
        Layer("MINIMUM", 0, tuple(shape), {}),
        Layer("RESIZE_BILINEAR", 0, ([2 * shape[1], 2 * shape[2]],), resize),
        # again, because few shapes have the pixels that lines need
        Layer("PRELU", 0, (shape[3],), {}),
    ]


def _macs(shape: Sequence[int], layer: Layer) -> int:
    height, width = output_shape(shape, layer)[1:3]
    window = layer.kernel[0] * layer.kernel[1]
    return shape[0] * height * width * window * shape[3] * layer.size
