"""Operators over so many elements that they run in pieces give what they give at once."""

from __future__ import annotations

import numpy as np
import pytest
from tflite_builder import ModelBuilder

from host_tools.blob.reader import read_blob
from host_tools.host_runtime import HostModel
from host_tools.kernels import KERNELS
from host_tools.pack import pack
from host_tools.reference import run
from host_tools.tflite import read_model

# two pieces and some (firmware_module/runtime/ink_rest.h)
ELEMENTS = 2 * (1 << 18) + 7
NONE = {"fused_activation_function": "NONE"}
SOFTMAX = {"scale": 1 / 256, "zero_point": -128}


def built(kind: str) -> bytes:
    builder = ModelBuilder(kind)
    shape = (ELEMENTS,) if kind != "SOFTMAX" else (1, ELEMENTS)
    x = builder.tensor(shape, scale=0.1, zero_point=3)
    if kind == "DEQUANTIZE":
        real = builder.tensor(shape, dtype="float32")
        builder.operator("DEQUANTIZE", [x], [real])
        y = builder.tensor(shape, scale=0.2, zero_point=-5)
        builder.operator("QUANTIZE", [real], [y])
        return builder.build([x], [real, y])
    if kind == "CAST":
        y = builder.tensor(shape, dtype="int32")
        builder.operator("CAST", [x], [y])
        return builder.build([x], [y])
    if kind in ("LOGISTIC", "SOFTMAX"):
        y = builder.tensor(shape, **SOFTMAX)
        builder.operator(kind, [x], [y], **({"beta": 1.0} if kind == "SOFTMAX" else {}))
        return builder.build([x], [y])
    z = builder.tensor(shape, scale=0.1 if kind == "MAXIMUM" else 0.2, zero_point=3)
    y = builder.tensor(shape, scale=0.1 if kind == "MAXIMUM" else 0.3, zero_point=3)
    builder.operator(kind, [x, z], [y], **(NONE if kind in ("ADD", "MUL") else {}))
    return builder.build([x, z], [y])


@pytest.mark.parametrize(
    ("kind", "kernel"),
    [
        ("ADD", "add_s8"),
        ("ADD", "add_table_s8"),
        ("MUL", "mul_s8"),
        ("LOGISTIC", "lut_s8"),
        ("SOFTMAX", "softmax_s8"),
        ("DEQUANTIZE", "dequantize_f32"),
        ("DEQUANTIZE", "quantize_f32"),
        ("CAST", "cast"),
        ("MAXIMUM", "maximum_s8"),
        ("SQUARED_DIFFERENCE", "squared_difference_s8"),
    ],
)
def test_many_elements_run_in_pieces_to_the_same_bytes(kind: str, kernel: str) -> None:
    graph = read_model(built(kind))
    target = "cortex-m7" if KERNELS[kernel].packs else "portable"
    blob = pack(graph, target=target, force=(kernel,) if KERNELS[kernel].packs else ())
    assert kernel in {operator.kernel for operator in read_blob(blob).operators}
    model = HostModel(blob)
    rng = np.random.default_rng(7)
    inputs = [rng.integers(-128, 128, tensor.shape).astype(np.int8) for tensor in model.inputs]
    for found, expected in zip(model.run(inputs), run(graph, inputs), strict=True):
        np.testing.assert_array_equal(found, expected)
