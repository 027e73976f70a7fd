"""Grows small networks layer by layer, for tests of plans."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from tflite_builder import ModelBuilder

from host_tools.graph import Graph

ZERO_POINT = -3
STEP = 100  # of a bias: one of the output


class Chain:
    """A chain of layers. A dead channel has weights of 0, so its bias is all it gives.

    `dead` maps a channel to how far from the zero point its value lies.
    """

    def __init__(self, side: int = 6, channels: int = 3, batch: int = 1, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.builder = ModelBuilder()
        self.input = self.last = self.tensor([batch, side, side, channels])

    def tensor(self, shape: list[int]) -> int:
        return self.builder.tensor(shape, scale=0.05, zero_point=ZERO_POINT)

    def shape(self, tensor: int | None = None) -> list[int]:
        return list(self.builder.graph.tensors[self.last if tensor is None else tensor].shape)

    def conv(
        self,
        units: int,
        kernel: int = 1,
        dead: Mapping[int, int] | None = None,
        *,
        source: int | None = None,
        depthwise: bool = False,
        padding: str = "SAME",
        stride: int = 1,
        dilation: int = 1,
        fused: str = "NONE",
    ) -> Chain:
        """A convolution from `source` or the last layer; with `depthwise` each channel alone.

        A depthwise one may have as many `units` as its input channels, or a multiple of them.
        """
        source = self.last if source is None else source
        batch, height, width, channels = self.shape(source)
        shape = [1, kernel, kernel, units] if depthwise else [units, kernel, kernel, channels]
        weights = self.rng.integers(-90, 91, shape)
        bias = self.rng.integers(-2000, 2001, units)
        for channel, value in (dead or {}).items():
            weights[(..., channel) if depthwise else channel] = 0
            bias[channel] = STEP * value
        sides = [
            -(-size // stride)
            if padding == "SAME"
            else (size - (kernel - 1) * dilation - 1) // stride + 1
            for size in (height, width)
        ]
        scales = [1 / STEP] * units
        inputs = [
            source,
            self.builder.tensor(shape, scale=scales, axis=3 if depthwise else 0, data=weights),
            self.builder.tensor([units], "int32", scale=0.05 / STEP, data=bias),
        ]
        self.last = self.tensor([batch, *sides, units])
        options = {"depth_multiplier": units // channels} if depthwise else {}
        self.builder.operator(
            "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
            inputs,
            [self.last],
            padding=padding,
            stride_h=stride,
            stride_w=stride,
            dilation_h_factor=dilation,
            dilation_w_factor=dilation,
            fused_activation_function=fused,
            **options,
        )
        return self

    def depthwise(self, dead: Mapping[int, int] | None = None, **options: object) -> Chain:
        return self.conv(self.shape()[3], 3, dead, depthwise=True, **options)

    def pool(self, kind: str, window: int, fused: str = "NONE") -> Chain:
        batch, height, width, channels = self.shape()
        source = self.last
        self.last = self.tensor([batch, height // window, width // window, channels])
        sides = dict.fromkeys(("filter_height", "filter_width", "stride_h", "stride_w"), window)
        self.builder.operator(
            kind, [source], [self.last], padding="VALID", fused_activation_function=fused, **sides
        )
        return self

    def reshape(self, flat: list[int] | None = None) -> Chain:
        """To `flat`, or to all but the batch in one dimension."""
        shape = self.shape()
        flat = flat or [shape[0], int(np.prod(shape[1:]))]
        source, self.last = self.last, self.tensor(flat)
        self.builder.operator(
            "RESHAPE", [source, self.builder.constant(flat)], [self.last], new_shape=flat
        )
        return self

    def fully_connected(self, units: int) -> Chain:
        shape = self.shape()
        depth = int(np.prod(shape[1:]))
        weights = self.rng.integers(-90, 91, [units, depth])
        inputs = [
            self.last,
            self.builder.tensor([units, depth], scale=1 / STEP, data=weights),
            self.builder.tensor(
                [units], "int32", scale=0.05 / STEP, data=self.rng.integers(-99, 99, units)
            ),
        ]
        self.last = self.tensor([shape[0], units])
        self.builder.operator(
            "FULLY_CONNECTED",
            inputs,
            [self.last],
            fused_activation_function="NONE",
            weights_format="DEFAULT",
            keep_num_dims=False,
        )
        return self

    def add(self, other: int) -> Chain:
        inputs, self.last = [self.last, other], self.tensor(self.shape())
        self.builder.operator("ADD", inputs, [self.last], fused_activation_function="NONE")
        return self

    def build(self, *outputs: int) -> tuple[bytes, Graph]:
        return self.builder.build([self.input], outputs or [self.last]), self.builder.graph
