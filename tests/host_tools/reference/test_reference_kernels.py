"""The numpy kernels against loops that say the same in plain words."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from host_tools.arithmetic import multiply_by_quantized_multiplier, wrap_int32
from host_tools.kernels.conv import conv
from host_tools.kernels.copy import copy
from host_tools.kernels.depthwise_conv import depthwise_conv
from host_tools.kernels.fully_connected import fully_connected
from host_tools.kernels.pool import average_pool, max_pool
from host_tools.kernels.quantize import quantize
from host_tools.kernels.softmax import softmax

Params = dict[str, int]


def plain_conv(x: np.ndarray, w: np.ndarray, p: Params, shape: tuple[int, ...]) -> np.ndarray:
    """The sums of a convolution without bias, element by element; w is [units, h, w, depth]."""
    sums = np.zeros(shape, dtype=np.int64)
    depth, each = w.shape[3], shape[3] // p["channel_factor"]
    for b, row, column, unit in itertools.product(*map(range, shape)):
        first = unit // each * depth
        for i, j in itertools.product(range(p["kernel_h"]), range(p["kernel_w"])):
            y = row * p["stride_h"] - p["pad_top"] + i * p["dilation_h"]
            z = column * p["stride_w"] - p["pad_left"] + j * p["dilation_w"]
            if 0 <= y < x.shape[1] and 0 <= z < x.shape[2]:
                pixel = x[b, y, z, first : first + depth].astype(np.int64) + p["input_offset"]
                sums[b, row, column, unit] += int(pixel @ w[unit, i, j].astype(np.int64))
    return sums


def finished(sums: np.ndarray, m: np.ndarray, s: np.ndarray, p: Params) -> np.ndarray:
    scaled = multiply_by_quantized_multiplier(wrap_int32(sums), m, s)
    return np.clip(scaled + p["output_offset"], p["act_min"], p["act_max"]).astype(np.int8)


def random_window(rng: np.random.Generator) -> tuple[Params, tuple[int, int], tuple[int, int]]:
    """(parameters, input size, output size) with any padding that a window can have."""
    p, sizes, counts = {}, [], []
    for axis, pad in (("h", "pad_top"), ("w", "pad_left")):
        kernel, stride, dilation, size = (int(n) for n in rng.integers(1, [4, 4, 4, 8]))
        p |= {f"kernel_{axis}": kernel, f"stride_{axis}": stride, f"dilation_{axis}": dilation}
        p[pad] = int(rng.integers(0, (kernel - 1) * dilation + 1))
        sizes.append(size)
        counts.append(int(rng.integers(1, (size + p[pad] - 1) // stride + 2)))
    return p, (sizes[0], sizes[1]), (counts[0], counts[1])


def random_requantization(rng: np.random.Generator, units: int) -> tuple[np.ndarray, ...]:
    bias = rng.integers(-5000, 5000, units).astype(np.int32)
    multiplier = rng.integers(1 << 30, 1 << 31, units).astype(np.int32)
    return bias, multiplier, rng.integers(-12, 2, units).astype(np.int32)


@pytest.mark.parametrize("seed", range(25))
def test_convolutions_with_any_window_and_groups_equal_plain_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, size, count = random_window(rng)
    groups, depth, each = (int(n) for n in rng.integers(1, 4, 3))
    p |= {"input_offset": int(rng.integers(-127, 129)), "output_offset": 7}
    p |= {"act_min": -100, "act_max": 90}
    shape = (2, *count, groups * each)
    x = rng.integers(-128, 128, (2, *size, groups * depth)).astype(np.int8)
    w = rng.integers(-128, 128, (groups * each, p["kernel_h"], p["kernel_w"], depth))
    w = w.astype(np.int8)
    bias, multiplier, shift = random_requantization(rng, groups * each)
    p["channel_factor"] = groups
    expected = finished(plain_conv(x, w, p, shape) + bias, multiplier, shift, p)
    found = conv(x, w, bias, multiplier, shift, **p, output_shape=shape)
    np.testing.assert_array_equal(found, expected)

    # a depthwise convolution is one with a group for each input channel
    filters = rng.integers(-128, 128, (p["kernel_h"], p["kernel_w"], groups * each))
    filters = filters.astype(np.int8)
    x = x[..., :groups]
    p["channel_factor"] = groups
    sums = plain_conv(x, filters.transpose(2, 0, 1)[..., None], p, shape)
    expected = finished(sums + bias, multiplier, shift, p)
    p["channel_factor"] = each
    found = depthwise_conv(x, filters, bias, multiplier, shift, **p, output_shape=shape)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("seed", range(10))
def test_poolings_count_only_what_lies_within_the_image(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, size, count = random_window(rng)
    del p["dilation_h"], p["dilation_w"]
    p["pad_top"] %= p["kernel_h"]
    p["pad_left"] %= p["kernel_w"]
    p |= {"act_min": -90, "act_max": 100}
    count = tuple(
        min(n, (size[i] - 1 + p[pad]) // p[stride] + 1)
        for i, (n, pad, stride) in enumerate(
            zip(count, ("pad_top", "pad_left"), ("stride_h", "stride_w"), strict=True)
        )
    )
    x = rng.integers(-128, 128, (1, *size, 3)).astype(np.int8)
    shape = (1, *count, 3)
    average = average_pool(x, **p, output_shape=shape)
    largest = max_pool(x, **p, output_shape=shape)
    for _, row, column, channel in itertools.product(*map(range, shape)):
        top = row * p["stride_h"] - p["pad_top"]
        left = column * p["stride_w"] - p["pad_left"]
        window = x[
            0,
            max(top, 0) : top + p["kernel_h"],
            max(left, 0) : left + p["kernel_w"],
            channel,
        ].astype(int)
        mean = int(window.sum()) / window.size
        rounded = int(abs(mean) + 0.5) * (1 if mean > 0 else -1)
        assert average[0, row, column, channel] == np.clip(rounded, -90, 100)
        assert largest[0, row, column, channel] == np.clip(window.max(), -90, 100)


def test_sums_beyond_int32_wrap() -> None:
    multiplier = np.array([1 << 30], np.int32)
    found = fully_connected(
        np.full((1, 1), 127, np.int8),
        np.full((1, 1), 127, np.int8),
        np.array([(1 << 31) - 1], np.int32),
        multiplier,
        np.array([-24], np.int32),
        depth=1,
        units=1,
        per_channel=0,
        input_offset=0,
        filter_offset=0,
        output_offset=0,
        act_min=-128,
        act_max=127,
        output_shape=(1, 1),
    )
    assert found.tolist() == [[-64]]


def test_a_copy_fills_then_moves_strided_elements() -> None:
    found = copy(
        np.arange(6, dtype=np.int8),
        element_size=1,
        count=(1, 1, 1, 1, 2, 3),
        input_start=5,
        input_stride=(0, 0, 0, 0, -3, -1),
        output_start=1,
        output_stride=(0, 0, 0, 0, 4, 1),
        fill=1,
        fill_value=-7,
        output_shape=(2, 4),
    )
    assert found.tolist() == [[-7, 5, 4, 3], [-7, 2, 1, 0]]


def test_a_copy_without_fill_keeps_what_was_there() -> None:
    before = np.array([1.5, 2.5, 3.5], np.float32)
    found = copy(
        np.array([9.0], np.float32),
        before,
        element_size=4,
        count=(1, 1, 1, 1, 1, 1),
        input_start=0,
        input_stride=(0,) * 6,
        output_start=1,
        output_stride=(0,) * 6,
        fill=0,
        fill_value=0,
        output_shape=(3,),
    )
    assert found.tolist() == [1.5, 9.0, 3.5] and before[1] == 2.5


def test_quantizing_saturates_and_takes_nan_for_the_zero_point() -> None:
    values = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 0.05, -0.05, 0.14], np.float32)
    found = quantize(values, scale=np.float32(0.1), zero_point=3, output_shape=(8,))
    assert found.tolist() == [3, 127, -128, 127, -128, 4, 2, 4]


def test_a_softmax_over_more_than_512_equal_values_rounds_to_zero() -> None:
    """tflite-micro stops with an error there."""
    params = {"multiplier": 1 << 30, "shift": 24, "diff_min": -100}
    for size, value in ((256, -127), (511, -127), (512, -128), (600, -128), (5000, -128)):
        row = np.zeros((1, size), np.int8)
        assert set(softmax(row, **params, output_shape=row.shape)[0].tolist()) == {value}
