"""winograd_f45_s8 against the numpy reference, at random and at every extreme."""

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

from host_tools.kernels import winograd_f45
from host_tools.kernels.requantization import Refused

WINDOW = (5, 5)
INPUTS = [
    [-36, 0, 49, 0, -14, 0, 1, 0],
    [0, 36, 36, -13, -13, 1, 1, 0],
    [0, -36, 36, 13, -13, -1, 1, 0],
    [0, 18, 9, -20, -10, 2, 1, 0],
    [0, -18, 9, 20, -10, -2, 1, 0],
    [0, 12, 4, -15, -5, 3, 1, 0],
    [0, -12, 4, 15, -5, -3, 1, 0],
    [0, -36, 0, 49, 0, -14, 0, 1],
]
OUTPUTS = [
    [-20, 15, 15, -6, -6, 1, 1, 0],
    [0, 15, -15, -12, 12, 3, -3, 0],
    [0, 15, 15, -24, -24, 9, 9, 0],
    [0, 15, -15, -48, 48, 27, -27, 720],
]


def make_case(layer: Layer, numbers: Numbers) -> Case:
    data = winograd_f45.pack(
        numbers.weights,
        numbers.bias,
        numbers.multiplier,
        numbers.shift,
        input_offset=numbers.input_offset,
        output_offset=numbers.output_offset,
    )
    return Case(
        "winograd_f45",
        layer.params(numbers.input_offset, numbers.output_offset),
        numbers.input,
        data,
        expected(layer, numbers),
        winograd_f45.scratch_size(layer.input_shape[3]),
    )


def test_the_transforms_make_a_convolution_of_any_numbers():
    """720 times each of 4 outputs, for every product of an input and a weight."""
    weights = np.array(winograd_f45.METHOD.weights)
    for output in range(4):
        form = np.einsum("p,pi,pk->ik", OUTPUTS[output], INPUTS, weights)
        taps = np.zeros_like(form)
        taps[range(output, output + 5), range(5)] = 720
        np.testing.assert_array_equal(form, taps)
    assert 45 * 0xA4FA4FA5 % (1 << 32) == 1


def test_transformed_weights_and_inputs_fit_int16_whatever_the_data():
    lift = winograd_f45.METHOD.lift
    largest = [128 * sum(map(abs, row)) for row in winograd_f45.METHOD.weights]
    assert max(largest) == 15488
    rows = np.array(INPUTS)
    most = 255 * np.maximum(rows, 0).sum(axis=1)
    least = 255 * np.minimum(rows, 0).sum(axis=1)
    assert (least.min() + lift, most.max() + lift) == (0, 31620)
    # an input of ones, which 128 is added as, and what the kernel lifts the low channel by
    assert rows.sum(axis=1).tolist() == [0, winograd_f45.METHOD.ones, 0, 0, 0, 0, 0, 0]
    assert rows[:, 6:].sum(axis=1).tolist() == [1] * 8


def test_all_small_shapes_match_the_reference(machine):
    rng = np.random.default_rng(1)
    cases = []
    for height in (1, 2, 3, 4, 5, 7, 9):
        for width in (1, 2, 4, 5, 8, 9, 12, 13, 16, 17, 21, 28):
            for same in (True, False):
                if same or min(height, width) >= 5:
                    batch, groups, units = (int(n) for n in rng.integers(1, 5, 3))
                    shape = (batch, height, width, 4 * groups)
                    layer = Layer(shape, units, WINDOW, same=same)
                    cases.append(make_case(layer, random_numbers(layer, rng)))
    check(cases, machine)


@pytest.mark.parametrize(
    "layer",
    [
        Layer((1, 32, 32, 16), 16, WINDOW),
        Layer((1, 16, 16, 32), 32, WINDOW),
        Layer((1, 8, 8, 32), 64, WINDOW),
        Layer((1, 9, 11, 60), 7, WINDOW),
        Layer((1, 6, 6, 4), 6, WINDOW, act=(-10, 90)),
    ],
)
def test_real_and_odd_layers_match_the_reference(machine, layer):
    numbers = random_numbers(layer, np.random.default_rng(2))
    check([make_case(layer, numbers)], machine)


@pytest.mark.parametrize("value", [-128, 127])
@pytest.mark.parametrize("zero_point", [-128, 127])
def test_constant_inputs_and_weights_at_their_ends_match_the_reference(machine, value, zero_point):
    cases = []
    for weight in (-128, 127):
        layer = Layer((1, 7, 6, 12), 3, WINDOW)
        numbers = constant_numbers(layer, weight=weight, value=value, zero_point=zero_point)
        cases.append(make_case(layer, numbers))
    check(cases, machine)


