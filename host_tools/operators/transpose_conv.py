"""TRANSPOSE_CONV: a convolution a phase of the stride, their outputs interleaved by copies.

An output row o gets tap k of input row i where o = stride * i + k - pad. With o + pad =
stride * step + phase these are the taps k = phase + stride * m, and i = step - m: a convolution of
stride 1 over each stride-th tap, in reverse order. The same holds for columns.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.kernels.windows import requantize
from host_tools.operators.arguments import (
    check_rank,
    check_shape,
    constant,
    inputs,
    label,
    output,
    quantized,
)
from host_tools.operators.lowering import (
    Lowered,
    Page,
    View,
    call,
    copy_elements,
    strides,
    temporary,
)
from host_tools.operators.parameters import FUSED, STRIDES, activation, window
from host_tools.operators.weighted import bias_of, channels, check_symmetric, multipliers, ratios
from host_tools.plan_types import PlanOperator

Data = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Phase:
    """One phase of an axis: which taps it has, and where its outputs lie.

    The convolution of `taps` taps, `pad` before the input, gives `count` places, of which the
    first `skip` are unused; the others are places `start`, `start` + stride, ... of the output.
    """

    phase: int
    taps: int
    pad: int
    count: int
    skip: int
    start: int


def phases(kernel: int, stride: int, pad: int, size: int, result: int) -> list[Phase]:
    """The phases of an axis of `size` inputs and `result` outputs that any input reaches."""
    found = []
    for phase in range(min(kernel, stride)):
        taps = len(range(phase, kernel, stride))
        first = -((phase - pad) // stride)  # steps of this phase within the output
        last = (result - 1 + pad - phase) // stride
        last = min(last, size + taps - 2)  # later ones reach no input
        if last >= first:
            begin = min(first, taps - 1)  # a convolution cannot start within the input
            start = stride * first + phase - pad
            found.append(
                Phase(phase, taps, taps - 1 - begin, last - begin + 1, first - begin, start)
            )
    return found


def _lower_transpose_conv(graph: Graph, operator: Operator) -> Lowered:
    # the output's shape is the first input too
    _, weights, source, bias = inputs(graph, operator, 3, 4)
    assert weights is not None and source is not None
    target = output(graph, operator)
    for tensor in (weights, source, target):
        check_rank(tensor, 4)
    units, *kernel, depth = weights.shape
    check_shape(target, (source.shape[0], *target.shape[1:3], units))
    if depth != source.shape[3]:
        raise CommandError(
            f"{label(weights)} of shape {list(weights.shape)} does not fit {source.shape[3]} "
            "input channels"
        )
    # it pads as the convolution from its output to its input does
    pads, _ = window(operator, target, (kernel[0], kernel[1]), (1, 1))
    stride = (operator.options["stride_h"], operator.options["stride_w"])
    rows, columns = (
        phases(kernel[i], stride[i], pads[i], source.shape[i + 1], target.shape[i + 1])
        for i in range(2)
    )
    given, result = quantized(source), quantized(target)
    values = constant(weights, "int8")
    scales, _ = channels(weights, units, 0)
    check_symmetric(weights)
    act_min, act_max = activation(operator, result)
    params = {
        **{"stride_h": 1, "stride_w": 1, "dilation_h": 1, "dilation_w": 1, "channel_factor": 1},
        "input_offset": -given.zero_point,
        "output_offset": result.zero_point,
        "act_min": act_min,
        "act_max": act_max,
    }
    data: Data = {
        "bias": bias_of(bias, units),
        **multipliers(ratios(given, np.broadcast_to(scales, (units,)), result)),
    }
    lowered: Lowered = []
    if not _cover(rows, target.shape[1]) or not _cover(columns, target.shape[2]):
        lowered.append(_background(graph, operator, target, params, data))
    pairs = list(itertools.product(rows, columns))
    alike = _alike(rows, stride[0]) and _alike(columns, stride[1])
    for group in [pairs] if alike else [[pair] for pair in pairs]:
        lowered += _convolution(
            graph, operator, source, target, group, stride, params, {"weights": values, **data}
        )
    return lowered


def _cover(found: Sequence[Phase], size: int) -> bool:
    """Whether the phases of an axis give all of its outputs."""
    return sum(phase.count - phase.skip for phase in found) == size


def _alike(found: Sequence[Phase], stride: int) -> bool:
    """Whether the phases of an axis are all there, and one convolution can do them together."""
    return len(found) == stride and len({(p.taps, p.pad, p.count, p.skip) for p in found}) == 1


def _background(
    graph: Graph, operator: Operator, target: Tensor, params: dict[str, int], data: Data
) -> PlanOperator | View:
    """What no input reaches: the bias alone, in all of the output, to be written over."""
    units = target.shape[3]
    limits = (params["output_offset"], params["act_min"], params["act_max"])
    bias = requantize(data["bias"].astype(np.int64), data["multiplier"], data["shift"], *limits)
    alone = temporary(graph, target, (units,))
    alone.data = bias.astype(np.int8)
    places = math.prod(target.shape[:3])
    return copy_elements(
        operator,
        alone,
        target,
        (places, units),
        input_strides=(0, 1),
        output_strides=(units, 1),
    )


def _convolution(
    graph: Graph,
    operator: Operator,
    source: Tensor,
    target: Tensor,
    group: Sequence[tuple[Phase, Phase]],
    stride: tuple[int, int],
    params: dict[str, int],
    data: Data,
) -> Lowered:
    """One convolution for the phases of `group`, each with units of its own, and its copy."""
    row, column = group[0]
    units, count = target.shape[3], len(group)
    weights = [
        data["weights"][:, r.phase :: stride[0], c.phase :: stride[1]][:, ::-1, ::-1]
        for r, c in group
    ]
    middle = temporary(graph, target, (target.shape[0], row.count, column.count, count * units))
    convolution = call(
        operator,
        "conv_s8",
        {
            "kernel_h": row.taps,
            "kernel_w": column.taps,
            "pad_top": row.pad,
            "pad_left": column.pad,
            **params,
        },
        {
            "weights": np.concatenate(weights),
            **{name: np.tile(data[name], count) for name in ("bias", "multiplier", "shift")},
        },
        inputs=(source.index,),
        output=middle.index,
    )
    inner, outer = strides(middle.shape), strides(target.shape)
    each = stride if count > 1 else (1, 1)
    copy = copy_elements(
        operator,
        middle,
        target,
        (
            target.shape[0],
            row.count - row.skip,
            each[0],
            column.count - column.skip,
            each[1],
            units,
        ),
        input_start=row.skip * inner[1] + column.skip * inner[2],
        input_strides=(*inner[:2], each[1] * units, inner[2], units, 1),
        output_start=row.start * outer[1] + column.start * outer[2],
        output_strides=(
            outer[0],
            stride[0] * outer[1],
            outer[1],
            stride[1] * outer[2],
            outer[2],
            1,
        ),
    )
    return [convolution, copy]


PAGES = {
    "TRANSPOSE_CONV": Page(_lower_transpose_conv, ("TransposeConvOptions", {**STRIDES, **FUSED})),
}
