"""max_pool_simd_s8 and average_pool_simd_s8 against the numpy reference."""

from __future__ import annotations

import numpy as np
import pytest
from conv_cases import Layer
from harness_tools import Case, check

from host_tools.kernels.pool import average_pool, max_pool

REFERENCES = {"max_pool_simd": max_pool, "average_pool_simd": average_pool}
SHAPES = [
    ((1, 8, 8, 64), (8, 8), (8, 8), False),
    ((1, 25, 5, 20), (25, 5), (25, 5), False),
    ((1, 16, 17, 16), (3, 3), (2, 2), True),
    ((2, 7, 6, 13), (3, 3), (2, 2), True),
    ((1, 5, 5, 7), (2, 2), (1, 1), True),
    ((1, 1, 1, 3), (3, 3), (1, 1), True),
    ((1, 33, 20, 9), (33, 20), (1, 1), False),
    ((1, 4, 300, 8), (2, 290), (1, 5), False),
    ((1, 9, 9, 6), (5, 4), (3, 2), True),
]


def make_case(kernel: str, layer: Layer, values: np.ndarray) -> Case:
    height, width, top, left = layer.geometry()
    fields = {
        "kernel_h": layer.kernel[0],
        "kernel_w": layer.kernel[1],
        "stride_h": layer.stride[0],
        "stride_w": layer.stride[1],
        "pad_top": top,
        "pad_left": left,
        "act_min": layer.act[0],
        "act_max": layer.act[1],
    }
    expected = REFERENCES[kernel](values, output_shape=layer.output_shape, **fields)
    params = [*layer.input_shape, height, width, *fields.values()]
    return Case(kernel, params, values, b"", expected, 0)


@pytest.mark.parametrize("kernel", REFERENCES)
def test_random_values_match_the_reference(machine, kernel):
    rng = np.random.default_rng(1)
    cases = []
    for shape, window, stride, same in SHAPES:
        for act in ((-128, 127), (-40, 30)):
            layer = Layer(shape, shape[3], window, stride, same, act)
            cases.append(make_case(kernel, layer, rng.integers(-128, 128, shape, dtype=np.int8)))
    check(cases, machine)


@pytest.mark.parametrize("kernel", REFERENCES)
@pytest.mark.parametrize("value", [-128, 127])
def test_extreme_values_match_the_reference(machine, kernel, value):
    cases = [
        make_case(kernel, Layer(shape, shape[3], *rest), np.full(shape, value, np.int8))
        for shape, *rest in SHAPES
    ]
    check(cases, machine)