def test_inputs_and_weights_that_make_every_position_largest_match_the_reference(machine):
    """Each position reaches both its ends, in both channels of a pair."""
    rng = np.random.default_rng(4)
    layer = Layer((1, 5, 8, 8), 4, WINDOW, same=False)
    signs = np.array([1, -1, 1, -1, -1, -1, 1, 1])
    units = np.array([1, -1, 1, -1])[:, None, None, None]  # and rows
    cases = []
    for row, taps in zip(INPUTS, winograd_f45.METHOD.weights, strict=True):
        numbers = random_numbers(layer, rng)
        pixels = np.where(np.array(row)[:, None] * signs > 0, 127, -128)
        weights = np.where(np.array(taps)[:, None] * signs * units > 0, 127, -128)
        numbers.weights = np.repeat(weights, 5, axis=1).astype(np.int8)
        numbers.input = np.broadcast_to(pixels, layer.input_shape).astype(np.int8)
        cases.append(make_case(layer, numbers))
        assert np.abs(winograd_f45.transform_weights(numbers.weights)).max() <= 32767
    check(cases, machine)


def test_every_shift_matches_the_reference(machine):
    layer = Layer((1, 5, 9, 4), 4, WINDOW)
    rng = np.random.default_rng(5)
    cases = []
    for shift in range(1, 32):
        for offset in (-128, 0, 127):
            spread = min(1 << (shift + 7), (1 << 27) - (1 << 22))
            numbers = Numbers(
                weights=rng.integers(-127, 128, (4, 5, 5, 4), dtype=np.int8),
                bias=rng.integers(-spread, spread, 4, dtype=np.int32),
                multiplier=np.array([1 << 30, (1 << 31) - 1, 0x5A827999, (1 << 30) + 1], np.int32),
                shift=np.full(4, -shift, np.int32),
                input_offset=0,
                output_offset=offset,
                input=rng.integers(-128, 128, layer.input_shape, dtype=np.int8),
            )
            cases.append(make_case(layer, numbers))
    check(cases, machine)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("channels", [4, 300])
def test_an_accumulator_just_below_the_limit_is_exact_and_one_more_is_refused(
    machine, channels, sign
):
    layer = Layer((1, 5, 5, channels), 2, WINDOW)
    limit = winograd_f45.METHOD.limit
    weights = np.full((2, 5, 5, channels), 127, np.int8)
    weights[1] = -127
    room = limit - 1 - 25 * channels * 127 * 128
    numbers = Numbers(
        weights=weights,
        bias=np.array([-room, room], np.int32),
        multiplier=np.array([0x7FFFFFFF, 0x40000001], np.int32),
        shift=np.array([-21, -20], np.int32),
        input_offset=0,
        output_offset=0,
        input=np.full(layer.input_shape, -128, np.int8),
    )
    check([make_case(layer, numbers)], machine)
    numbers.bias[(1 - sign) // 2] += -sign
    with pytest.raises(Refused, match=f"can reach {limit}"):
        make_case(layer, numbers)


def test_a_channel_that_never_varies_is_exact_whatever_its_shift(machine):
    layer = Layer((1, 4, 5, 8), 5, WINDOW)
    numbers = random_numbers(layer, np.random.default_rng(6))
    numbers.multiplier[1], numbers.shift[1] = 0, 0
    numbers.shift[2] = -29
    numbers.shift[3] = 9
    numbers.weights[3] = 0
    numbers.bias[3] = 40000
    check([make_case(layer, numbers)], machine)


def test_shifts_to_the_left_match_the_reference(machine):
    layer = Layer((1, 7, 6, 8), 5, WINDOW)
    rng = np.random.default_rng(7)
    numbers = numbers_shifted_left(layer, rng, most=winograd_f45.METHOD.limit)
    check([make_case(layer, each) for each in numbers], machine)


@pytest.mark.parametrize(
    "layer",
    [Layer((1, 5, 5, 6), 2, WINDOW), Layer((1, 5, 5, 4), 2, (3, 5)), Layer((1, 5, 5, 4), 2)],
)
def test_other_channels_and_kernels_are_refused(layer):
    with pytest.raises(Refused, match="5x5 and a multiple of 4"):
        make_case(layer, random_numbers(layer, np.random.default_rng(8)))
