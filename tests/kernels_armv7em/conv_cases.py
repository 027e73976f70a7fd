"""Convolutions as cases: the same layer given to the numpy reference and to a packed kernel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from host_tools.kernels.conv import conv
from host_tools.kernels.depthwise_conv import depthwise_conv


@dataclass
class Layer:
    """A convolution with SAME or VALID padding; a depthwise one may have a multiplier."""

    input_shape: tuple[int, int, int, int]
    output_c: int
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    same: bool = True
    act: tuple[int, int] = (-128, 127)
    depthwise: bool = False
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1

    @property
    def depth(self) -> int:
        """Input channels that an output channel reads."""
        return 1 if self.depthwise else self.input_shape[3] // self.groups

    def geometry(self) -> tuple[int, int, int, int]:
        """(output height, output width, rows of padding above, columns to the left)"""
        found = []
        for size, kernel, stride, dilation in zip(
            self.input_shape[1:3], self.kernel, self.stride, self.dilation, strict=True
        ):
            reach = (kernel - 1) * dilation + 1
            if self.same:
                output = -(-size // stride)
                found.append((output, max((output - 1) * stride + reach - size, 0) // 2))
            else:
                found.append(((size - reach) // stride + 1, 0))
        return found[0][0], found[1][0], found[0][1], found[1][1]

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        height, width, _, _ = self.geometry()
        return self.input_shape[0], height, width, self.output_c

    @property
    def macs(self) -> int:
        height, width, _, _ = self.geometry()
        pixels = self.input_shape[0] * height * width * self.output_c
        return pixels * self.kernel[0] * self.kernel[1] * self.depth

    def params(self, input_offset: int, output_offset: int) -> list[int]:
        """The fields of ink_packed_conv_t."""
        height, width, top, left = self.geometry()
        return [
            *self.input_shape,
            *(height, width, self.output_c),
            *self.kernel,
            *self.stride,
            *(top, left, -input_offset, output_offset),
            *self.act,
            *self.dilation,
            self.groups,
        ]


@dataclass
class Numbers:
    """Weights [output channels, kernel_h, kernel_w, depth] and what goes with them."""

    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int32]
    multiplier: npt.NDArray[np.int32]
    shift: npt.NDArray[np.int32]
    input_offset: int
    output_offset: int
    input: npt.NDArray[np.int8]


def random_numbers(layer: Layer, rng: np.random.Generator, *, spread: int = 127) -> Numbers:
    """Weights within +-`spread`, and multipliers that spread the results over int8."""
    units, depth = layer.output_c, layer.depth
    weights = rng.integers(-spread, spread + 1, (units, *layer.kernel, depth), dtype=np.int8)
    taps = layer.kernel[0] * layer.kernel[1] * depth
    typical = np.sqrt(taps) * 74 * spread / np.sqrt(3)
    shift = -np.round(np.log2(typical / 40) + rng.uniform(-0.5, 0.5, units)).astype(np.int32)
    return Numbers(
        weights=weights,
        bias=rng.integers(-int(typical), int(typical) + 1, units, dtype=np.int32),
        multiplier=rng.integers(1 << 30, (1 << 31) - 1, units, dtype=np.int64).astype(np.int32),
        shift=np.minimum(shift, -1),
        input_offset=int(rng.integers(-127, 129)),
        output_offset=int(rng.integers(-128, 128)),
        input=rng.integers(-128, 128, layer.input_shape, dtype=np.int8),
    )


def constant_numbers(layer: Layer, *, weight: int, value: int, zero_point: int) -> Numbers:
    """All weights, all inputs and both zero points the same; the rest as random_numbers has it."""
    numbers = random_numbers(layer, np.random.default_rng(3))
    return replace(
        numbers,
        weights=np.full_like(numbers.weights, weight),
        input=np.full_like(numbers.input, value),
        input_offset=-zero_point,
        output_offset=zero_point,
    )


def numbers_shifted_left(
    layer: Layer, rng: np.random.Generator, *, most: int
) -> Iterator[Numbers]:
    """Some channels, or all, have shifts to the left; sums are small, or near +-`most`."""
    units, taps = layer.output_c, layer.kernel[0] * layer.kernel[1] * layer.depth
    room = most - 1 - 384 * taps
    for shift in (0, 1, 2, 8, 20, 31):
        for offset in (-128, 0, 127):
            for share in (0.3, 1.0):
                numbers = replace(random_numbers(layer, rng), output_offset=offset)
                left = rng.random(units) < share
                left[rng.integers(units)] = True
                numbers.weights[left] = rng.integers(-1, 2, numbers.weights[left].shape)
                numbers.shift[left] = shift
                numbers.bias[left] = rng.integers(-100, 100, left.sum())
                far = left & (rng.random(units) < 0.5)
                numbers.bias[far] = rng.choice([-1, 1], far.sum()) * (
                    room - rng.integers(0, 100, far.sum())
                )
                numbers.multiplier[rng.random(units) < 0.5] = (1 << 31) - 1
                numbers.multiplier[rng.random(units) < 0.2] = 1 << 30
                yield numbers


def expected(layer: Layer, numbers: Numbers) -> npt.NDArray[np.int8]:
    """What the numpy reference gives."""
    _, _, top, left = layer.geometry()
    kernel, weights = conv, numbers.weights
    if layer.depthwise:
        kernel, weights = depthwise_conv, weights[..., 0].transpose(1, 2, 0)
    return kernel(
        numbers.input,
        weights,
        numbers.bias,
        numbers.multiplier,
        numbers.shift,
        kernel_h=layer.kernel[0],
        kernel_w=layer.kernel[1],
        stride_h=layer.stride[0],
        stride_w=layer.stride[1],
        dilation_h=layer.dilation[0],
        dilation_w=layer.dilation[1],
        pad_top=top,
        pad_left=left,
        channel_factor=(
            layer.output_c // layer.input_shape[3] if layer.depthwise else layer.groups
        ),
        input_offset=numbers.input_offset,
        output_offset=numbers.output_offset,
        act_min=layer.act[0],
        act_max=layer.act[1],
        output_shape=layer.output_shape,
    )
