"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED.

The names after a full stop are tflite-micro's functions.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.operators.arguments import (
    Scale,
    check_rank,
    check_shape,
    constant,
    inputs,
    label,
    output,
    quantized,
)
from host_tools.operators.lowering import Lowered, Page, call
from host_tools.operators.parameters import FUSED, STRIDES, activation, multiplier_of, window

Parameters = dict[str, int]
Data = dict[str, npt.NDArray[np.generic]]
Result = tuple[Parameters, Data]


def conv(graph: Graph, operator: Operator) -> Result:
    """CONV_2D: the parameters of conv_s8. PopulateConvolutionQuantizationParams."""
    source, weights, bias = _convolution_inputs(graph, operator)
    target = output(graph, operator)
    units, kernel_h, kernel_w, depth = weights.shape
    channels = source.shape[3]
    if 0 in (channels, depth) or channels % depth or units % (channels // depth):
        raise CommandError(
            f"{label(weights)} of shape {list(weights.shape)} does not fit "
            f"{channels} input channels"
        )
    return _convolution(
        operator, source, weights, bias, target, (kernel_h, kernel_w), units, 0, channels // depth
    )


def depthwise_conv(graph: Graph, operator: Operator) -> Result:
    """DEPTHWISE_CONV_2D: the parameters of depthwise_conv_s8, weights without their leading 1."""
    source, weights, bias = _convolution_inputs(graph, operator)
    target = output(graph, operator)
    _, kernel_h, kernel_w, units = weights.shape
    factor = operator.options["depth_multiplier"]
    if weights.shape[0] != 1 or units != source.shape[3] * factor or units == 0:
        raise CommandError(
            f"{label(weights)} of shape {list(weights.shape)} does not fit {source.shape[3]} "
            f"input channels and depth multiplier {factor}"
        )
    parameters, data = _convolution(
        operator, source, weights, bias, target, (kernel_h, kernel_w), units, 3, factor
    )
    data["weights"] = data["weights"].reshape(kernel_h, kernel_w, units)
    return parameters, data


def fully_connected(graph: Graph, operator: Operator) -> Result:
    """FULLY_CONNECTED: the parameters of fully_connected_s8. CalculateOpDataFullyConnected."""
    source, weights, bias = inputs(graph, operator, 2, 3)
    assert source is not None and weights is not None
    target = output(graph, operator)
    given, result = quantized(source), quantized(target)
    values = constant(weights, "int8")
    check_rank(weights, 2)
    if operator.options["weights_format"] != "DEFAULT":
        raise CommandError("its weights are shuffled; only the default format is supported")
    units, depth = weights.shape
    size = math.prod(source.shape)
    if target.open and depth:
        rows = source.shape[:-1] if operator.options["keep_num_dims"] else (size // depth,)
        check_shape(target, (*rows, units))
    fits = target.shape[-1:] == (units,) and depth and size % depth == 0
    if not fits or math.prod(target.shape) != size // depth * units:
        raise CommandError(
            f"{label(weights)} of shape {list(weights.shape)} does not fit the input "
            f"{list(source.shape)} and the output {list(target.shape)}"
        )
    scales, zero_points = channels(weights, units, 0)
    per_channel = len(scales) > 1
    if per_channel:
        check_symmetric(weights)
    else:
        _check_bias_scale(given, scales[0], bias, result)
    act_min, act_max = activation(operator, result)
    parameters = {
        "depth": depth,
        "units": units,
        "per_channel": int(per_channel),
        "input_offset": -given.zero_point,
        "filter_offset": -int(zero_points[0]),
        "output_offset": result.zero_point,
        "act_min": act_min,
        "act_max": act_max,
    }
    return parameters, {
        "weights": values,
        "bias": bias_of(bias, units),
        **multipliers(ratios(given, scales, result)),
    }


def _convolution_inputs(graph: Graph, operator: Operator) -> tuple[Tensor, Tensor, Tensor | None]:
    source, weights, bias = inputs(graph, operator, 2, 3)
    assert source is not None and weights is not None
    check_rank(source, 4)
    check_rank(weights, 4)
    return source, weights, bias


def _convolution(
    operator: Operator,
    source: Tensor,
    weights: Tensor,
    bias: Tensor | None,
    target: Tensor,
    kernel: tuple[int, int],
    units: int,
    axis: int,
    factor: int,
) -> Result:
    given, result = quantized(source), quantized(target)
    values = constant(weights, "int8")
    dilation = (operator.options["dilation_h_factor"], operator.options["dilation_w_factor"])
    (pad_top, pad_left), (height, width) = window(operator, source, kernel, dilation)
    check_shape(target, (source.shape[0], height, width, units))
    scales, _ = channels(weights, units, axis)
    # tflite-micro reads convolution weights as symmetric, whatever they say
    check_symmetric(weights)
    act_min, act_max = activation(operator, result)
    parameters = {
        "kernel_h": kernel[0],
        "kernel_w": kernel[1],
        "stride_h": operator.options["stride_h"],
        "stride_w": operator.options["stride_w"],
        "dilation_h": dilation[0],
        "dilation_w": dilation[1],
        "pad_top": pad_top,
        "pad_left": pad_left,
        "channel_factor": factor,
        "input_offset": -given.zero_point,
        "output_offset": result.zero_point,
        "act_min": act_min,
        "act_max": act_max,
    }
    reals = ratios(given, np.broadcast_to(scales, (units,)), result)
    return parameters, {"weights": values, "bias": bias_of(bias, units), **multipliers(reals)}


def channels(
    weights: Tensor, units: int, axis: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Scales and zero points of weights: one, or one for each of `units` along `axis`."""
    quantization = weights.quantization
    if quantization is None:
        raise CommandError(f"{label(weights)} has no scale; a quantized tensor is needed here")
    count = len(quantization.scale)
    if count > 1 and (count != units or quantization.axis != axis):
        raise CommandError(
            f"{label(weights)} has {count} scales along dimension {quantization.axis}; "
            f"1, or {units} along dimension {axis}, are supported"
        )
    return quantization.scale, quantization.zero_point


def check_symmetric(weights: Tensor) -> None:
    assert weights.quantization is not None
    if weights.quantization.zero_point.any():
        raise CommandError(
            f"{label(weights)} has zero points other than 0; weights must be symmetric here"
        )


def _check_bias_scale(
    given: Scale, weights_scale: np.float32, bias: Tensor | None, result: Scale
) -> None:
    """GetQuantizedConvolutionMultipler refuses a bias of another scale than input x weights."""
    if bias is None:
        return
    product = float(given.scale) * float(weights_scale)
    scale = float(bias.quantization.scale[0]) if bias.quantization is not None else 0.0
    if abs(product - scale) / float(result.scale) > 0.02:
        raise CommandError(
            f"{label(bias)} has scale {scale:g}, but input and weights make it {product:g}"
        )


def bias_of(bias: Tensor | None, units: int) -> npt.NDArray[np.generic]:
    if bias is None:
        return np.zeros(units, dtype=np.int32)
    values = constant(bias, "int32").reshape(-1)
    if len(values) != units:
        raise CommandError(f"{label(bias)} has {len(values)} values for {units} channels")
    return values


def ratios(given: Scale, scales: npt.NDArray[np.float32], result: Scale) -> list[float]:
    return [float(given.scale) * float(scale) / float(result.scale) for scale in scales]


def multipliers(reals: list[float]) -> Data:
    pairs = [multiplier_of(real) for real in reals]
    return {
        "multiplier": np.array([multiplier for multiplier, _ in pairs], dtype=np.int32),
        "shift": np.array([shift for _, shift in pairs], dtype=np.int32),
    }


def _lower_conv(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "conv_s8", *conv(graph, operator))]


def _lower_depthwise_conv(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "depthwise_conv_s8", *depthwise_conv(graph, operator))]


def _lower_fully_connected(graph: Graph, operator: Operator) -> Lowered:
    return [call(operator, "fully_connected_s8", *fully_connected(graph, operator))]


_DILATIONS = {"dilation_w_factor": int, "dilation_h_factor": int}

PAGES = {
    "CONV_2D": Page(_lower_conv, ("Conv2DOptions", {**STRIDES, **_DILATIONS, **FUSED})),
    "DEPTHWISE_CONV_2D": Page(
        _lower_depthwise_conv,
        ("DepthwiseConv2DOptions", {**STRIDES, "depth_multiplier": int, **_DILATIONS, **FUSED}),
    ),
    "FULLY_CONNECTED": Page(
        _lower_fully_connected,
        (
            "FullyConnectedOptions",
            {
                **FUSED,
                "weights_format": "FullyConnectedOptionsWeightsFormat",
                "keep_num_dims": bool,
                "asymmetric_quantize_inputs": bool,
            },
        ),
    ),
}
