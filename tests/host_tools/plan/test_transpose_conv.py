"""What a transposed convolution runs as."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import TfliteMicro, random_inputs
from tflite_builder import ModelBuilder

from host_tools.host_runtime import HostModel
from host_tools.operators.transpose_conv import phases
from host_tools.pack import pack
from host_tools.plan import make_plan


def _kernels(kernel: int, stride: int, side: int = 4, size: int | None = None) -> list[str]:
    """The kernels of the blob, which gives tflite-micro's bytes."""
    builder = ModelBuilder()
    source = builder.tensor([1, side, side, 8], scale=0.1)
    shape = [3, kernel, kernel, 8]
    rng = np.random.default_rng(0)
    weights = builder.tensor(shape, scale=0.01, data=rng.integers(-127, 128, shape))
    size = size or side * stride
    target = builder.tensor([1, size, size, 3], scale=0.1)
    builder.operator(
        "TRANSPOSE_CONV",
        [builder.constant([1, size, size, 3]), weights, source],
        [target],
        padding="SAME",
        stride_h=stride,
        stride_w=stride,
        fused_activation_function="NONE",
    )
    model = builder.build([source], [target])
    inputs = random_inputs(builder.graph, rng)
    (expected,) = TfliteMicro(model, 1 << 20).run(inputs)
    np.testing.assert_array_equal(HostModel(pack(model)).run(inputs)[0], expected)
    return [operator.kernel for operator in make_plan(builder.graph).operators]


def test_a_kernel_as_large_as_its_stride_is_one_convolution_and_one_copy() -> None:
    assert _kernels(2, 2) == ["conv_s8", "copy"]


def test_each_phase_of_another_kernel_is_a_convolution_and_a_copy() -> None:
    assert _kernels(3, 2) == ["conv_s8", "copy"] * 4


def test_without_a_stride_the_convolution_gives_the_output_itself() -> None:
    assert _kernels(3, 1) == ["conv_s8"]


def test_where_no_tap_reaches_the_bias_is_copied_first() -> None:
    assert _kernels(1, 2) == ["copy", "conv_s8", "copy"]


def test_rows_that_no_input_reaches_are_the_bias_too() -> None:
    assert _kernels(2, 2, side=3, size=8) == ["copy", "conv_s8", "copy"]


def test_a_phase_whose_first_places_lie_outside_is_computed_from_there() -> None:
    # of the first of three phases one row and column lie before the output
    assert _kernels(3, 3, side=4, size=10) == ["conv_s8", "copy"] * 9


@pytest.mark.parametrize("kernel", range(1, 6))
@pytest.mark.parametrize("stride", range(1, 5))
def test_phases_have_each_tap_once_and_each_place_that_an_input_reaches(
    kernel: int, stride: int
) -> None:
    found = phases(kernel, stride, 0, 10, 9 * stride + kernel)
    assert sum(phase.taps for phase in found) == kernel
    places = sorted(
        phase.start + stride * step for phase in found for step in range(phase.count - phase.skip)
    )
    assert places == sorted({stride * i + tap for i in range(10) for tap in range(kernel)})
