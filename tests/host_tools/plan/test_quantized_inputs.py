"""A float32 input that is only quantized is 8-bit in the blob, with the same bits behind it."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import TfliteMicro
from tflite_builder import ModelBuilder

from host_tools.arrays import as_inputs
from host_tools.blob.reader import read_blob
from host_tools.host_runtime import HostModel
from host_tools.kernels.quantize import quantize
from host_tools.pack import pack, plan_model
from host_tools.plan.image_tables import Pictures
from host_tools.reference import run
from host_tools.tflite import read_model

SHAPE = (1, 4, 4, 3)
FIRST, SECOND = {"scale": 0.05, "zero_point": 3}, {"scale": 0.3, "zero_point": -7}


def network(dtype: str = "int8", shape: tuple[int, ...] = SHAPE, **quantization: float) -> bytes:
    """float32 "real", quantized, through a table, to float32."""
    builder = ModelBuilder()
    real, back = builder.tensor(shape, "float32", name="real"), builder.tensor(shape, "float32")
    stored = builder.tensor(shape, dtype, **(quantization or FIRST))
    moved = builder.tensor(shape, **SECOND)
    builder.operator("QUANTIZE", [real], [stored])
    builder.operator("QUANTIZE", [stored], [moved])
    builder.operator("DEQUANTIZE", [moved], [back])
    return builder.build([real], [back])


def kernels(blob: bytes) -> list[str]:
    return [operator.kernel for operator in read_blob(blob).operators]


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_real_values_give_tflite_micros_bits(dtype: str) -> None:
    model = network(dtype)
    blob = pack(model)
    assert kernels(blob) == ["lut_s8", "dequantize_f32"]
    (tensor,) = (read_blob(blob).tensors[index] for index in read_blob(blob).inputs)
    assert (tensor.name, tensor.dtype, tensor.shape) == ("real", dtype, SHAPE)
    rng = np.random.default_rng(3)
    ties = (rng.integers(-200, 200, SHAPE) + 0.5).astype(np.float32) * np.float32(0.05)
    for reals in ties, rng.normal(0, 4, SHAPE).astype(np.float32), np.full(SHAPE, 1e5, np.float32):
        for given in reals, as_inputs(reals, tensor, "x").values[0]:
            [found] = HostModel(blob).run([given])
            # tflite-micro quantizes to int8 only
            oracle = TfliteMicro(model) if dtype == "int8" else None
            [wanted] = oracle.run([reals], 1) if oracle else run(read_model(model), [reals])
            np.testing.assert_array_equal(found.ravel(), wanted.ravel())


def test_an_input_that_is_read_otherwise_stays_float32() -> None:
    builder = ModelBuilder()
    real = builder.tensor((1, 4), "float32")
    stored = [builder.tensor((1, 4), **quantization) for quantization in (FIRST, SECOND)]
    total = builder.tensor((1, 4), scale=0.5)
    for one in stored:
        builder.operator("QUANTIZE", [real], [one])
    builder.operator("ADD", stored, [total])
    assert kernels(pack(builder.build([real], [total])))[:2] == ["quantize_f32"] * 2


def test_what_is_an_output_too_stays_float32() -> None:
    builder = ModelBuilder()
    real, stored, table = (
        builder.tensor((1, 4), "float32"),
        *(builder.tensor((1, 4), **quantization) for quantization in (FIRST, SECOND)),
    )
    builder.operator("QUANTIZE", [real], [stored])
    builder.operator("QUANTIZE", [stored], [table])
    for outputs in [table, stored], [table, real]:
        assert kernels(pack(builder.build([real], outputs))) == ["quantize_f32", "lut_s8"]


def test_of_several_inputs_each_is_judged_by_itself() -> None:
    builder = ModelBuilder()
    real = builder.tensor((1, 4), "float32", name="real")
    bytes_, stored = (builder.tensor((1, 4), **quantization) for quantization in (FIRST, SECOND))
    total = builder.tensor((1, 4), scale=0.5)
    builder.operator("QUANTIZE", [real], [stored])
    builder.operator("ADD", [bytes_, stored], [total])
    plan = plan_model(builder.build([bytes_, real], [total]))
    assert [plan.tensors[index].dtype for index in plan.inputs] == ["int8", "int8"]
    assert plan.tensors[plan.inputs[1]].name == "real" and plan.real_inputs == (1,)


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_pixels_are_stored_as_the_models_quantize_stores_them(dtype: str) -> None:
    """Against the table of the same input that stays float32, through QUANTIZE."""
    rng = np.random.default_rng(5)
    for number in range(40):
        quantization = {"scale": float(rng.uniform(1e-3, 1)), "zero_point": 5 + number}
        if number < 4:
            quantization = {"scale": [0.5, 1.0, 1 / 255, 2 / 255][number], "zero_point": 0}
        for pictures in (
            Pictures(),
            Pictures(range=(0, 1)),
            Pictures(range=(-1, 1)),
            Pictures(range=(0, 255)),
            Pictures(range=(-63.75, 63.75)),
            Pictures(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
        ):
            builder = ModelBuilder()
            real = builder.tensor(SHAPE, "float32")
            stored = builder.tensor(SHAPE, dtype, **quantization)
            builder.operator("QUANTIZE", [real], [stored])
            [table] = plan_model(builder.build([real], [stored]), pictures=pictures).image_tables
            [found] = plan_model(network(dtype, **quantization), pictures=pictures).image_tables
            assert table is not None and found is not None and table.dtype == np.float32
            wanted = quantize(
                table,
                scale=np.float32(quantization["scale"]),
                zero_point=int(quantization["zero_point"]),
                output_shape=table.shape,
                output_dtype=dtype,
            )
            np.testing.assert_array_equal(np.broadcast_to(found, wanted.shape), wanted)
