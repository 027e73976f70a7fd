"""Average and maximum pooling of int8, each by a portable and a fast kernel.

Padding is not counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from host_tools.kernels.card import Array, Card, Packing, Rates, by_keyword, fields
from host_tools.kernels.layer import Counts, Layer, clamped_outputs, taps_inside
from host_tools.kernels.slides import slide_by_pixels
from host_tools.kernels.steps import pool_simd_steps, pool_steps
from host_tools.kernels.windows import windows


def average_pool(
    input: npt.NDArray[np.int8],
    *,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    pad_top: int,
    pad_left: int,
    act_min: int,
    act_max: int,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.int8]:
    """Means of NHWC int8 `input`, rounded with halves away from zero, as int8 `output_shape`."""

    def window_sums(image: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        view = windows(
            image,
            0,
            kernel=(kernel_h, kernel_w),
            stride=(stride_h, stride_w),
            dilation=(1, 1),
            pad=(pad_top, pad_left),
            output=(output_shape[1], output_shape[2]),
        )
        return view.sum(axis=(3, 4), dtype=np.int64)

    sums = window_sums(input.astype(np.int64))
    count = window_sums(np.ones((1, *input.shape[1:3], 1), dtype=np.int64))
    means = np.sign(sums) * ((np.abs(sums) + count // 2) // count)
    return np.clip(means, act_min, act_max).astype(np.int8)


def max_pool(
    input: npt.NDArray[np.int8],
    *,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    pad_top: int,
    pad_left: int,
    act_min: int,
    act_max: int,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.int8]:
    """The largest values of NHWC int8 `input` in each window, as int8 `output_shape`."""
    view = windows(
        input,
        -128,
        kernel=(kernel_h, kernel_w),
        stride=(stride_h, stride_w),
        dilation=(1, 1),
        pad=(pad_top, pad_left),
        output=(output_shape[1], output_shape[2]),
    )
    return np.clip(view.max(axis=(3, 4)), act_min, act_max).astype(np.int8)


PARAMS = fields("kernel_h kernel_w stride_h stride_w pad_top pad_left act_min act_max")


def _counts(layer: Layer) -> Counts:
    taps = taps_inside(layer)
    return {
        "tap": taps * layer.output[3],
        "place": taps,
        "output": math.prod(layer.output),
        "pixel": math.prod(layer.output[:3]),
    }


def _simd_counts(layer: Layer) -> Counts:
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


def _simd(
    name: str, number: int, rates: Rates, portable: str, function: Callable[..., Array]
) -> Card:
    return Card(
        *(name, number, PARAMS),
        pictures=True,
        compute=by_keyword(function),
        counts=_simd_counts,
        steps=pool_simd_steps,
        rates=rates,
        slide=slide_by_pixels,
        packs={portable: Packing()},
    )


CARDS = (
    Card(
        *("average_pool_s8", 4, PARAMS),
        pictures=True,
        compute=by_keyword(average_pool),
        counts=_counts,
        steps=pool_steps,
        # an int32 a channel, as documented for CMSIS-NN's get_buffer_size function
        scratch=lambda layer: 4 * layer.inputs[0][3],
        rates=(25, 58, 77, 139),
    ),
    Card(
        *("max_pool_s8", 5, PARAMS),
        pictures=True,
        compute=by_keyword(max_pool),
        counts=_counts,
        steps=pool_steps,
        rates=(29, 19, 108, 141),
    ),
    _simd("max_pool_simd_s8", 36, (11, 21, 83, 95), "max_pool_s8", max_pool),
    _simd("average_pool_simd_s8", 37, (9, 36, 77, 128), "average_pool_s8", average_pool),
)
