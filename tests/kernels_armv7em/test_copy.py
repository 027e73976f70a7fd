"""copy against the numpy reference: rows of words, rows of bytes, transposed and spread ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from harness_tools import Case, check

from host_tools.kernels.copy import copy

DENSE = (0, 1, 2, 3, 4, 5)
TURNED = (0, 1, 2, 3, 5, 4)


def make_case(
    rng: np.random.Generator,
    count: Sequence[int],
    sizes: tuple[Sequence[int], Sequence[int]],
    starts: tuple[int, int] = (0, 0),
    orders: tuple[Sequence[int], Sequence[int]] = (DENSE, DENSE),
) -> Case:
    """`count` elements from an input to an output of `sizes`, whose axes go in these orders."""
    strides = [
        [math.prod(size[axis + 1 :]) for axis in order]
        for size, order in zip(sizes, orders, strict=True)
    ]
    values = rng.integers(-128, 128, math.prod(sizes[0]), dtype=np.int8)
    vectors = {"count": [*count], "input_stride": strides[0], "output_stride": strides[1]}
    start = {"input_start": starts[0], "output_start": starts[1]}
    fill = {"fill": 1, "fill_value": int(rng.integers(-128, 128))}
    expected = copy(
        values, element_size=1, **vectors, **start, **fill, output_shape=(math.prod(sizes[1]),)
    )
    params = [1, *count, starts[0], *strides[0], starts[1], *strides[1], *fill.values()]
    return Case("copy", [*params, len(expected)], values, b"", expected, 0)


def test_rows_of_any_length_at_any_place_match_the_reference(machine):
    rng = np.random.default_rng(1)
    cases = []
    for length in (1, 2, 3, 4, 8, 12, 20, 28, 31, 32, 33, 47, 60, 64, 88, 129):
        for more, starts in ((0, (0, 0)), (4, (4, 0)), (8, (0, 4)), (1, (0, 0)), (2, (2, 1))):
            count = (1, 2, 1, 2, 3, length)
            wide = (*count[:5], length + more)
            # the last row ends within the larger of both
            cases.append(make_case(rng, count, (wide, wide), tuple(min(s, more) for s in starts)))
            cases.append(make_case(rng, count, (count, wide), (0, min(starts[1], more))))
    check(cases, machine)


def test_rows_that_become_columns_match_the_reference(machine):
    rng = np.random.default_rng(2)
    cases = []
    for rows, columns in ((1, 1), (3, 5), (16, 7), (4, 33), (65, 6)):
        given, turned = (1, 1, 1, 2, rows, columns), (1, 1, 1, 2, columns, rows)
        cases.append(make_case(rng, turned, (given, turned), orders=(TURNED, DENSE)))
        cases.append(make_case(rng, given, (given, turned), orders=(DENSE, TURNED)))
    check(cases, machine)
