"""add_table_s8 against the numpy reference: every pair of values, odd sizes, in place."""

from __future__ import annotations

import numpy as np
import pytest
from harness_tools import Case, check

from host_tools.arithmetic import quantize_multiplier
from host_tools.kernels import add_table
from host_tools.kernels.elementwise import add

INPUTS = np.stack(np.meshgrid(np.arange(-128, 128), np.arange(-128, 128))).astype(np.int8)


def parameters(scales: tuple[float, float, float], zero_points: tuple[int, int, int]) -> dict:
    """As TensorFlow Lite prepares ADD, from the scales of both inputs and the output."""
    twice = 2 * max(scales[:2])
    found = [quantize_multiplier(scale / twice) for scale in scales[:2]]
    output = quantize_multiplier(twice / ((1 << 20) * scales[2]))
    return {
        "input0_offset": -zero_points[0],
        "input0_multiplier": found[0][0],
        "input0_shift": found[0][1],
        "input1_offset": -zero_points[1],
        "input1_multiplier": found[1][0],
        "input1_shift": found[1][1],
        "left_shift": 20,
        "output_offset": zero_points[2],
        "output_multiplier": output[0],
        "output_shift": output[1],
    }


def make_case(params, inputs=INPUTS, act=(-128, 127), in_place=False) -> Case:
    left, right = (np.ascontiguousarray(part).ravel() for part in inputs)
    bounds = {"act_min": act[0], "act_max": act[1]}
    expected = add(left, right, output_shape=left.shape, **params, **bounds)
    data = add_table.pack(**params)
    return Case(
        "add_table",
        [left.size, params["output_offset"], *act],
        left,
        data,
        expected,
        0,
        right,
        in_place,
    )


@pytest.mark.parametrize("zero_points", [(-128, 4, -128), (127, -128, 127), (3, -17, 0)])
def test_every_pair_of_values_matches_the_reference(machine, zero_points):
    scales = [(0.02, 0.05, 0.06), (0.1, 0.0001, 0.05), (0.0235, 0.0235, 0.3), (0.5, 0.5, 0.7)]
    check([make_case(parameters(each, zero_points)) for each in scales], machine)


def test_odd_sizes_bounds_and_in_place_match_the_reference(machine):
    params = parameters((0.02, 0.05, 0.06), (-3, 4, 5))
    cases = [make_case(params, INPUTS[:, 100, :size]) for size in range(1, 10)]
    cases.append(make_case(params, act=(-20, 33)))
    cases.append(make_case(params, in_place=True))
    check(cases, machine)


def test_an_output_scale_far_below_the_inputs_matches_the_reference(machine):
    for scale in (2e-6, 1e-6, 3e-7, 1e-12):
        params = parameters((1.0, 1.0, scale), (3, -4, 5))
        assert params["output_shift"] >= 0
        check([make_case(params, INPUTS[:, :, :9])], machine)
