"""CAST at its ends: what does not fit, what is no number, and uint8, which tflite-micro lacks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from blob_runner import BlobRunner
from oracle import LiteRt, TfliteMicro
from tflite_builder import ModelBuilder

from host_tools.host_runtime import HostModel
from host_tools.pack import pack

INFINITY, NAN = float("inf"), float("nan")
VALUES = {
    "float32": [
        *(0.0, -0.0, 0.99, -0.99, 1.5, -1.5, 126.99, 127.0, 127.5, 128.0, -128.99, -129.0),
        *(254.9, 255.0, 256.0, 2147483520.0, 2147483648.0, -2147483648.0, -2147483904.0),
        *(3e9, -3e9, 1e38, -1e38, INFINITY, -INFINITY, NAN),
    ],
    "int32": [
        *(0, 1, -1, 127, 128, -128, -129, 255, 256, -256, 1000, -1000, 16777217, -16777219),
        *(33554435, 2147483647, -2147483648),
    ],
    "int8": list(range(-128, 128)),
    "uint8": list(range(256)),
}


def _model(given: str, wanted: str) -> tuple[bytes, np.ndarray]:
    values = np.array(VALUES[given], given)
    builder = ModelBuilder()
    source = builder.tensor(values.shape, given)
    target = builder.tensor(values.shape, wanted)
    builder.operator("CAST", [source], [target])
    return builder.build([source], [target]), values


def _outputs(model: bytes, values: np.ndarray) -> list[np.ndarray]:
    blob = pack(model)
    return [runner.run([values])[0] for runner in (HostModel(blob), BlobRunner(blob))]


@pytest.mark.parametrize(
    ("given", "wanted"), [*itertools.permutations(("int8", "int32", "float32"), 2)]
)
def test_the_ends_of_a_type_are_cast_as_tflite_micro_does(given: str, wanted: str) -> None:
    model, values = _model(given, wanted)
    [expected] = TfliteMicro(model).run([values])
    for output in _outputs(model, values):
        assert output.dtype == expected.dtype
        np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("other", ["int32", "float32", "int8"])
def test_uint8_is_cast_as_litert_does(other: str) -> None:
    model, values = _model("uint8", other)
    [expected] = LiteRt(model).run([values])
    for output in _outputs(model, values):
        assert output.dtype == expected.dtype
        np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("given", ["int32", "float32", "int8"])
def test_what_becomes_uint8_does_as_in_litert_and_no_number_becomes_0(given: str) -> None:
    model, values = _model(given, "uint8")
    [expected] = LiteRt(model).run([values])
    expected = np.where(values == values, expected, 0)  # C leaves it undefined, LiteRT gives 255
    for output in _outputs(model, values):
        assert output.dtype == np.uint8
        np.testing.assert_array_equal(output, expected)
