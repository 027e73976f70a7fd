"""Real numbers to int8 and uint8 on boards, in the network and before it, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from board_models import Runner
from tflite_builder import ModelBuilder

from host_tools.kernels.quantize import quantize
from host_tools.pack import pack

SCALE = {"int8": (0.25, 10), "uint8": (0.3, 3)}
TWINS = """
import inkling
with open("/rom/reals.bin", "rb") as file:
    reals = file.read()
m = inkling.Model("/rom/twins.ink")
m.predict([reals])
for i in range(2):
    print(bytes(m.output(i)).hex())
"""
EDGES = """
import array, inkling
with open("/rom/reals.bin", "rb") as file:
    reals = file.read()
reals = array.array("f", reals)
for name in "int8", "uint8":
    m = inkling.Model("/rom/%s.ink" % name)
    for given in reals, memoryview(reals):
        m.predict([given])
        print(bytes(m.output()).hex())
"""


def some_reals(scale: float) -> np.ndarray:
    """Ties and their neighbours, NaN, infinities, the smallest and the largest, and between."""
    rng = np.random.default_rng(int(scale * 100))
    ties = (np.arange(-300, 300) + 0.5).astype(np.float32) * np.float32(scale)
    large = np.float32([1023, 1024, 2047, 2048, 2**30, 2**31, 2**32, 1e30, 3.4e38, np.inf])
    small = np.float32([0, 1e-45, 1e-38, 0.49999997 * scale, 0.50000006 * scale])
    several = [ties, np.nextafter(ties, np.float32(9e9)), np.nextafter(ties, np.float32(-9e9))]
    several += [large, -large, small, -small, np.float32([np.nan, -np.nan])]
    several.append(rng.normal(0, 40 * scale, 1000).astype(np.float32))
    reals = np.concatenate(several)
    return reals[: len(reals) // 2 * 2 - 1]


def expected(reals: np.ndarray, dtype: str) -> str:
    scale, zero_point = SCALE[dtype]
    stored = quantize(
        reals,
        scale=np.float32(scale),
        zero_point=zero_point,
        output_shape=reals.shape,
        output_dtype=dtype,
    )
    return stored.tobytes().hex()


@pytest.mark.parametrize("ties_of", SCALE)
def test_quantize_in_a_network_gives_numpys_bytes(on_board: Runner, ties_of: str) -> None:
    reals = some_reals(SCALE[ties_of][0])
    builder = ModelBuilder()
    given = builder.tensor((1, len(reals)), "float32")
    stored = []
    for dtype, (scale, zero_point) in SCALE.items():
        one = builder.tensor((1, len(reals)), dtype, scale=scale, zero_point=zero_point)
        builder.operator("QUANTIZE", [given], [one])
        stored.append(one)
    files = {"twins.ink": pack(builder.build([given], stored)), "reals.bin": reals.tobytes()}
    lines = on_board(TWINS, files).splitlines()
    assert lines == [expected(reals, dtype) for dtype in SCALE]


@pytest.mark.parametrize("ties_of", SCALE)
def test_what_predict_is_given_is_quantized_as_in_numpy(on_board: Runner, ties_of: str) -> None:
    reals = some_reals(SCALE[ties_of][0])
    files = {"reals.bin": reals.tobytes()}
    for dtype, (scale, zero_point) in SCALE.items():
        builder = ModelBuilder()
        given, turned = (
            builder.tensor((1, len(reals)), dtype, scale=scale, zero_point=zero_point)
            for _ in range(2)
        )
        builder.operator("RESHAPE", [given, builder.constant([1, len(reals)])], [turned])
        files[f"{dtype}.ink"] = pack(builder.build([given], [turned]))
    lines = on_board(EDGES, files).splitlines()
    assert lines == [expected(reals, dtype) for dtype in SCALE for _ in range(2)]
