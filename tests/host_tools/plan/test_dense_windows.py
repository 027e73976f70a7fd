"""A convolution that reads its input by rows is a fully connected layer, to the same bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle import TfliteMicro, random_inputs
from tflite_builder import ModelBuilder

from host_tools.host_runtime import HostModel
from host_tools.pack import pack, plan_model
from host_tools.tflite import read_model

DENSE = "fully_connected_packed_s8"


def convolution(
    given: tuple[int, int, int, int],
    kernel: tuple[int, int],
    units: int,
    result: tuple[int, int, int],
    *,
    shared: bool = False,
    **options: Any,
) -> bytes:
    """One CONV_2D; `shared`: all channels have one scale."""
    rng = np.random.default_rng(units)
    builder = ModelBuilder("windows")
    source = builder.tensor(list(given), scale=0.1, zero_point=7)
    values = rng.integers(-127, 128, (units, *kernel, given[3]))
    scales = np.full(units, 2e-3) if shared else np.linspace(1e-3, 3e-3, units)
    weights = builder.tensor(values.shape, scale=scales.tolist(), axis=0, data=values)
    bias = builder.tensor([units], "int32", data=rng.integers(-500, 500, units))
    target = builder.tensor([*result, units], scale=0.2, zero_point=-4)
    defaults = {"stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}
    options = {"padding": "VALID", "fused_activation_function": "RELU6", **defaults, **options}
    builder.operator("CONV_2D", [source, weights, bias], [target], **options)
    return builder.build([source], [target])


def kernel_of(model: bytes) -> str:
    """The kernel it gets, once both targets' blobs gave tflite-micro's bytes."""
    oracle, rng, graph = TfliteMicro(model), np.random.default_rng(1), read_model(model)
    for target in ("portable", "cortex-m7"):
        blob = HostModel(pack(model, target=target))
        for _ in range(3):
            inputs = random_inputs(graph, rng)
            np.testing.assert_array_equal(blob.run(inputs)[0], oracle.run(inputs)[0])
    (operator,) = plan_model(model, target="cortex-m7").operators
    return operator.kernel


@pytest.mark.parametrize("units", [1, 2, 9])
@pytest.mark.parametrize("shared", [False, True])
def test_a_window_as_large_as_the_picture_is_one_row(units: int, shared: bool) -> None:
    assert kernel_of(convolution((1, 1, 1, 64), (1, 1), units, (1, 1, 1), shared=shared)) == DENSE
    assert kernel_of(convolution((1, 3, 4, 5), (3, 4), units, (1, 1, 1), shared=shared)) == DENSE
    assert kernel_of(convolution((2, 3, 3, 8), (3, 3), units, (2, 1, 1), shared=shared)) == DENSE


def test_two_pixels_are_two_rows() -> None:
    assert kernel_of(convolution((1, 1, 2, 16), (1, 1), 3, (1, 1, 2))) == DENSE


def test_channels_that_share_a_scale_are_taken_four_at_a_time() -> None:
    model = convolution((1, 1, 1, 64), (1, 1), 8, (1, 1, 1), shared=True)
    (operator,) = plan_model(model, target="cortex-m7").operators
    assert operator.params["blocks"] == 2


@pytest.mark.parametrize(
    ("given", "kernel", "result", "options"),
    [
        pytest.param((1, 1, 3, 16), (1, 1), (1, 1, 3), {}, id="three pixels"),
        pytest.param((1, 2, 2, 16), (3, 3), (1, 2, 2), {"padding": "SAME"}, id="padding"),
        pytest.param(
            (1, 1, 1, 16), (3, 3), (1, 1, 1), {"padding": "SAME"}, id="a pixel in padding"
        ),
        pytest.param(
            (1, 1, 3, 16), (1, 1), (1, 1, 2), {"stride_w": 2, "stride_h": 2}, id="stride 2"
        ),
    ],
)
def test_other_windows_stay(given: Any, kernel: Any, result: Any, options: dict[str, Any]) -> None:
    assert kernel_of(convolution(given, kernel, 4, result, **options)) != DENSE
