"""The twins of the operators' own checks, firmware_module/runtime/operators: a rule a kernel.

A rule checks parameters, shapes and data blocks, in C's order. It sets `scratch`, the bytes that
the kernel asks for, and `slide` and `step`, where the C function does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from host_tools.blob import layout
from host_tools.verifier.check import (
    FLOAT32,
    INT8,
    INT32,
    LEAST,
    MOST,
    PARAMETER,
    SHAPE,
    STATE,
    UINT8,
    WORD,
    Call,
    Tensor,
)

Rule = Callable[[Call], None]
Ranges = dict[str, tuple[int, int]]

_OFFSETS: Ranges = {"input0_offset": (-127, 128), "input1_offset": (-127, 128)}
_OUTPUT_OFFSET: Ranges = {"output_offset": (-128, 127)}
_SIDE, _WINDOW, _ARENA = (
    (1, layout.MAX_PICTURE),
    (1, layout.MAX_WINDOW),
    (1, layout.MAX_ARENA),
)
_WINDOWS: Ranges = dict.fromkeys(("kernel_h", "kernel_w", "stride_h", "stride_w"), _WINDOW)
_PADS: Ranges = {"pad_top": (0, MOST), "pad_left": (0, MOST)}
_DILATIONS: Ranges = {"dilation_h": _WINDOW, "dilation_w": _WINDOW}
_DENSE: Ranges = {"depth": _ARENA, "units": _ARENA}
_LONGEST_LOG_SOFTMAX = 4095


# --- convolutions and poolings -----------------------------------------------------------------


def _conv_fields(call: Call) -> None:
    call.parameters({**_WINDOWS, **_DILATIONS, **_PADS, "channel_factor": _SIDE})
    call.images()


def _convolution(call: Call) -> None:
    call.windows()
    call.input_offset("input_offset", call.input0)
    call.output_offset()
    call.activation()
    call.blocks()
    call.requantization(call.output.dims[3])


def _conv(call: Call) -> None:
    _conv_fields(call)
    groups = call.params["channel_factor"]
    if call.input0.dims[3] % groups or call.output.dims[3] % groups:
        words = "channel_factor, the number of groups, does not divide the channels"
        call.check.refuse(SHAPE, words)
    _convolution(call)


def _depthwise_conv(call: Call) -> None:
    _conv_fields(call)
    units = min(call.input0.dims[3] * call.params["channel_factor"], WORD)
    call.shape("the output's number of channels", call.output.dims[3], units)
    weights = min(call.params["kernel_h"] * call.params["kernel_w"] * units, WORD)
    call.check.between(SHAPE, "the number of weights", weights, 1, layout.MAX_REDUCED)
    _convolution(call)


def _pool(call: Call) -> None:
    call.parameters({**_WINDOWS, **_PADS})
    call.windows()
    values = call.input0.elements // call.input0.dims[0]
    words = "the number of values in a picture"
    call.check.between(SHAPE, words, values, 1, layout.MAX_REDUCED)
    call.shape("the output's number of channels", call.output.dims[3], call.input0.dims[3])
    call.output_zero_point(call.input0.zero_point)
    call.activation()


def _pool_simd(call: Call) -> None:
    _pool(call)
    call.slide = call.card.slide(call.layer)


def _packed_fields(call: Call) -> None:
    call.parameters({**_WINDOWS, **_PADS})
    if "dilation_h" in call.params:
        call.parameters(_DILATIONS)
    call.windows()
    call.activation()


def _own_scratch(call: Call) -> None:
    call.scratch = call.card.scratch(call.layer)
    call.slide = call.card.slide(call.layer)


def _conv_packed(call: Call) -> None:
    _packed_fields(call)
    call.blocks()
    _own_scratch(call)


def _conv_general(call: Call) -> None:
    _packed_fields(call)
    call.parameters({"groups": _SIDE})
    groups = call.params["groups"]
    if call.input0.dims[3] % groups or call.output.dims[3] % groups:
        call.check.refuse(SHAPE, "groups does not divide the numbers of channels")
    call.blocks()
    _own_scratch(call)


def _depthwise_3x3(call: Call) -> None:
    _packed_fields(call)
    call.blocks()
    call.parameter_is("kernel_h", 3)
    call.parameter_is("kernel_w", 3)
    call.parameter("stride_h", 1, 2)
    call.parameter_is("stride_w", call.params["stride_h"])
    channels = call.output.dims[3]
    call.shape("input 0's number of channels", call.input0.dims[3], channels)
    call.scratch = call.card.scratch(call.layer)
    if call.card.replaces(call.layer):
        call.slide, call.step = 0, channels


def _depthwise_packed(call: Call) -> None:
    _packed_fields(call)
    if "dilation_h" not in call.params:
        call.check.block("weights", call.params["weights"], 0)
    channels, units = call.input0.dims[3], call.output.dims[3]
    factor = 1 if units < channels else units // channels
    call.check.between(SHAPE, "input 0's number of channels", channels, 4, layout.MAX_PICTURE)
    call.shape("the output's number of channels", units, channels * factor)
    call.blocks()
    call.slide = call.card.slide(call.layer)


def _winograd(window: int, call: Call) -> None:
    _packed_fields(call)
    call.blocks()
    for name, allowed in (
        ("kernel_h", window),
        ("kernel_w", window),
        ("stride_h", 1),
        ("stride_w", 1),
    ):
        call.parameter_is(name, allowed)
    call.check.multiple(SHAPE, "input 0's number of channels", call.input0.dims[3], 4)
    _own_scratch(call)


# --- fully connected and recurrent layers ------------------------------------------------------


def _fully_connected(call: Call) -> None:
    call.parameters(
        {
            **_DENSE,
            "per_channel": (0, 1),
            "input_offset": (-127, 128),
            "filter_offset": (-127, 128),
        }
    )
    call.s8()
    call.input_offset("input_offset", call.input0)
    call.output_offset()
    call.activation()
    units, per_channel = call.params["units"], call.params["per_channel"]
    if per_channel:
        call.parameter_is("filter_offset", 0)
    call.rows(call.params["depth"], units)
    call.blocks()
    call.requantization(units if per_channel else 1)


def _fully_connected_packed(call: Call) -> None:
    call.parameters(_DENSE)
    if "blocks" in call.params:
        call.parameter("blocks", 0, call.params["units"] // 4)
    call.s8()
    call.activation()
    call.rows(call.params["depth"], call.params["units"])
    call.blocks()
    _own_scratch(call)


def _recurrent(call: Call, inputs: int, states: int, outputs: int) -> None:
    call.s8()
    assert call.input1 is not None
    call.shape("input 1's place", call.input1.place, STATE)
    for name, tensor, elements in (
        ("input 0's elements", call.input0, inputs),
        ("input 1's elements", call.input1, states),
        ("the output's elements", call.output, outputs),
    ):
        call.shape(name, tensor.elements, min(elements, WORD))
    call.blocks()
    _own_scratch(call)


def _svdf(call: Call) -> None:
    call.parameters(
        {
            **dict.fromkeys(("batches", "depth", "filters", "rank", "memory"), _SIDE),
            "wide": (0, 1),
            "state_zero_point": (-128, 127),
            **_OUTPUT_OFFSET,
            "feature_multiplier": (0, MOST),
            "feature_shift": (-31, 30),
            "output_multiplier": (0, MOST),
            "output_shift": (-31, 30),
        }
    )
    call.multiplier("feature_multiplier")
    call.multiplier("output_multiplier")
    call.output_offset()
    p = call.params
    units = p["filters"] // p["rank"]
    call.parameter_is("filters", units * p["rank"])
    state = p["batches"] * p["filters"] * p["memory"] * (2 if p["wide"] else 1)
    _recurrent(call, p["batches"] * p["depth"], state, p["batches"] * units)


def _lstm(call: Call) -> None:
    call.parameters(
        {
            "steps": _SIDE,
            "batches": _SIDE,
            "time_major": (0, 1),
            "depth": _SIDE,
            "units": _SIDE,
            **_OUTPUT_OFFSET,
            "cell_clip": (0, (1 << 15) - 1),
            "cell_multiplier": (3, 3 << 12),
            "cell_shift": (0, 15),
        }
    )
    p = call.params
    rows = min(p["steps"] * p["batches"], WORD)
    _recurrent(call, rows * p["depth"], p["batches"] * 3 * p["units"], rows * p["units"])


def _gru(call: Call) -> None:
    call.parameters(
        {
            "depth": _SIDE,
            "units": _SIDE,
            "input_offset": (-128, 127),
            "hidden_offset": (-128, 127),
        }
    )
    call.s8()
    assert call.input1 is not None
    depth, units = call.params["depth"], call.params["units"]
    call.shape("input 0's number of elements", call.input0.elements, depth)
    call.shape("input 1's number of elements", call.input1.elements, units)
    call.shape("the output's number of elements", call.output.elements, units)
    call.blocks()
    _own_scratch(call)


def _check_matrix(call: Call, number: int, tensor: Tensor, rows: str, sides: list[int]) -> None:
    rank, outer = tensor.rank, call.output.shape[:-2]
    call.check.between(SHAPE, f"input {number}'s rank", rank, 2, call.output.rank)
    pairs = zip(reversed(tensor.shape[:-2]), reversed(outer), strict=False)
    if list(tensor.shape[-2:]) != sides or any(a not in (1, b) for a, b in pairs):
        call.check.refuse(SHAPE, f"input {number}'s shape is not [..., {rows}, depth]")


def _batch_matmul(call: Call) -> None:
    call.parameters({**_OFFSETS, **_OUTPUT_OFFSET, "multiplier": (0, MOST), "shift": (-31, 30)})
    call.multiplier("multiplier")
    call.s8()
    _offsets_fit(call)
    call.check.between(SHAPE, "the output's rank", call.output.rank, 2, layout.MAX_RANK)
    assert call.input1 is not None
    rows, columns = call.output.shape[-2:]
    depth = call.input0.dims[max(0, call.input0.rank - 1)]
    _check_matrix(call, 0, call.input0, "rows", [rows, depth])
    _check_matrix(call, 1, call.input1, "columns", [columns, depth])


# --- element by element ------------------------------------------------------------------------


def _offsets_fit(call: Call) -> None:
    assert call.input1 is not None
    call.input_offset("input0_offset", call.input0)
    call.input_offset("input1_offset", call.input1)
    call.output_offset()


def _sum(left_shift: int, most_output_shift: int, shapes: Rule, call: Call) -> None:
    ranges: Ranges = {}
    for number in (0, 1):
        ranges[f"input{number}_offset"] = (-127, 128)
        ranges[f"input{number}_multiplier"] = (0, MOST)
        ranges[f"input{number}_shift"] = (-31, 0)
    ranges["left_shift"] = (left_shift, left_shift)
    ranges |= _OUTPUT_OFFSET
    ranges["output_multiplier"] = (0, MOST)
    ranges["output_shift"] = (-31, most_output_shift)
    call.parameters(ranges)
    call.s8()
    for name in ("input0_multiplier", "input1_multiplier", "output_multiplier"):
        call.multiplier(name)
    _offsets_fit(call)
    call.activation()
    shapes(call)


def _product(shapes: Rule, call: Call) -> None:
    call.parameters(
        {
            **_OFFSETS,
            **_OUTPUT_OFFSET,
            "output_multiplier": (0, MOST),
            "output_shift": (-31, 30),
        }
    )
    call.s8()
    call.multiplier("output_multiplier")
    _offsets_fit(call)
    call.activation()
    shapes(call)


def _prelu(call: Call) -> None:
    call.parameters({**_OFFSETS, **_OUTPUT_OFFSET, "multiplier": (0, MOST), "shift": (-31, 13)})
    call.s8()
    call.multiplier("multiplier")
    _offsets_fit(call)
    call.blocks()
    call.broadcast()


def _add_table(call: Call) -> None:
    call.s8()
    call.same_size()
    call.activation()
    call.blocks()


def _extremum(call: Call) -> None:
    call.s8()
    call.broadcast()


def _channel_lines(call: Call) -> None:
    call.parameters({"greater": (0, 1), "threshold": (-128, 128), "shift": (0, 31)})
    call.s8()
    call.same_size()
    call.blocks()


def _stored(call: Call, name: str, tensor: Tensor) -> None:
    call.check.between(SHAPE, name, tensor.dtype, INT8, UINT8)


def _lut(call: Call) -> None:
    _stored(call, "input 0's dtype", call.input0)
    _stored(call, "the output's dtype", call.output)
    call.same_size()
    call.blocks()


def _quantize(call: Call) -> None:
    call.shape("input 0's dtype", call.input0.dtype, FLOAT32)
    _stored(call, "the output's dtype", call.output)
    call.same_size()


def _dequantize(call: Call) -> None:
    call.shape("the output's dtype", call.output.dtype, FLOAT32)
    _stored(call, "input 0's dtype", call.input0)
    call.same_size()


# --- rows, reductions, moves -------------------------------------------------------------------


def _softmax(ranges: Ranges, call: Call) -> None:
    call.parameters(ranges)
    call.parameter("diff_min", LEAST >> call.params["shift"], 0)
    call.s8()
    call.same_size()
    call.rank_of_input()


def _plain_softmax(call: Call) -> None:
    ranges = {"multiplier": (1 << 30, MOST), "shift": (0, 30), "diff_min": (LEAST, 0)}
    _softmax(ranges, call)
    call.output_zero_point(-128)
    call.scale_is(1 / 256, "1/256")


def _log_softmax(call: Call) -> None:
    ranges: Ranges = {
        "multiplier": (1 << 30, MOST),
        "shift": (0, 30),
        "reverse_multiplier": (0, MOST),
        "reverse_shift": (-31, 0),
        "diff_min": (LEAST + 1, 0),
    }
    _softmax(ranges, call)
    _last_dimension(call, _LONGEST_LOG_SOFTMAX)
    call.output_zero_point(127)
    call.scale_is(1 / 16, "1/16")


def _last_dimension(call: Call, most: int) -> None:
    call.check.between(SHAPE, "input 0's last dimension", call.input0.shape[-1], 1, most)


def _l2_normalization(call: Call) -> None:
    call.s8()
    call.input_offset("input_offset", call.input0)
    call.same_size()
    call.rank_of_input()
    call.output_zero_point(0)
    offset = call.params["input_offset"]
    most = 127 + offset if offset > 0 else 128 - offset
    _last_dimension(call, MOST // (most * most))
    call.scale_is(1 / 128, "1/128")


def _kept(call: Call) -> tuple[int, int]:
    """Elements averaged and kept, by the bits of axes."""
    averaged = kept = 1
    for axis, dim in enumerate(call.input0.shape):
        if call.params["axes"] >> axis & 1:
            averaged = min(averaged * dim, WORD)
        else:
            kept = min(kept * dim, WORD)
    return averaged, kept


def _mean(call: Call) -> None:
    call.parameters(
        {
            "axes": (0, (1 << layout.MAX_RANK) - 1),
            "input_offset": (-127, 128),
            **_OUTPUT_OFFSET,
            "multiplier": (0, MOST),
            "shift": (-31, 30),
        }
    )
    call.parameter("axes", 0, (1 << call.input0.rank) - 1)
    call.s8()
    call.input_offset("input_offset", call.input0)
    call.output_offset()
    averaged, kept = _kept(call)
    words = "the number of elements averaged"
    call.check.between(SHAPE, words, averaged, 1, layout.MAX_REDUCED)
    call.shape("the output's number of elements", call.output.elements, kept)


def _reduce(call: Call) -> None:
    call.parameter("axes", 0, (1 << call.input0.rank) - 1)
    call.s8()
    call.shape("the output's number of elements", call.output.elements, _kept(call)[1])


def _arg_max(call: Call) -> None:
    call.parameters({"axis": (0, layout.MAX_RANK - 1), "minimum": (0, 1)})
    call.parameter("axis", 0, call.input0.rank - 1)
    call.shape("input 0's dtype", call.input0.dtype, INT8)
    call.shape("the output's dtype", call.output.dtype, INT32)
    count = call.input0.dims[call.params["axis"]]
    words = "the number of elements compared"
    call.check.between(SHAPE, words, count, 1, layout.MAX_REDUCED)
    kept = call.input0.size // count
    call.shape("the output's number of elements", call.output.elements, kept)


def _reach(call: Call, name: str, words: str, elements: int) -> None:
    start, strides = call.params[f"{name}_start"], call.params[f"{name}_stride"]
    steps = [(n - 1) * s for n, s in zip(call.params["count"], strides, strict=True)]
    low = start + sum(step for step in steps if step < 0)
    high = start + sum(step for step in steps if step > 0)
    if low < 0 or high >= elements:
        call.check.refuse(PARAMETER, f"{name}_start and {name}_stride lead out of {words}")


def _copy(call: Call) -> None:
    call.shape("the output's dtype", call.output.dtype, call.input0.dtype)
    call.parameter_is("element_size", call.input0.item_size)
    call.parameter("fill", 0, 1 if call.input0.item_size == 1 else 0)
    for count in call.params["count"]:
        call.check.between(PARAMETER, "count", count, 1, layout.MAX_COUNT)
    elements = min(math.prod(call.params["count"]), WORD)
    call.check.between(PARAMETER, "the product of count", elements, 1, call.output.elements)
    _reach(call, "input", "input 0", call.input0.elements)
    _reach(call, "output", "the output", call.output.elements)


def _resize(dtype: str, call: Call) -> None:
    call.images()
    call.shape("the output's number of channels", call.output.dims[3], call.input0.dims[3])
    for axis, name in enumerate(("rows", "columns"), 1):
        size = call.input0.dims[axis]
        if dtype == "<i4":
            call.check.between(SHAPE, "a side of input 0", size, 1, layout.MAX_PICTURE)
            most = (size - 1) * 1024
        else:
            most = size - 1
        call.entries(name, dtype, call.output.dims[axis], most)


RULES: dict[str, Rule] = {
    "conv_s8": _conv,
    "depthwise_conv_s8": _depthwise_conv,
    "fully_connected_s8": _fully_connected,
    "average_pool_s8": _pool,
    "max_pool_s8": _pool,
    "add_s8": partial(_sum, 20, 0, Call.same_size),
    "mul_s8": partial(_product, Call.same_size),
    "broadcast_add_s8": partial(_sum, 20, 0, Call.broadcast),
    "broadcast_sub_s8": partial(_sum, 20, 0, Call.broadcast),
    "broadcast_mul_s8": partial(_product, Call.broadcast),
    "softmax_s8": _plain_softmax,
    "lut_s8": _lut,
    "copy": _copy,
    "mean_s8": _mean,
    "resize_nearest_s8": partial(_resize, "<u2"),
    "quantize_f32": _quantize,
    "dequantize_f32": _dequantize,
    "prelu_s8": _prelu,
    "maximum_s8": _extremum,
    "minimum_s8": _extremum,
    "resize_bilinear_s8": partial(_resize, "<i4"),
    "reduce_max_s8": _reduce,
    "reduce_min_s8": _reduce,
    "squared_difference_s8": partial(_sum, 7, 30, Call.broadcast),
    "batch_matmul_s8": _batch_matmul,
    "log_softmax_s8": _log_softmax,
    "l2_normalization_s8": _l2_normalization,
    "arg_max_s8": _arg_max,
    "cast": Call.same_size,
    "channel_lines_s8": _channel_lines,
    "conv_packed_s8": _conv_packed,
    "depthwise_3x3_s8": _depthwise_3x3,
    "fully_connected_packed_s8": _fully_connected_packed,
    "add_table_s8": _add_table,
    "max_pool_simd_s8": _pool_simd,
    "average_pool_simd_s8": _pool_simd,
    "winograd_f2_s8": partial(_winograd, 3),
    "winograd_f4_s8": partial(_winograd, 3),
    "depthwise_packed_s8": _depthwise_packed,
    "depthwise_dilated_s8": _depthwise_packed,
    "conv_general_s8": _conv_general,
    "fully_connected_general_s8": _fully_connected_packed,
    "winograd_f45_s8": partial(_winograd, 5),
    "svdf_s8": _svdf,
    "lstm_s8": _lstm,
    "gru_s8": _gru,
}
