"""winograd_f2_s8, winograd_f4_s8 against the numpy reference, at random and at every extreme."""

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

from host_tools.kernels import winograd
from host_tools.kernels.requantization import Refused


@pytest.fixture(params=[2, 4])
def tile(request: pytest.FixtureRequest) -> int:
    return request.param


def make_case(tile: int, layer: Layer, numbers: Numbers) -> Case:
    data = winograd.pack(
        tile,
        numbers.weights,
        numbers.bias,
        numbers.multiplier,
        numbers.shift,
        input_offset=numbers.input_offset,
        output_offset=numbers.output_offset,
    )
    return Case(
        f"winograd_f{tile}",
        layer.params(numbers.input_offset, numbers.output_offset),
        numbers.input,
        data,
        expected(layer, numbers),
        winograd.scratch_size(tile, layer.input_shape[3]),
    )


def test_all_small_shapes_match_the_reference(machine, tile):
    rng = np.random.default_rng(1)
    cases = []
    for height in (1, 2, 3, 4, 5, 8, 9):
        for width in (1, 2, 3, 5, 6, 7, 12):
            for same in (True, False):
                if same or min(height, width) >= 3:
                    batch, groups, units = (int(n) for n in rng.integers(1, 6, 3))
                    shape = (batch, height, width, 4 * groups)
                    layer = Layer(shape, units, same=same)
                    cases.append(make_case(tile, layer, random_numbers(layer, rng)))
    check(cases, machine)


@pytest.mark.parametrize(
    "layer",
    [
        Layer((1, 32, 32, 16), 16),
        Layer((1, 16, 16, 32), 32),
        Layer((1, 8, 8, 64), 64),
        Layer((1, 9, 11, 120), 7),
        Layer((1, 6, 6, 4), 6, act=(-10, 90)),
    ],
)
def test_real_and_odd_layers_match_the_reference(machine, tile, layer):
    numbers = random_numbers(layer, np.random.default_rng(2))
    check([make_case(tile, layer, numbers)], machine)


@pytest.mark.parametrize("value", [-128, 127])
@pytest.mark.parametrize("zero_point", [-128, 127])
def test_constant_inputs_and_weights_at_their_ends_match_the_reference(
    machine, tile, value, zero_point
):
    cases = []
    for weight in (-128, 127):
        layer = Layer((1, 7, 6, 12), 3)
        numbers = constant_numbers(layer, weight=weight, value=value, zero_point=zero_point)
        cases.append(make_case(tile, layer, numbers))
    check(cases, machine)


def test_inputs_and_weights_that_make_every_position_largest_match_the_reference(machine, tile):
    """Each position of the window reaches both its ends, in both channels of a pair."""
    inputs = {
        2: [[-1, 0, 1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]],
        4: [
            [4, 0, -5, 0, 1, 0],
            [0, -4, -4, 1, 1, 0],
            [0, 4, -4, -1, 1, 0],
            [0, -2, -1, 2, 1, 0],
            [0, 2, -1, -2, 1, 0],
            [0, 4, 0, -5, 0, 1],
        ],
    }[tile]
    method = winograd.METHODS[tile]
    rng = np.random.default_rng(4)
    layer = Layer((1, tile + 2, tile + 2, 8), 4, same=False)
    cases = []
    for i, row in enumerate(inputs):
        for j, column in enumerate(inputs):
            shape = np.outer(row, column)
            numbers = random_numbers(layer, rng)
            signs = np.array([1, -1, 1, -1, -1, -1, 1, 1])
            pixels = np.where(shape[..., None] * signs > 0, 127, -128)
            taps = np.outer(method.weights[i], method.weights[j])[None, ..., None]
            units = np.array([1, -1, 1, -1])[:, None, None, None]
            weights = np.where(taps * signs * units > 0, 127, -128)
            numbers.weights, numbers.input = weights.astype(np.int8), pixels.astype(np.int8)[None]
            cases.append(make_case(tile, layer, numbers))
            transformed = np.einsum("i,j,ijc->c", row, column, pixels + 128)
            assert transformed.max() + method.lift <= 32767
            assert transformed.min() + method.lift >= 0
            assert np.abs(winograd.transform_weights(tile, numbers.weights)).max() <= 32767
    check(cases, machine)


def test_every_shift_matches_the_reference(machine, tile):
    layer = Layer((1, 9, 9, 4), 4)
    rng = np.random.default_rng(5)
    cases = []
    for shift in range(1, 32):
        for offset in (-128, 0, 127):
            spread = min(1 << (shift + 7), (1 << 25) - (1 << 22))
            numbers = Numbers(
                weights=rng.integers(-127, 128, (4, 3, 3, 4), dtype=np.int8),
                bias=rng.integers(-spread, spread, 4, dtype=np.int32),
                multiplier=np.array([1 << 30, (1 << 31) - 1, 0x5A827999, (1 << 30) + 1], np.int32),
                shift=np.full(4, -shift, np.int32),
                input_offset=0,
                output_offset=offset,
                input=rng.integers(-128, 128, layer.input_shape, dtype=np.int8),
            )
            cases.append(make_case(tile, layer, numbers))
    check(cases, machine)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("channels", [116, 228])
def test_an_accumulator_just_below_the_limit_is_exact_and_one_more_is_refused(
    machine, tile, channels, sign
):
    layer = Layer((1, 5, 5, channels), 2)
    limit = winograd.METHODS[tile].limit
    weights = np.full((2, 3, 3, channels), 127, np.int8)
    weights[1] = -127
    room = limit - 1 - 9 * channels * 127 * 128
    numbers = Numbers(
        weights=weights,
        bias=np.array([-room, room], np.int32),
        multiplier=np.array([0x7FFFFFFF, 0x40000001], np.int32),
        shift=np.array([-22, -21], np.int32),
        input_offset=0,
        output_offset=0,
        input=np.full(layer.input_shape, -128, np.int8),
    )
    check([make_case(tile, layer, numbers)], machine)
    numbers.bias[(1 - sign) // 2] += -sign
    with pytest.raises(Refused, match=f"can reach {limit}"):
        make_case(tile, layer, numbers)


def test_a_channel_that_never_varies_is_exact_whatever_its_shift(machine, tile):
    layer = Layer((1, 4, 5, 8), 5)
    numbers = random_numbers(layer, np.random.default_rng(6))
    numbers.multiplier[1], numbers.shift[1] = 0, 0
    numbers.shift[2] = -29
    numbers.shift[3] = 9
    numbers.weights[3] = 0
    numbers.bias[3] = 40000
    check([make_case(tile, layer, numbers)], machine)


def test_shifts_to_the_left_match_the_reference(machine, tile):
    layer = Layer((1, 7, 6, 8), 5)
    rng = np.random.default_rng(7)
    numbers = numbers_shifted_left(layer, rng, most=winograd.METHODS[tile].limit)
    check([make_case(tile, layer, each) for each in numbers], machine)


@pytest.mark.parametrize("layer", [Layer((1, 5, 5, 6), 2), Layer((1, 5, 5, 4), 2, (1, 3))])
def test_other_channels_and_kernels_are_refused(tile, layer):
    with pytest.raises(Refused, match="3x3 and a multiple of 4"):
        make_case(tile, layer, random_numbers(layer, np.random.default_rng(8)))
