"""conv_general_s8 against the numpy reference: groups, dilation, and sums without a limit."""

from __future__ import annotations

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

from host_tools.kernels import conv_general
from host_tools.kernels.requantization import Refused


def make_case(layer: Layer, numbers: Numbers) -> Case:
    data = conv_general.pack(
        numbers.weights,
        numbers.bias,
        numbers.multiplier,
        numbers.shift,
        groups=layer.groups,
        input_offset=numbers.input_offset,
        output_offset=numbers.output_offset,
    )
    params = layer.params(numbers.input_offset, numbers.output_offset)
    taps = layer.kernel[0] * layer.kernel[1] * layer.depth
    wanted = expected(layer, numbers)
    scratch = -(-taps // 4) * 4 * 12
    return Case("conv_general", params, numbers.input, data, wanted, scratch)


def random_layer(rng: np.random.Generator) -> Layer:
    groups = int(rng.choice([1, 1, 2, 3, 4]))
    depth, units = (int(n) for n in rng.integers(1, 10, 2))
    height, width = (int(n) for n in rng.integers(1, 9, 2))
    kernel, stride, dilation = (
        tuple(int(n) for n in rng.integers(1, most, 2)) for most in (5, 4, 5)
    )
    return Layer(
        (int(rng.integers(1, 3)), height, width, groups * depth),
        groups * units,
        kernel,
        stride,
        dilation=dilation,
        groups=groups,
    )


def test_random_shapes_match_the_reference(machine):
    rng = np.random.default_rng(1)
    layers = [random_layer(rng) for _ in range(200)]
    check([make_case(layer, random_numbers(layer, rng)) for layer in layers], machine)


def test_windows_of_one_place_are_read_where_they_lie(machine):
    rng = np.random.default_rng(2)
    cases = []
    for pixels in (1, 2, 3, 4, 5):
        for units in (1, 2, 3, 8):
            for depth, groups in ((4, 1), (8, 2), (64, 1), (6, 1), (12, 3), (3, 1), (13, 1)):
                shape = (1, 1, pixels, depth)
                layer = Layer(shape, units * groups, (1, 1), groups=groups)
                cases.append(make_case(layer, random_numbers(layer, rng)))
    check(cases, machine)


@pytest.mark.parametrize("value", [-128, 127])
@pytest.mark.parametrize("zero_point", [-128, 127])
@pytest.mark.parametrize("weight", [-128, 127])
def test_sums_far_beyond_2_to_23_match_the_reference(machine, value, zero_point, weight):
    cases = []
    for pixels in (1, 3):
        layer = Layer((1, 1, pixels, 4000), 3, (1, 1))
        numbers = constant_numbers(layer, weight=weight, value=value, zero_point=zero_point)
        numbers.shift[:] = -20
        numbers.bias[:] = [-(1 << 30), 0, 1 << 30]
        cases.append(make_case(layer, numbers))
    check(cases, machine)


def test_shifts_to_the_left_match_the_reference(machine):
    rng = np.random.default_rng(4)
    cases = []
    for layer in (Layer((1, 3, 3, 4), 6, (3, 3), groups=2), Layer((1, 1, 1, 8), 3, (1, 1))):
        for numbers in numbers_shifted_left(layer, rng, most=1 << 31):
            cases.append(make_case(layer, numbers))
    check(cases, machine)


def test_activation_bounds_and_dead_channels_match_the_reference(machine):
    layer = Layer((1, 6, 5, 6), 9, (3, 3), groups=3, act=(-3, 60))
    numbers = random_numbers(layer, np.random.default_rng(5))
    numbers.shift[2], numbers.multiplier[5] = -30, 0
    check([make_case(layer, numbers)], machine)


def test_a_sum_that_can_leave_int32_is_refused():
    layer = Layer((1, 2, 2, 4), 2, groups=2)
    numbers = random_numbers(layer, np.random.default_rng(6))
    numbers.bias[1] = (1 << 31) - 1
    with pytest.raises(Refused):
        make_case(layer, numbers)
