"""Networks of published measurements whose weights are not published: ours are random.

What a kernel costs depends on shapes, hardly on weights.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from host_tools.graph import Graph, Operator, Quantization, Tensor

# of a block: how many times wider it gets inside, its output's channels, how many, first stride
_MOBILENET_V2 = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_INPUT_SCALE, _SCALE, _WEIGHT_SCALE = 1 / 128, 6 / 255, 0.01


def mobilenet_v2(width: float, resolution: int, classes: int, last: int) -> Graph:
    """MobileNetV2 (arXiv 1801.04381, Table 2) of int8, `last` channels before the classifier.

    Channels are rounded to multiples of 8 as MobileNet's authors do.
    """
    net = _Builder(f"mobilenet_v2_{width:g}_{resolution}")
    tensor = net.activation((1, resolution, resolution, 3), _INPUT_SCALE, 0)
    first = tensor
    tensor = net.conv(tensor, _channels(32 * width), 3, 2)
    for factor, channels, count, stride in _MOBILENET_V2:
        for number in range(count):
            before = tensor
            inside = net.tensors[tensor].shape[3] * factor
            if factor > 1:
                tensor = net.conv(tensor, inside, 1, 1)
            tensor = net.conv(tensor, inside, 3, stride if number == 0 else 1, depthwise=True)
            tensor = net.conv(tensor, _channels(channels * width), 1, 1, relu=False)
            if number > 0:
                tensor = net.add(before, tensor)
    tensor = net.conv(tensor, last, 1, 1)
    size = net.tensors[tensor].shape[1]
    tensor = net.average_pool(tensor, size)
    tensor = net.conv(tensor, classes, 1, 1, relu=False)
    return Graph(net.name, net.tensors, net.operators, (first,), (tensor,))


def _channels(wanted: float) -> int:
    """The multiple of 8 that is next, at least 8 and at least nine tenths of what is wanted."""
    nearest = max(8, int(wanted + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * wanted else nearest


class _Builder:
    def __init__(self, name: str) -> None:
        self.name = name
        self.tensors: list[Tensor] = []
        self.operators: list[Operator] = []
        self._rng = np.random.default_rng(0)

    def activation(self, shape: tuple[int, ...], scale: float = _SCALE, zero: int = -128) -> int:
        return self._tensor(shape, "int8", np.array([scale], np.float32), zero)

    def conv(
        self,
        source: int,
        units: int,
        side: int,
        stride: int,
        *,
        depthwise: bool = False,
        relu: bool = True,
    ) -> int:
        """A convolution with padding SAME and RELU6."""
        before = self.tensors[source]
        _, height, width, depth = before.shape
        kernel = (1, side, side, units) if depthwise else (units, side, side, depth)
        scales = np.full(units, _WEIGHT_SCALE, np.float32)
        values = self._rng.integers(-30, 31, kernel).astype(np.int8)
        weights = self._tensor(kernel, "int8", scales, 0, values, axis=3 if depthwise else 0)
        assert before.quantization is not None
        bias_scales = scales * before.quantization.scale
        zeros = np.zeros(units, np.int32)
        bias = self._tensor((units,), "int32", bias_scales, 0, zeros)
        output = self.activation((1, -(-height // stride), -(-width // stride), units))
        options = {
            "padding": "SAME",
            "stride_h": stride,
            "stride_w": stride,
            "dilation_h_factor": 1,
            "dilation_w_factor": 1,
            "fused_activation_function": "RELU6" if relu else "NONE",
        }
        if depthwise:
            options["depth_multiplier"] = 1
        kind = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
        return self._operator(kind, (source, weights, bias), output, options)

    def add(self, left: int, right: int) -> int:
        options = {"fused_activation_function": "NONE"}
        output = self.activation(self.tensors[left].shape)
        return self._operator("ADD", (left, right), output, options)

    def average_pool(self, source: int, side: int) -> int:
        options = {
            "padding": "VALID",
            "stride_h": side,
            "stride_w": side,
            "filter_height": side,
            "filter_width": side,
            "fused_activation_function": "NONE",
        }
        output = self.activation((1, 1, 1, self.tensors[source].shape[3]))
        return self._operator("AVERAGE_POOL_2D", (source,), output, options)

    def _operator(
        self, kind: str, inputs: tuple[int, ...], output: int, options: Mapping[str, object]
    ) -> int:
        self.operators.append(
            Operator(len(self.operators), kind, 1, inputs, (output,), dict(options))
        )
        return output

    def _tensor(
        self,
        shape: tuple[int, ...],
        dtype: str,
        scales: np.ndarray,
        zero: int,
        data: np.ndarray | None = None,
        axis: int = 0,
    ) -> int:
        quantization = Quantization(scales, np.full(len(scales), zero, np.int64), axis)
        index = len(self.tensors)
        self.tensors.append(Tensor(index, f"t{index}", shape, dtype, quantization, data))
        return index
