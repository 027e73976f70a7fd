"""fully_connected_packed_s8 against the numpy reference, at random and at its extremes."""

from __future__ import annotations

import numpy as np
import pytest
from harness_tools import Case, check

from host_tools.kernels import fully_connected_packed
from host_tools.kernels.fully_connected import fully_connected
from host_tools.kernels.requantization import Refused


@pytest.fixture(params=["cortex-m7", "for-size", "host"])
def machine(request: pytest.FixtureRequest) -> str:
    return request.param


def make_case(
    rng: np.random.Generator,
    rows: int,
    depth: int,
    units: int,
    *,
    per_channel: bool = False,
    act: tuple[int, int] = (-128, 127),
    weight: int | None = None,
    value: int | None = None,
    zero_point: int | None = None,
    bias: int | None = None,
    shift: int | None = None,
) -> Case:
    """Random but for what is given."""
    records = units if per_channel else 1
    typical = int(np.sqrt(depth) * 74 * 73)
    right = round(np.log2(typical / 40))
    shifts = -np.maximum(rng.integers(right - 1, right + 2, records), 1).astype(np.int32)
    multiplier = rng.integers(1 << 30, (1 << 31) - 1, records).astype(np.int32)
    weights = rng.integers(-127, 128, (units, depth), dtype=np.int8)
    biases = rng.integers(-typical, typical, units, dtype=np.int32)
    inputs = rng.integers(-128, 128, (rows, depth), dtype=np.int8)
    if weight is not None:
        weights[:] = weight
    if value is not None:
        inputs[:] = value
    if bias is not None:
        biases[:] = bias
    if shift is not None:
        chosen = rng.random(records) < 0.7
        shifts[chosen] = shift
        weights[np.broadcast_to(chosen, units)] //= 100
    input_zero, output_zero = rng.integers(-128, 128, 2).tolist()
    if zero_point is not None:
        input_zero = output_zero = zero_point
    data = fully_connected_packed.pack(
        weights, biases, multiplier, shifts, input_offset=-input_zero, output_offset=output_zero
    )
    expected = fully_connected(
        inputs,
        weights,
        biases,
        multiplier,
        shifts,
        depth=depth,
        units=units,
        per_channel=int(per_channel),
        input_offset=-input_zero,
        filter_offset=0,
        output_offset=output_zero,
        act_min=act[0],
        act_max=act[1],
        output_shape=(rows, units),
    )
    blocks = fully_connected_packed.count_blocks(units, per_channel and units > 1)
    return Case(
        "fully_connected_packed",
        [rows, depth, units, blocks, output_zero, *act],
        inputs,
        data,
        expected,
        fully_connected_packed.scratch_size(depth),
    )


def test_real_and_odd_shapes_match_the_reference(machine):
    rng = np.random.default_rng(1)
    shapes = [(1, 640, 8), (1, 128, 12), (1, 8, 128), (1, 64, 10), (2, 256, 2), (3, 1, 1)]
    shapes += [
        (1, depth, units) for depth in (1, 2, 3, 5, 15, 17, 20) for units in (1, 2, 3, 4, 7, 9)
    ]
    shapes += [(3, 10, units) for units in (1, 2, 3, 5)]
    cases = [
        make_case(rng, *shape, per_channel=per_channel)
        for shape in shapes
        for per_channel in (False, True)
    ]
    check(cases, machine)


@pytest.mark.parametrize("value", [-128, 127])
@pytest.mark.parametrize("zero_point", [-128, 127])
def test_extremes_match_the_reference(machine, value, zero_point):
    rng = np.random.default_rng(2)
    cases = [
        make_case(rng, 2, 33, 6, weight=weight, value=value, zero_point=zero_point)
        for weight in (-127, 127)
    ]
    check(cases, machine)


def test_activation_bounds_match_the_reference(machine):
    check([make_case(np.random.default_rng(3), 2, 20, 9, act=(-5, 44))], machine)


@pytest.mark.parametrize("shift", [0, 1, 5, 20, 31])
def test_shifts_to_the_left_match_the_reference(machine, shift):
    rng = np.random.default_rng(5)
    cases = [
        make_case(rng, 2, 5, units, per_channel=per_channel, shift=shift, bias=bias)
        for units in (1, 2, 4, 7, 9)
        for per_channel in (False, True)
        for bias in (0, -40, (1 << 22) - 1, -(1 << 22))
        for _ in range(2)
    ]
    check(cases, machine)


def test_an_accumulator_just_below_2_to_23_is_exact_and_one_more_is_refused(machine):
    rng = np.random.default_rng(4)
    room = (1 << 23) - 1 - 516 * 127 * 128
    extreme = {"weight": 127, "value": -128, "zero_point": 0}
    check([make_case(rng, 1, 516, 4, **extreme, bias=-room)], machine)
    with pytest.raises(Refused, match="2\\^23"):
        make_case(rng, 1, 516, 4, **extreme, bias=-room - 1)
