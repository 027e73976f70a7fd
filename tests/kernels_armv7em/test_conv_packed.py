"""conv_packed_s8 against the numpy reference, at random and at every extreme of its proof."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conv_cases import Layer, Numbers, expected, numbers_shifted_left, random_numbers
from harness_tools import Case, check

from host_tools.kernels import conv_packed
from host_tools.kernels.requantization import Refused


@pytest.fixture(params=["cortex-m7", "for-size", "host"])
def machine(request: pytest.FixtureRequest) -> str:
    return request.param


def make_case(layer: Layer, numbers: Numbers) -> Case:
    data = conv_packed.pack(
        numbers.weights,
        numbers.bias,
        numbers.multiplier,
        numbers.shift,
        input_offset=numbers.input_offset,
        output_offset=numbers.output_offset,
    )
    scratch = conv_packed.scratch_size(*layer.kernel, layer.input_shape[3], layer.output_c)
    params = layer.params(numbers.input_offset, numbers.output_offset)
    return Case("conv_packed", params, numbers.input, data, expected(layer, numbers), scratch)


LAYERS = [
    Layer((1, 1, 1, 1), 1, (1, 1)),
    Layer((1, 1, 1, 5), 3, (1, 1)),
    Layer((1, 3, 3, 128), 24, (1, 1)),
    Layer((1, 25, 5, 8), 6, (1, 1)),
    Layer((1, 9, 8, 16), 10, (1, 1), (2, 2)),
    Layer((1, 13, 11, 3), 7),
    Layer((1, 12, 14, 3), 8, (3, 3), (2, 2)),
    Layer((1, 20, 10, 1), 6, (10, 4), (2, 2)),
    Layer((1, 7, 9, 16), 5),
    Layer((1, 8, 8, 12), 4, (3, 3), (2, 2)),
    Layer((1, 6, 7, 5), 2, (5, 5)),
    Layer((1, 2, 2, 4), 2, (5, 5)),
    Layer((2, 5, 6, 7), 3, (2, 3), (1, 2), same=False),
    Layer((3, 4, 3, 6), 4, (3, 1)),
    Layer((1, 4, 40, 2), 4, (1, 7)),
    Layer((1, 6, 6, 4), 6, act=(-10, 90)),
    Layer((1, 5, 5, 57), 4),
]


def test_real_and_odd_shapes_match_the_reference(machine):
    rng = np.random.default_rng(1)
    check([make_case(layer, random_numbers(layer, rng)) for layer in LAYERS], machine)


def test_random_shapes_match_the_reference(machine):
    rng = np.random.default_rng(2)
    cases = []
    for _ in range(60):
        kernel = tuple(int(n) for n in rng.integers(1, 6, 2))
        size = [int(kernel[i] + rng.integers(0, 9)) for i in range(2)]
        layer = Layer(
            (int(rng.integers(1, 3)), *size, int(rng.integers(1, 20))),
            int(rng.integers(1, 10)),
            kernel,
            tuple(int(n) for n in rng.integers(1, 4, 2)),
            same=bool(rng.integers(2)),
        )
        cases.append(make_case(layer, random_numbers(layer, rng)))
    check(cases, machine)


@pytest.mark.parametrize("value", [-128, 127])
@pytest.mark.parametrize("zero_point", [-128, 127])
def test_extreme_inputs_and_zero_points_match_the_reference(machine, value, zero_point):
    layer = Layer((1, 5, 6, 9), 4)
    numbers = random_numbers(layer, np.random.default_rng(3))
    numbers = replace(
        numbers,
        input=np.full_like(numbers.input, value),
        input_offset=-zero_point,
        output_offset=zero_point,
    )
    check([make_case(layer, numbers)], machine)


def test_every_shift_matches_the_reference(machine):
    layer = Layer((1, 16, 16, 2), 4, (1, 1))
    rng = np.random.default_rng(4)
    values = np.stack(np.meshgrid(np.arange(-128, 128, 16), np.arange(-128, 128, 16)), axis=-1)
    cases = []
    for shift in range(1, 32):
        for offset in (-128, 0, 127):
            # a wide bias moves the sums to where this shift's results vary; A stays below 2^23
            spread = np.minimum(1 << (shift + 7), [(1 << 23) - (1 << 17), 1 << 30] * 2)
            numbers = Numbers(
                weights=rng.integers(-127, 128, (4, 1, 1, 2), dtype=np.int8),
                bias=rng.integers(-spread, spread, 4, dtype=np.int32),
                multiplier=np.array([1 << 30, (1 << 31) - 1, 0x5A827999, (1 << 30) + 1], np.int32),
                shift=np.full(4, -shift, np.int32),
                input_offset=0,
                output_offset=offset,
                input=values.astype(np.int8)[None],
            )
            cases.append(make_case(layer, numbers))
    check(cases, machine)


@pytest.mark.parametrize("sign", [-1, 1])
def test_an_accumulator_just_below_2_to_23_is_exact_and_one_more_is_refused(machine, sign):
    layer = Layer((1, 2, 2, 516), 2, (1, 1))
    weights = np.full((2, 1, 1, 516), 127, np.int8)
    weights[1] = -sign * 127
    room = (1 << 23) - 1 - 516 * 127 * 128
    numbers = Numbers(
        weights=weights,
        bias=np.array([-room, 1 << 24], np.int32),
        multiplier=np.array([0x7FFFFFFF, 0x40000000], np.int32),
        shift=np.array([-16, -18], np.int32),
        input_offset=0,
        output_offset=0,
        input=np.full((1, 2, 2, 516), -128, np.int8),
    )
    check([make_case(layer, numbers)], machine)
    with pytest.raises(Refused, match="2\\^23"):
        make_case(layer, replace(numbers, bias=np.array([-room - 1, 0], np.int32)))


def test_a_channel_that_never_varies_is_exact_whatever_its_shift(machine):
    layer = Layer((1, 4, 4, 8), 4, (1, 1))
    numbers = random_numbers(layer, np.random.default_rng(5))
    numbers.multiplier[1], numbers.shift[1] = 0, 0
    numbers.shift[2] = -29
    numbers.shift[3] = 9
    numbers.weights[3] = 0
    numbers.bias[3] = 40000
    check([make_case(layer, numbers)], machine)


def test_shifts_to_the_left_match_the_reference(machine):
    rng = np.random.default_rng(6)
    cases = []
    for layer in (Layer((1, 5, 5, 3), 7), Layer((1, 3, 2, 9), 4, (1, 1)), Layer((1, 1, 1, 6), 5)):
        for numbers in numbers_shifted_left(layer, rng, most=1 << 23):
            cases.append(make_case(layer, numbers))
    check(cases, machine)


def test_a_shift_beyond_31_is_refused():
    layer = Layer((1, 2, 2, 3), 2)
    numbers = replace(random_numbers(layer, np.random.default_rng(6)), input_offset=0)
    numbers.shift[1] = 32
    with pytest.raises(Refused, match="channel 1 "):
        make_case(layer, numbers)


def test_weights_that_do_not_fit_a_halfword_together_are_refused(machine):
    layer = Layer((1, 3, 3, 4), 2, (1, 1))
    numbers = random_numbers(layer, np.random.default_rng(7))
    numbers.weights[0], numbers.weights[1] = -128, [0, 1, 127, 5]
    check([make_case(layer, numbers)], machine)
    numbers.weights[1, 0, 0, 2] = -1
    with pytest.raises(Refused, match="-128"):
        make_case(layer, numbers)
