"""Operators that map one 8-bit value to another: a table of 256 bytes.

Each follows tflite-micro's arithmetic for the operator, evaluated at every input value.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from host_tools import fixed_point
from host_tools.arithmetic import (
    INT32_MAX,
    INT32_MIN,
    LIMITS,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    round_half_away,
    rounding_divide_by_pot,
)
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.operators.arguments import Scale, check_shape, output, quantized, required
from host_tools.operators.functions import FUNCTIONS, Function, Options, Values
from host_tools.operators.lowering import Lowered, Page, View, call
from host_tools.plan_types import PlanOperator


def lookup_table(
    kind: str, input_tensor: Tensor, output_tensor: Tensor, options: Options
) -> npt.NDArray[np.uint8]:
    """The output byte for each input byte, both read as unsigned; uint8[256].

    `kind` is ABS, RELU, RELU6, LEAKY_RELU, HARD_SWISH, LOGISTIC, TANH or QUANTIZE (between 8-bit
    types). Raises CommandError where the tensors are not 8-bit or their scales are beyond the
    operator.
    """
    dtypes = ("int8", "uint8") if kind == "QUANTIZE" else ("int8",)
    given, result = quantized(input_tensor, *dtypes), quantized(output_tensor, *dtypes)
    values = np.arange(256, dtype=np.uint8).view(input_tensor.dtype).astype(np.int64)
    mapped = _FUNCTIONS[kind](values, given, result, options)
    lowest, highest = LIMITS[output_tensor.dtype]
    return np.clip(mapped, lowest, highest).astype(output_tensor.dtype).view(np.uint8)


def _scaled(values: Values, multiplier: int, shift: int) -> Values:
    return multiply_by_quantized_multiplier(values, multiplier, shift).astype(np.int64)


def _real_multiplier(real: float) -> tuple[int, int]:
    """As QuantizeMultiplier, for negative numbers too."""
    if not abs(real) < 1 << 22:
        raise CommandError(f"its scales make a factor of {real:g}; less than 2^22 is supported")
    multiplier, shift = quantize_multiplier(abs(real))
    return (-multiplier if real < 0 else multiplier), shift


def _quantize(values: Values, given: Scale, result: Scale, options: Options) -> Values:
    # Requantize in requantize.h
    multiplier, shift = _real_multiplier(float(given.scale) / float(result.scale))
    return _scaled(values - given.zero_point, multiplier, shift) + result.zero_point


def _abs(values: Values, given: Scale, result: Scale, options: Options) -> Values:
    # AbsEvalQuantized in elementwise.cc
    multiplier, shift = _real_multiplier(float(given.scale) / float(result.scale))
    return _scaled(np.abs(values - given.zero_point), multiplier, shift) + result.zero_point


def _relu(values: Values, given: Scale, result: Scale, options: Options) -> Values:
    # CalculateReluOpData, ReluQuantized
    return np.maximum(_quantize(values, given, result, options), result.zero_point)


def _relu6(values: Values, given: Scale, result: Scale, options: Options) -> Values:
    # Relu6Prepare looks at the input's scale only
    if given != result:
        raise CommandError("its input and output differ in scale or zero point")
    six = int(np.clip(round_half_away(np.float32(6) / given.scale), INT32_MIN, INT32_MAX))
    return np.clip(values, given.zero_point, min(six + given.zero_point, 127))


def _leaky_relu(values: Values, given: Scale, result: Scale, options: Options) -> Values:
    # CalculateOpDataLeakyRelu, QuantizeLeakyRelu
    ratio = float(given.scale) / float(result.scale)
    alpha = float(np.float32(options["alpha"]))
    slope, slope_shift = _real_multiplier(float(given.scale) * alpha / float(result.scale))
    identity, identity_shift = _real_multiplier(ratio)
    shifted = values - given.zero_point
    positive = _scaled(shifted, identity, identity_shift)
    return np.where(shifted >= 0, positive, _scaled(shifted, slope, slope_shift)) + (
        result.zero_point
    )


def _logistic(values: Values, given: Scale, result: Scale, options: Options) -> Values:
    # CalculateArithmeticOpDataLogistic, reference_integer_ops::Logistic
    if result.zero_point != -128 or result.scale != np.float32(1 / 256):
        raise CommandError(
            f"its output has scale {result.scale:g} and zero point {result.zero_point}; "
            "they must be 1/256 and -128"
        )
    scaled, beyond = _to_q4(values, given)
    exact = rounding_divide_by_pot(fixed_point.logistic(scaled, 4), 23).astype(np.int64) - 128
    return np.where(beyond != 0, beyond * 128, exact)


def _tanh(values: Values, given: Scale, result: Scale, options: Options) -> Values:
    # CalculateArithmeticOpData in tanh.cc, reference_integer_ops::Tanh
    if result.zero_point != 0 or result.scale != np.float32(1 / 128):
        raise CommandError(
            f"its output has scale {result.scale:g} and zero point {result.zero_point}; "
            "they must be 1/128 and 0"
        )
    scaled, beyond = _to_q4(values, given)
    exact = rounding_divide_by_pot(fixed_point.tanh(scaled, 4), 24).astype(np.int64)
    return np.where(beyond != 0, beyond * 128, exact)


def _to_q4(values: Values, given: Scale) -> tuple[npt.NDArray[np.int32], Values]:
    """Real values in Q4.27, and -1 or 1 where they are too low or too high for it, else 0."""
    multiplier, shift = quantize_multiplier(float(given.scale) * (1 << 27))
    if shift < 0:
        raise CommandError(f"its input scale {given.scale:g} is too small; 2^-28 is supported")
    shifted = values - given.zero_point
    # with a radius of 0 even 0 counts as too low, as it does in tflite-micro
    radius = math.floor(math.ldexp(15.0, 27 - shift))
    beyond = np.where(shifted <= -radius, -1, np.where(shifted >= radius, 1, 0))
    inside = np.where(beyond == 0, shifted, 0)
    return multiply_by_quantized_multiplier(inside, multiplier, min(shift, 30)), beyond


def _hard_swish(values: Values, given: Scale, result: Scale, options: Options) -> Values:
    # HardSwishPrepare, reference_ops::HardSwish
    fine_scale = float(given.scale) / 128
    factor, exponent = quantize_multiplier(fine_scale / float(result.scale))
    relu_factor, relu_exponent = quantize_multiplier(fine_scale / (3 / 32768))
    if not (-15 <= exponent <= 0 and -15 <= relu_exponent <= 31):
        raise CommandError(
            f"its input scale {given.scale:g} and output scale {result.scale:g} are too far "
            "from each other or from 1"
        )
    fine = _wrap_int16((values - given.zero_point) << 7)
    presented = _high_mul_16(fine, _upper_half(factor))
    relu = fine
    if relu_exponent > 0:
        relu = np.clip(relu << (relu_exponent - 1), -32768, 32767)
    relu = _high_mul_16(relu, _upper_half(relu_factor))
    if relu_exponent > 0:
        relu = np.clip(relu << 1, -32768, 32767)
    elif relu_exponent < 0:
        relu = rounding_divide_by_pot(relu, -relu_exponent).astype(np.int64)
    relu = (relu + 32768) >> 1
    product = relu * presented
    truncated = np.sign(product) * (np.abs(product) >> 15)
    shifted = rounding_divide_by_pot(truncated, -exponent).astype(np.int64)
    return _wrap_int16(shifted + result.zero_point)


def _wrap_int16(values: Values) -> Values:
    return values.astype(np.int16).astype(np.int64)


def _upper_half(multiplier: int) -> int:
    """The upper 16 bits of a multiplier, rounded. DownScaleInt32ToInt16Multiplier."""
    if multiplier >= INT32_MAX - (1 << 15):
        return 32767
    return (multiplier + (1 << 15)) >> 16


def _high_mul_16(a: Values, b: int) -> Values:
    """SaturatingRoundingDoublingHighMul of int16; b is not -32768."""
    product = a * b
    nudged = product + np.where(product >= 0, 1 << 14, 1 - (1 << 14))
    return np.sign(nudged) * (np.abs(nudged) >> 15)


_FUNCTIONS: dict[str, Function] = {
    **FUNCTIONS,
    "ABS": _abs,
    "HARD_SWISH": _hard_swish,
    "LEAKY_RELU": _leaky_relu,
    "LOGISTIC": _logistic,
    "QUANTIZE": _quantize,
    "RELU": _relu,
    "RELU6": _relu6,
    "TANH": _tanh,
}


# of no file: what plan/fuse_tables.py makes of a chain of operators
TABLE = "TABLE"


def lower_lookup(graph: Graph, operator: Operator) -> Lowered:
    (source,) = required(graph, operator, 1)
    target = output(graph, operator)
    table = lookup_table(operator.kind, source, target, operator.options)
    check_shape(target, source.shape)
    return [look_up(operator, source, target, table)]


def look_up(
    operator: Operator, source: Tensor, target: Tensor, table: npt.NDArray[np.uint8]
) -> PlanOperator | View:
    """A call of lut_s8, or a view where the table leaves every byte as it is."""
    if source.dtype == target.dtype and np.array_equal(table, np.arange(256)):
        return View(source.index, target.index)
    return call(operator, "lut_s8", data={"table": table}, inputs=(source.index,))


def lower_table(graph: Graph, operator: Operator) -> Lowered:
    (source,) = required(graph, operator, 1)
    named = dataclasses.replace(operator, kind=operator.options["name"])
    if "lines" in operator.options:
        params, data = operator.options["lines"]
        return [call(named, "channel_lines_s8", params, data, inputs=(source.index,))]
    return [look_up(named, source, output(graph, operator), operator.options["table"])]


_OPTIONS: dict[str, tuple[str, dict[str, type | str]]] = {
    "GELU": ("GeluOptions", {"approximate": bool}),
    "LEAKY_RELU": ("LeakyReluOptions", {"alpha": float}),
}

PAGES = {
    kind: Page(lower_lookup, _OPTIONS.get(kind), by_value=True)
    for kind in _FUNCTIONS
    if kind != "QUANTIZE"
}
