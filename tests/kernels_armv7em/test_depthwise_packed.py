"""depthwise_packed_s8 against the numpy reference, at random and at its extremes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conv_cases import (
    Layer,
    Numbers,
    constant_numbers,
    expected,
    numbers_shifted_left,
    random_numbers,
)
from harness_tools import Case, check

from host_tools.kernels import depthwise_packed
from host_tools.kernels.requantization import Refused

SHAPES = 150
KERNELS = [(1, 1), (1, 4), (5, 1), (2, 2), (3, 3), (5, 5), (7, 7), (10, 4), (3, 8)]


def make_case(layer: Layer, numbers: Numbers) -> Case:
    data = depthwise_packed.pack(
        numbers.weights[..., 0].transpose(1, 2, 0),
        numbers.bias,
        numbers.multiplier,
        numbers.shift,
        input_channels=layer.input_shape[3],
        input_offset=numbers.input_offset,
        output_offset=numbers.output_offset,
    )
    params = layer.params(numbers.input_offset, numbers.output_offset)
    wanted = expected(layer, numbers)
    return Case("depthwise_packed", params, numbers.input, data, wanted, 0)


def random_layer(rng: np.random.Generator) -> Layer:
    while True:
        kernel = KERNELS[rng.integers(len(KERNELS))]
        height, width, channels = (int(n) for n in rng.integers((1, 1, 4), (12, 12, 15)))
        same = bool(rng.random() < 0.6)
        if same or (kernel[0] <= height and kernel[1] <= width):
            return Layer(
                (int(rng.integers(1, 3)), height, width, channels),
                channels * int(rng.choice([1, 1, 2, 3])),
                kernel,
                (int(rng.integers(1, 4)), int(rng.integers(1, 4))),
                same,
                depthwise=True,
            )


def test_random_shapes_match_the_reference(machine):
    rng = np.random.default_rng(1)
    layers = [random_layer(rng) for _ in range(SHAPES)]
    assert {layer.kernel for layer in layers} == set(KERNELS)
    check([make_case(layer, random_numbers(layer, rng)) for layer in layers], machine)


def test_dilation_matches_the_reference(machine):
    rng = np.random.default_rng(7)
    cases = []
    while len(cases) < SHAPES:
        layer = random_layer(rng)
        dilation = tuple(int(n) for n in rng.integers(1, 8, 2))
        layer = replace(layer, dilation=dilation, same=True)
        cases.append(make_case(layer, random_numbers(layer, rng)))
    check(cases, machine)


def test_a_window_with_the_input_between_its_taps_gives_the_biases(machine):
    rng = np.random.default_rng(8)
    layer = Layer((1, 3, 2, 6), 12, (2, 2), depthwise=True, dilation=(9, 8))
    numbers = random_numbers(layer, rng)
    assert layer.geometry() == (3, 2, 4, 4)
    check([make_case(layer, numbers)], machine)


def test_every_window_and_every_number_of_channels_matches_the_reference(machine):
    rng = np.random.default_rng(2)
    cases = []
    for channels in range(4, 12):
        for factor in (1, 4):
            for kernel in KERNELS:
                layer = Layer(
                    (1, 4, 5, channels), factor * channels, kernel, (1, 2), depthwise=True
                )
                cases.append(make_case(layer, random_numbers(layer, rng)))
    check(cases, machine)


@pytest.mark.parametrize("value", [-128, 127])
@pytest.mark.parametrize("zero_point", [-128, 127])
@pytest.mark.parametrize("weight", [-128, 127])
def test_extremes_match_the_reference(machine, value, zero_point, weight):
    cases = []
    for kernel in KERNELS:
        layer = Layer((1, 5, 4, 6), 12, kernel, depthwise=True)
        numbers = constant_numbers(layer, weight=weight, value=value, zero_point=zero_point)
        cases.append(make_case(layer, numbers))
    check(cases, machine)


@pytest.mark.parametrize("shift", [1, 2, 8, 21, 22, 23, 30, 31])
def test_every_shift_to_the_right_matches_the_reference(machine, shift):
    rng = np.random.default_rng(shift)
    layer = Layer((1, 6, 5, 8), 8, (5, 3), depthwise=True)
    numbers = random_numbers(layer, rng)
    # sums that reach what such a shift leaves something of
    scale = min(1 << 30, 64 << shift)
    numbers.bias[:] = rng.integers(-scale, scale, len(numbers.bias))
    numbers.shift[:] = -shift
    check([make_case(layer, numbers)], machine)


def test_activation_bounds_and_dead_channels_match_the_reference(machine):
    layer = replace(Layer((1, 6, 5, 7), 14, (5, 5), depthwise=True), act=(-3, 60))
    numbers = random_numbers(layer, np.random.default_rng(4))
    numbers.shift[2], numbers.multiplier[5] = -30, 0
    check([make_case(layer, numbers)], machine)


def test_shifts_to_the_left_match_the_reference(machine):
    rng = np.random.default_rng(6)
    layer = Layer((1, 4, 5, 6), 12, (5, 3), depthwise=True)
    numbers = numbers_shifted_left(layer, rng, most=1 << 31)
    check([make_case(layer, each) for each in numbers], machine)


def test_sums_that_leave_int32_are_refused():
    layer = Layer((1, 6, 5, 4), 4, (5, 5), depthwise=True)
    for field, value in (("bias", (1 << 31) - 1), ("bias", -(1 << 31))):
        numbers = random_numbers(layer, np.random.default_rng(5))
        getattr(numbers, field)[1] = value
        with pytest.raises(Refused):
            make_case(layer, numbers)
