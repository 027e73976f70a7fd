"""Chains of operators of one byte become one table, to the same bytes as tflite-micro's."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import pytest
from oracle import LiteRt, TfliteMicro
from single_operators.common import FUSED, Rng, some_scale, some_values, some_zero_point
from tflite_builder import ModelBuilder

from host_tools.errors import CommandError
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.plan import make_plan
from host_tools.tflite import read_model

CHAINS = int(os.environ.get("INKLING_MODELS", "40"))
SHAPE = [1, 4, 4, 16]
ALL_BYTES = np.arange(256, dtype=np.uint8).view(np.int8).reshape(SHAPE)


class Chain:
    """Grows a chain from an input of 256 values."""

    def __init__(self, scale: float = 0.05, zero_point: int = -3) -> None:
        self.builder = ModelBuilder()
        self.input = self.last = self.tensor(scale, zero_point)

    def tensor(self, scale: float | None, zero_point: int = 0) -> int:
        dtype = "float32" if scale is None else "int8"
        return self.builder.tensor(SHAPE, dtype, scale=scale, zero_point=zero_point)

    def scalar(self, value: int | float, scale: float | None = 0.02, zero_point: int = 0) -> int:
        dtype = "float32" if scale is None else "int8"
        return self.builder.tensor([1], dtype, scale=scale, zero_point=zero_point, data=[value])

    def __call__(
        self,
        kind: str,
        *others: int,
        scale: float | None = 0.05,
        zero_point: int = 0,
        source: int | None = None,
        fused: str = "NONE",
    ) -> int:
        """Adds an operator on `source`, or the last tensor, and `others`; gives its output."""
        inputs = [self.last if source is None else source, *others]
        self.last = self.tensor(scale, zero_point)
        has_fused = kind in ("ADD", "DIV", "MUL", "SUB")
        options = {"fused_activation_function": fused} if has_fused else {}
        self.builder.operator(kind, inputs, [self.last], **options)
        return self.last

    def build(self, *outputs: int) -> bytes:
        return self.builder.build([self.input], outputs or [self.last])


def _kernels(model: bytes) -> list[str]:
    return [operator.kernel for operator in make_plan(read_model(model)).operators]


def _check(model: bytes, kernels: list[str] | None = None, outputs: int = 1) -> None:
    """The blob gives tflite-micro's bytes for every byte of the input, with these kernels."""
    assert kernels is None or _kernels(model) == kernels
    blob, oracle = HostModel(pack(read_model(model))), TfliteMicro(model, 1 << 20)
    expected = oracle.run([ALL_BYTES], outputs)
    for ours, theirs in zip(blob.run([ALL_BYTES]), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def _silu() -> Chain:
    chain = Chain()
    gate = chain("LOGISTIC", scale=1 / 256, zero_point=-128)
    chain("MUL", gate, source=chain.input, scale=0.03, zero_point=-120)
    return chain


def _hard_swish() -> Chain:
    chain = Chain()
    chain("ADD", chain.scalar(127, 3 / 127), scale=0.07, zero_point=-5, fused="RELU6")
    sixth = chain("MUL", chain.scalar(127, 1 / 6 / 127), scale=1 / 255, zero_point=-128)
    chain("MUL", sixth, source=chain.input, scale=0.03, zero_point=-120)
    return chain


def _prelu() -> Chain:
    chain = Chain(zero_point=0)
    positive = chain("RELU", scale=0.04, zero_point=-128)
    chain("MUL", chain.scalar(-127, 1 / 127), source=chain.input, scale=0.05)
    chain("RELU", scale=0.05, zero_point=-128)
    negative = chain("MUL", chain.scalar(-127, 0.25 / 127), scale=0.01, zero_point=100)
    chain("ADD", negative, source=positive, scale=0.05, zero_point=-60)
    return chain


def _quantize_between() -> Chain:
    chain = Chain()
    chain("QUANTIZE", scale=0.06, zero_point=3)
    gate = chain("LOGISTIC", scale=1 / 256, zero_point=-128)
    chain("MUL", gate, source=chain.input, scale=0.03, zero_point=-120)
    chain("QUANTIZE", scale=0.04, zero_point=-100)
    return chain


def _leaky() -> Chain:
    """As MediaPipe's converter writes a PReLU."""
    chain = Chain()
    chain("MUL", chain.scalar(64, 0.25 / 64), scale=0.013, zero_point=-4)
    slope = chain("QUANTIZE", scale=0.05, zero_point=-50)
    chain("QUANTIZE", source=chain.input, scale=0.05, zero_point=-50)
    chain("MAXIMUM", slope, scale=0.05, zero_point=-50)
    return chain


def _sine() -> Chain:
    chain = Chain()
    chain("DEQUANTIZE", scale=None)
    chain("SIN", scale=None)
    chain("MUL", chain.last, scale=None)
    chain("QUANTIZE", scale=0.01)
    return chain


ACTIVATIONS = (_silu, _hard_swish, _prelu, _leaky, _quantize_between, _sine)


@pytest.mark.parametrize("make", ACTIVATIONS)
def test_an_activation_of_many_operators_is_one_table(make: Callable[[], Chain]) -> None:
    _check(make().build(), ["lut_s8"])


def _chosen(
    compared: str = "GREATER_EQUAL",
    of: float | None = None,
    other: tuple[float, int] = (0.05, -5),
) -> bytes:
    """ELU as litert-torch writes it: e^x - 1 where x compares so to 0, else x."""
    chain = Chain()
    real = chain("DEQUANTIZE", scale=None)
    chain("EXP", scale=None)
    chain("QUANTIZE", scale=0.02, zero_point=-128)
    below = chain("SUB", chain.scalar(50), scale=0.05, zero_point=-5)
    above = chain("QUANTIZE", source=chain.input, scale=other[0], zero_point=other[1])
    mask = chain.builder.tensor(SHAPE, "bool")
    zero = chain.scalar(0, of)
    compare = [real if of is None else chain.input, zero]
    chain.builder.operator(compared, compare, [mask])
    chain.last = chain.tensor(0.05, -5)
    chain.builder.operator("SELECT", [mask, above, below], [chain.last])
    return chain.build()


@pytest.mark.parametrize(
    "compared", ["EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "NOT_EQUAL"]
)
def test_a_choice_between_two_functions_of_a_byte_is_one_table(compared: str) -> None:
    model = _chosen(compared)
    assert _kernels(model) == ["lut_s8"]
    (expected,) = LiteRt(model).run([ALL_BYTES])
    np.testing.assert_array_equal(HostModel(pack(model)).run([ALL_BYTES])[0], expected)


def test_bytes_are_neither_compared_nor_chosen_where_their_scales_differ() -> None:
    for model in (_chosen(of=0.05), _chosen(other=(0.06, -5))):
        with pytest.raises(CommandError, match="SELECT: this operator is not supported"):
            pack(model)


@pytest.mark.parametrize("seed", range(CHAINS // 2))
def test_a_slope_for_each_channel_in_float32_is_a_line_for_each(seed: int) -> None:
    rng = np.random.default_rng(seed)
    chain = Chain(float(rng.uniform(0.01, 0.1)), int(rng.integers(-128, 128)))
    chain("DEQUANTIZE", scale=None)
    slopes = rng.uniform(*((-0.3, 0.6) if seed % 3 else (0, 1.5)), 16).astype(np.float32)
    chain("PRELU", chain.builder.tensor([1, 1, 16], "float32", data=slopes), scale=None)
    chain("QUANTIZE", scale=float(rng.uniform(0.01, 0.1)), zero_point=int(rng.integers(-128, 128)))
    model = chain.build()
    assert _kernels(model) == ["channel_lines_s8"]
    blob, oracle = HostModel(pack(model)), TfliteMicro(model, 1 << 20)
    for first in range(16):  # each channel is to see every byte
        values = np.roll(ALL_BYTES.reshape(-1), first).reshape(SHAPE)
        np.testing.assert_array_equal(blob.run([values])[0], oracle.run([values])[0])


def test_a_function_of_each_channel_that_no_line_makes_is_refused() -> None:
    chain = Chain(0.05, 0)
    chain("DEQUANTIZE", scale=None)
    slopes = np.linspace(-3, 3, 16, dtype=np.float32)
    chain("PRELU", chain.builder.tensor([1, 1, 16], "float32", data=slopes), scale=None)
    chain("SIN", scale=None)
    chain("QUANTIZE", scale=1 / 127)
    with pytest.raises(CommandError, match="PRELU: .* is float32; int8 is needed here"):
        pack(chain.build())


def test_the_table_is_named_after_its_operators() -> None:
    names = [
        [operator.name for operator in make_plan(read_model(make().build())).operators]
        for make in (_silu, _hard_swish, _prelu)
    ]
    assert names == [["LOGISTIC+MUL"], ["ADD+MUL+MUL"], ["RELU+...+ADD"]]


def test_a_slope_for_all_channels_is_one_table() -> None:
    chain = Chain()
    chain("PRELU", chain.builder.tensor([1, 1, 16], scale=0.01, data=[-20] * 16), scale=0.04)
    _check(chain.build(), ["lut_s8"])


def test_layer_normalization_needs_no_operator_but_those_of_many_values() -> None:
    chain = Chain()
    x, axis = chain.input, chain.builder.constant([3])

    def mean(source: int, scale: float) -> int:
        result = chain.builder.tensor([*SHAPE[:3], 1], scale=scale, zero_point=-128)
        chain.builder.operator("MEAN", [source, axis], [result], 2, keep_dims=True)
        return result

    def each(
        kind: str, *inputs: int, scale: float, zero_point: int = 0, small: bool = False
    ) -> int:
        shape = [*SHAPE[:3], 1] if small else SHAPE
        result = chain.builder.tensor(shape, scale=scale, zero_point=zero_point)
        options = (
            {}
            if kind in ("RSQRT", "SQUARED_DIFFERENCE")
            else {"fused_activation_function": "NONE"}
        )
        chain.builder.operator(kind, list(inputs), [result], **options)
        return result

    rng = np.random.default_rng(4)
    gamma = chain.builder.tensor([16], scale=0.01, data=rng.integers(50, 127, 16))
    beta = chain.builder.tensor([16], scale=0.01, data=rng.integers(-127, 127, 16))
    middle = mean(x, 0.05)
    squares = each("SQUARED_DIFFERENCE", x, middle, scale=0.1, zero_point=-128)
    variance = mean(squares, 0.05)
    some = each("ADD", variance, chain.scalar(1, 0.001), scale=0.05, zero_point=-128, small=True)
    root = each("RSQRT", some, scale=0.02, zero_point=-128, small=True)
    factor = each("MUL", root, gamma, scale=0.02, zero_point=-128)
    scaled = each("MUL", x, factor, scale=0.05)
    shift = each("MUL", middle, factor, scale=0.05)
    rest = each("SUB", beta, shift, scale=0.05)
    chain.last = each("ADD", scaled, rest, scale=0.05)
    kernels = _kernels(chain.build())
    assert "lut_s8" in kernels
    assert len(kernels) == 9
    _check(chain.build())


def test_a_square_is_one_table() -> None:
    chain = Chain()
    chain("MUL", chain.last, scale=0.1)
    _check(chain.build(), ["lut_s8"])


def test_what_something_else_needs_in_between_stays() -> None:
    chain = _silu()
    gate = chain.builder.graph.operators[0].outputs[0]
    _check(chain.build(chain.last, gate), ["lut_s8", "mul_s8"], outputs=2)


def test_what_another_operator_needs_in_between_stays() -> None:
    chain = _silu()
    product, gate = chain.last, chain.builder.graph.operators[0].outputs[0]
    turned = chain.builder.tensor([1, 4, 4, 16], scale=1 / 256, zero_point=-128)
    order = chain.builder.constant([0, 2, 1, 3])
    chain.builder.operator("TRANSPOSE", [gate, order], [turned])
    _check(chain.build(product, turned), ["lut_s8", "mul_s8", "copy"], outputs=2)


def test_a_tensor_that_is_repeated_is_no_part_of_a_chain() -> None:
    builder = ModelBuilder()
    source = builder.tensor([1, 1, 1, 256], scale=0.05)
    twos = builder.tensor([1, 2, 1, 1], scale=0.02, data=[100, 100])
    sums, target = (
        builder.tensor([1, 2, 1, 256], scale=scale, zero_point=point)
        for scale, point in ((0.06, 0), (1 / 256, -128))
    )
    builder.operator("ADD", [source, twos], [sums], fused_activation_function="NONE")
    builder.operator("LOGISTIC", [sums], [target])
    model = builder.build([source], [target])
    assert _kernels(model) == ["broadcast_add_s8", "lut_s8"]
    given = ALL_BYTES.reshape(1, 1, 1, 256)
    (expected,) = TfliteMicro(model, 1 << 20).run([given])
    np.testing.assert_array_equal(HostModel(pack(model)).run([given])[0], expected)


def test_a_constant_of_several_values_is_no_part_of_a_chain() -> None:
    chain = Chain()
    values = chain.builder.tensor(SHAPE, scale=0.02, data=ALL_BYTES)
    chain("ADD", values, scale=0.08)
    chain("LOGISTIC", scale=1 / 256, zero_point=-128)
    _check(chain.build(), ["add_s8", "lut_s8"])


def test_a_table_larger_than_the_tensor_is_not_made_anew() -> None:
    builder = ModelBuilder()
    source, target = (builder.tensor([1, 255], scale=0.05) for _ in range(2))
    two = builder.tensor([1], scale=0.02, data=[100])
    builder.operator("ADD", [source, two], [target], fused_activation_function="NONE")
    assert _kernels(builder.build([source], [target])) == ["broadcast_add_s8"]


FLOAT = ("ABS", "CEIL", "COS", "ELU", "EXP", "FLOOR", "HARD_SWISH", "LOGISTIC", "NEG", "RELU")
FLOAT += ("RELU6", "ROUND", "SIN", "SQUARE", "TANH")


@pytest.mark.parametrize("kind", [*FLOAT, "LOG", "RSQRT", "SQRT"])
@pytest.mark.parametrize("scale", [0.01, 0.0371, 0.125])
def test_a_function_that_is_left_in_float32_is_a_table(kind: str, scale: float) -> None:
    chain = Chain(scale, zero_point=-128 if kind not in FLOAT else 11)
    chain("DEQUANTIZE", scale=None)
    if kind not in FLOAT:
        chain("ADD", chain.scalar(0.125, None), scale=None)
    chain(kind, scale=None)
    chain("QUANTIZE", scale=0.05, zero_point=-20)
    _check(chain.build(), ["lut_s8"])


@pytest.mark.parametrize("fused", FUSED)
def test_a_division_that_is_left_in_float32_is_a_table(fused: str) -> None:
    chain = Chain()
    chain("DEQUANTIZE", scale=None)
    chain("DIV", chain.scalar(-0.7, None), scale=None, fused=fused)
    chain("QUANTIZE", scale=0.03, zero_point=5)
    _check(chain.build(), ["lut_s8"])


@pytest.mark.parametrize("power", [2.0, 3.0, 0.5])
def test_a_power_that_is_left_in_float32_is_a_table(power: float) -> None:
    chain = Chain(0.02, zero_point=-128)
    chain("DEQUANTIZE", scale=None)
    chain("POW", chain.scalar(power, None), scale=None)
    chain("QUANTIZE", scale=0.3, zero_point=-100)
    model = chain.build()
    assert _kernels(model) == ["lut_s8"]
    # LiteRT's: tflite-micro has no POW
    (expected,) = LiteRt(model).run([ALL_BYTES])
    np.testing.assert_array_equal(HostModel(pack(model)).run([ALL_BYTES])[0], expected)


INT8 = ("ABS", "ADD", "ELU", "HARD_SWISH", "LOGISTIC", "MUL", "QUANTIZE", "RELU", "SUB", "TANH")


def _random_chain(rng: Rng, length: int) -> bytes:
    """Operators of int8, each of a tensor before it, perhaps with a scalar or another tensor."""
    chain = Chain(some_scale(rng, -6, -2), some_zero_point(rng))
    scales = {chain.last: chain.builder.graph.tensors[chain.last].quantization.scale[0]}
    for _ in range(length):
        kind = str(rng.choice(INT8))
        source = chain.last if rng.random() < 0.6 else int(rng.choice(list(scales)))
        largest = float(scales[source])
        others = []
        if kind in ("ADD", "MUL", "SUB"):
            if rng.random() < 0.5:
                other = chain.scalar(int(some_values(rng, [])), some_scale(rng, -7, -4))
                scale = chain.builder.graph.tensors[other].quantization.scale[0]
            else:
                other = int(rng.choice(list(scales)))
                scale = scales[other]
            others.append(other)
            largest = largest * scale * 64 if kind == "MUL" else max(largest, float(scale))
        output = largest * float(2 ** rng.uniform(-0.5, 1.5)), some_zero_point(rng)
        output = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}.get(kind, output)
        fused = str(rng.choice(FUSED)) if rng.random() < 0.3 else "NONE"
        chain(kind, *others, source=source, scale=output[0], zero_point=output[1], fused=fused)
        scales[chain.last] = np.float32(output[0])
    return chain.build()


def test_random_chains_give_tflite_micros_bytes() -> None:
    rng = np.random.default_rng(5)
    tables = 0
    for _ in range(CHAINS):
        model = _random_chain(rng, int(rng.integers(2, 8)))
        _check(model)
        tables += _kernels(model) in (["lut_s8"], [])
    assert tables > 0.9 * CHAINS


def test_a_picture_of_bytes_that_is_cast_and_scaled_is_one_table() -> None:
    builder = ModelBuilder()
    picture = builder.tensor(SHAPE, "uint8")
    real, halved = builder.tensor(SHAPE, "float32"), builder.tensor(SHAPE, "float32")
    stored = builder.tensor(SHAPE, scale=0.4, zero_point=-20)
    half = builder.tensor([1], "float32", data=[0.5])
    builder.operator("CAST", [picture], [real])
    builder.operator("MUL", [real, half], [halved], fused_activation_function="NONE")
    builder.operator("QUANTIZE", [halved], [stored])
    model = builder.build([picture], [stored])
    assert _kernels(model) == ["lut_s8"]
    given = np.arange(256, dtype=np.uint8).reshape(SHAPE)
    # LiteRT's: tflite-micro casts no uint8
    [expected] = LiteRt(model).run([given])
    np.testing.assert_array_equal(HostModel(pack(model)).run([given])[0], expected)


@pytest.mark.parametrize(("kind", "count"), [("SELECT", 1), ("SELECT_V2", 2), ("LESS", 1)])
def test_a_choice_or_a_comparison_of_too_few_is_refused(kind: str, count: int) -> None:
    builder = ModelBuilder()
    given, result = (builder.tensor([1, 4, 4, 64], scale=0.1) for _ in range(2))
    builder.operator(kind, [given] * count, [result])
    with pytest.raises(CommandError, match=f"1 x {kind}"):
        pack(builder.build([given], [result]))
