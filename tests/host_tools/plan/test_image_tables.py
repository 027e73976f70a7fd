"""The table from pixel values to an input's stored values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tflite_builder import ModelBuilder

from host_tools.errors import CommandError
from host_tools.plan import make_plan
from host_tools.plan.image_tables import Pictures


def table(
    dtype: str,
    shape: tuple[int, ...] = (1, 4, 4, 3),
    scale: float = 0.5,
    zero_point: int = -28,
    **pictures: Any,
) -> np.ndarray | None:
    """The table of a network's only input; a float32 one is quantized to int8 first."""
    builder = ModelBuilder()
    quantization = {"scale": scale, "zero_point": zero_point}
    x = builder.tensor(shape, dtype, **({} if dtype == "float32" else quantization))
    y = builder.tensor(shape, **quantization)
    if dtype == "float32":
        builder.operator("QUANTIZE", [x], [y])
    else:
        y = builder.tensor(shape, scale=0.3)
        builder.operator("QUANTIZE", [x], [y])
    builder.build([x], [y])
    [found] = make_plan(builder.graph, pictures=Pictures(**pictures)).image_tables
    return found


def test_pixels_span_the_whole_range_of_an_int8_input() -> None:
    found = table("int8")
    assert found is not None and found.dtype == np.int8
    assert found.tolist() == list(range(-128, 128))


def test_pixels_are_a_uint8_input_as_they_are() -> None:
    found = table("uint8", zero_point=0)
    assert found is not None and found.dtype == np.uint8
    assert found.tolist() == list(range(256))


def test_pixels_span_what_a_float32_input_is_quantized_to() -> None:
    found = table("float32")
    assert found is not None and found.dtype == np.float32
    # 0.5 * (-128 + 28) to 0.5 * (127 + 28)
    assert found[0] == -50.0 and found[255] == 77.5
    np.testing.assert_allclose(np.diff(found), 0.5, rtol=1e-5)


def test_a_given_range_is_quantized_rounded_half_away_and_saturated() -> None:
    found = table("int8", scale=0.5, zero_point=0, range=(-63.75, 63.75))
    assert found is not None
    # pixel p is the real value (p - 127.5) / 2, so p - 127.5 before rounding
    assert found[[0, 1, 127, 128, 254, 255]].tolist() == [-128, -127, -1, 1, 127, 127]


def test_a_given_range_is_taken_as_it_is_for_float32() -> None:
    found = table("float32", range=(-1.0, 1.0))
    assert found is not None
    assert found[0] == -1.0 and found[255] == 1.0 and found[51] == np.float32(-0.6)


@pytest.mark.parametrize("shape", [(2, 4, 4, 3), (1, 4, 4, 2), (1, 4, 12), (1, 48)])
def test_only_inputs_that_are_one_picture_have_a_table(shape: tuple[int, ...]) -> None:
    assert table("int8", shape) is None


def test_grayscale_inputs_have_a_table() -> None:
    assert table("int8", (1, 5, 7, 1)) is not None


def test_a_mean_and_deviation_a_channel_give_a_table_a_channel() -> None:
    found = table("int8", scale=0.5, zero_point=-3, mean=(0.1, 0.2, 0.4), std=(0.5, 0.25, 0.01))
    assert found is not None and found.shape == (3, 256) and found.dtype == np.int8
    # 51 is a real value of 0.2: (0.2 - 0.1) / 0.5 / 0.5 is 0.4; 0 / ...; -0.2 / 0.01 / 0.5 is -40
    assert found[:, 51].tolist() == [-3, -3, -43]
    # 0.9 / 0.25 is 3.6, 0.8 / 0.125 is 6.4, 0.6 / 0.005 is 120
    assert found[:, 255].tolist() == [1, 3, 117]
    assert found[:, 0].tolist() == [-3, -5, -83]


def test_mean_and_deviation_come_after_the_range() -> None:
    found = table("float32", range=(0.0, 255.0), mean=(100.0, 120.5, 90.0), std=(2.0, 1.0, 0.5))
    assert found is not None and found.shape == (3, 256) and found.dtype == np.float32
    assert found[:, 101].tolist() == [0.5, -19.5, 22.0]


def test_one_table_serves_all_channels_where_all_are_equal() -> None:
    half = table("int8", scale=1 / 128, zero_point=0, mean=(0.5,) * 3, std=(0.5,) * 3)
    one = table("int8", scale=1 / 128, zero_point=0, mean=(0.5,), std=(0.5,))
    ranged = table("int8", scale=1 / 128, zero_point=0, range=(-1.0, 1.0))
    assert half is not None and half.shape == (256,)
    assert half.tolist() == one.tolist() == ranged.tolist()
    saturated = table("int8", scale=1e-4, zero_point=0, mean=(-0.1, -0.2, -0.3))
    assert saturated is not None and saturated.tolist() == [127] * 256


def test_a_missing_mean_is_0_and_a_missing_deviation_1() -> None:
    mean = table("float32", mean=(0.0, 0.2, 0.4))
    std = table("float32", std=(1.0, 0.5, 0.25))
    assert mean is not None and std is not None
    np.testing.assert_array_equal(mean[:, 255], np.float32([1.0, 0.8, 0.6]))
    np.testing.assert_array_equal(std[:, 255], np.float32([1.0, 2.0, 4.0]))


def test_three_numbers_do_not_fit_a_gray_input() -> None:
    with pytest.raises(CommandError, match="3 numbers for mean or deviation do not fit input 0"):
        table("int8", (1, 4, 4, 1), mean=(0.1, 0.2, 0.3))
    found = table("int8", (1, 4, 4, 1), zero_point=0, scale=0.01, mean=(0.2,), std=(0.5,))
    assert found is not None and found[[0, 51, 255]].tolist() == [-40, 0, 127]
