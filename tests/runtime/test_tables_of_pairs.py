"""An operator of two tensors, one of them a constant of one element, runs as a table."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import TfliteMicro
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.host_runtime import HostModel
from host_tools.pack import pack

EVERY_BYTE = np.arange(-128, 128).astype(np.int8).reshape(1, 8, 8, 4)


def _model(kind: str, place: int, constant: int | np.ndarray, shape: list[int]) -> bytes:
    builder = ModelBuilder(kind)
    moves = kind in ("MAXIMUM", "MINIMUM")
    first = {"scale": 0.05, "zero_point": 3}
    second = first if moves else {"scale": 0.01, "zero_point": -7}
    result = first if moves else {"scale": 0.07, "zero_point": -100}
    source = builder.tensor([1, 8, 8, 4], **first)
    other = builder.tensor(shape, **second, data=np.broadcast_to(constant, shape))
    target = builder.tensor([1, 8, 8, 4], **result)
    builder.operator(kind, [source, other][:: -1 if place == 0 else 1], [target])
    return builder.build([source], [target])


@pytest.mark.parametrize("shape", [[], [1], [1, 1, 1]])
@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("PRELU", 1),
        *(
            (kind, place)
            for kind in ("MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE")
            for place in (0, 1)
        ),
    ],
)
def test_a_constant_of_one_element_makes_a_table(kind: str, place: int, shape: list[int]) -> None:
    for constant in (-128, -7, 3, 40, 127):
        model = _model(kind, place, constant, shape)
        blob = pack(model)
        identity = (kind, constant) in (("MAXIMUM", -128), ("MINIMUM", 127))
        kernels = [operator.kernel for operator in read_blob(blob).operators]
        assert kernels == ([] if identity else ["lut_s8"])
        (wanted,) = TfliteMicro(model).run([EVERY_BYTE])
        (found,) = HostModel(blob).run([EVERY_BYTE])
        np.testing.assert_array_equal(found, wanted)


def test_a_constant_of_many_values_makes_no_table() -> None:
    blob = pack(_model("MAXIMUM", 1, np.arange(8).reshape(8, 1, 1), [8, 1, 1]))
    assert [operator.kernel for operator in read_blob(blob).operators] == ["maximum_s8"]
