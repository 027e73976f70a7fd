"""depthwise_3x3_s8 against the numpy reference, at random and at its extremes."""

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

from host_tools.kernels import depthwise_3x3


def layer_of(batch: int, height: int, width: int, channels: int, stride: int, same: bool) -> Layer:
    shape = (batch, height, width, channels)
    return Layer(shape, channels, (3, 3), (stride, stride), same, depthwise=True)


def make_case(layer: Layer, numbers: Numbers, in_place: bool = False) -> Case:
    data = depthwise_3x3.pack(
        numbers.weights[..., 0].transpose(1, 2, 0),
        numbers.bias,
        numbers.multiplier,
        numbers.shift,
        input_offset=numbers.input_offset,
        output_offset=numbers.output_offset,
    )
    height, width, _, _ = layer.geometry()
    return Case(
        "depthwise_3x3",
        layer.params(numbers.input_offset, numbers.output_offset),
        numbers.input,
        data,
        expected(layer, numbers),
        depthwise_3x3.scratch_size(height, width, layer.stride[0]),
        in_place=in_place,
    )


def test_all_small_shapes_match_the_reference(machine):
    rng = np.random.default_rng(1)
    cases = []
    for stride in (1, 2):
        for height in (1, 2, 3, 6, 7):
            for width in (1, 2, 3, 4, 7):
                for same in (True, False):
                    if not same and min(height, width) < 3:
                        continue
                    layer = layer_of(1, height, width, int(rng.integers(1, 10)), stride, same)
                    cases.append(make_case(layer, random_numbers(layer, rng)))
    check(cases, machine)


def test_the_output_may_be_the_input(machine):
    rng = np.random.default_rng(2)
    cases = []
    for stride in (1, 2):
        for shape in ((1, 25, 5, 64), (2, 12, 12, 6), (1, 3, 3, 8), (3, 6, 5, 4)):
            for same in (True, False):
                layer = layer_of(*shape, stride, same)
                cases.append(make_case(layer, random_numbers(layer, rng), in_place=True))
    check(cases, machine)


@pytest.mark.parametrize("value", [-128, 127])
@pytest.mark.parametrize("zero_point", [-128, 127])
@pytest.mark.parametrize("weight", [-128, 127])
def test_extremes_match_the_reference(machine, value, zero_point, weight):
    cases = []
    for stride in (1, 2):
        layer = layer_of(1, 5, 4, 6, stride, True)
        numbers = constant_numbers(layer, weight=weight, value=value, zero_point=zero_point)
        cases.append(make_case(layer, numbers))
    check(cases, machine)


def test_activation_bounds_and_dead_channels_match_the_reference(machine):
    layer = replace(layer_of(1, 6, 5, 7, 1, True), act=(-3, 60))
    numbers = random_numbers(layer, np.random.default_rng(4))
    numbers.shift[2], numbers.multiplier[5] = -30, 0
    check([make_case(layer, numbers)], machine)


def test_shifts_to_the_left_match_the_reference(machine):
    rng = np.random.default_rng(5)
    cases = []
    for stride in (1, 2):
        for shape in ((1, 5, 6, 7), (2, 4, 3, 4)):
            layer = layer_of(*shape, stride, True)
            for numbers in numbers_shifted_left(layer, rng, most=1 << 31):
                cases.append(make_case(layer, numbers, in_place=True))
    check(cases, machine)
