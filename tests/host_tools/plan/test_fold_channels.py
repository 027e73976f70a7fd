"""What maps each value by its channel alone becomes one call, where lines give the same bytes."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import TfliteMicro, random_inputs
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.host_runtime import HostModel
from host_tools.kernels.channel_lines import channel_lines, fit_lines
from host_tools.pack import pack
from host_tools.plan.make import make_plan
from host_tools.reference import run
from host_tools.tflite import read_model

VALUES = np.arange(-128, 128)
IDENTITY = VALUES.astype(np.int8)
NEAR = {"scale": 0.03, "zero_point": -20}
NONE = {"fused_activation_function": "NONE"}


def kernels(model: bytes) -> list[str]:
    return [operator.kernel for operator in make_plan(read_model(model)).operators]


def greater_of_product(
    slopes: np.ndarray, *, side: int = 4, read_again: bool = False, channels_last: bool = True
) -> bytes:
    """MAXIMUM of a tensor and its product with a slope for each channel."""
    builder = ModelBuilder("greater")
    shape = [1, side, side, len(slopes)]
    source = builder.tensor(shape, **NEAR)
    dims = [len(slopes)] if channels_last else [1, len(slopes), 1, 1]
    constant = builder.tensor(dims, scale=0.02, zero_point=3, data=slopes)
    product, scaled, result = (
        builder.tensor(shape, **quantization)
        for quantization in ({"scale": 0.05, "zero_point": 5}, NEAR, NEAR)
    )
    builder.operator("MUL", [source, constant], [product], **NONE)
    builder.operator("QUANTIZE", [product], [scaled])
    builder.operator("MAXIMUM", [source, scaled], [result])
    return builder.build([source], [product, result] if read_again else [result])


def test_prelu_as_a_maximum_becomes_lines_also_with_slopes_above_one() -> None:
    rng = np.random.default_rng(5)
    for slopes in ([20, 40, 3, -30], [20, 90, 3, -30], [127, 127, 90, 126]):
        model = greater_of_product(np.array(slopes))
        assert kernels(model) == ["channel_lines_s8"]
        graph, blob = read_model(model), HostModel(pack(model))
        for _ in range(20):
            inputs = random_inputs(graph, rng)
            (wanted,) = TfliteMicro(model).run(inputs)
            np.testing.assert_array_equal(blob.run(inputs)[0], wanted)


def test_what_is_read_elsewhere_is_computed() -> None:
    model = greater_of_product(np.array([20, 40, 3, -30]), read_again=True)
    assert kernels(model)[1:] == ["lut_s8", "maximum_s8"]


def test_tensors_of_few_pixels_stay_as_they_are() -> None:
    assert "channel_lines_s8" not in kernels(greater_of_product(np.array([20, 40]), side=3))
    assert "channel_lines_s8" in kernels(greater_of_product(np.array([20, 40]), side=4))


def test_constants_along_another_dimension_stay_as_they_are() -> None:
    slopes = np.array([20, 40, 3, -30])
    model = greater_of_product(slopes, channels_last=False)
    assert kernels(model) == ["broadcast_mul_s8", "lut_s8", "maximum_s8"]


def test_the_name_tells_what_a_call_stands_for() -> None:
    model = greater_of_product(np.array([20, 40, 3, -30]))
    assert [op.name for op in read_blob(pack(model)).operators] == ["MUL+QUANTIZE+MAXIMUM"]


@pytest.mark.parametrize("slope", [0.003, 0.25, 0.5, 0.9973, 1.0, -0.4, 3.7, 40.0])
def test_lines_are_exact_for_rounded_products(slope: float) -> None:
    wanted = np.clip(np.floor(VALUES * slope + 0.5), -128, 127).astype(np.int64)[:, None]
    fitted = fit_lines(VALUES, wanted, wanted)
    assert fitted is not None
    found = channel_lines(
        IDENTITY[:, None],
        fitted[0],
        IDENTITY,
        IDENTITY,
        IDENTITY,
        greater=0,
        threshold=128,
        shift=fitted[1],
        output_shape=(256, 1),
    )
    np.testing.assert_array_equal(found, wanted)


def test_no_line_is_found_where_there_is_none() -> None:
    bent = np.abs(VALUES)[:, None].clip(0, 127)
    assert fit_lines(VALUES, bent, bent) is None
    assert fit_lines(VALUES, bent - 40, bent) is None
    # but one within bounds that are wide enough
    assert fit_lines(VALUES, np.zeros_like(bent), bent) is not None


def test_numpy_runs_the_operators_as_they_are() -> None:
    rng = np.random.default_rng(6)
    graph = read_model(greater_of_product(np.array([20, 90, 3, -30])))
    model = HostModel(pack(graph))
    for _ in range(5):
        inputs = random_inputs(graph, rng)
        np.testing.assert_array_equal(model.run(inputs)[0], run(graph, inputs)[0])
