"""The kernels that can compute an operator, each with its parameters, data and scratch.

Lowering names the kernel that runs anywhere, with its weights in CMSIS-NN's layout. The packed
kernels of the Cortex-M7 stand beside it where they are exact and have the shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from host_tools.blob.layout import DATA_ALIGNMENT, KERNELS
from host_tools.plan.costs import Prediction, predict
from host_tools.plan.layer import Layer
from host_tools.plan.layouts import (
    Refused,
    add_table,
    conv_packed,
    depthwise_3x3,
    depthwise_packed,
    fully_connected_packed,
    winograd,
)
from host_tools.plan.types import Plan, PlanOperator

UNDILATED = {"dilation_h": 1, "dilation_w": 1}
# one group of a convolution, or a depth multiplier of 1
ONE_GROUP = {**UNDILATED, "channel_factor": 1}
WINDOW_3X3 = {"kernel_h": 3, "kernel_w": 3}
PLAIN = {"kernel_h": 1, "kernel_w": 1, **ONE_GROUP}


@dataclass(frozen=True, eq=False)
class Candidate:
    """A kernel for an operator; `flash` is what its parameters and data add to the blob, bytes."""

    kernel: str
    params: dict[str, Any]
    data: dict[str, np.ndarray]
    inputs: tuple[int, ...]
    scratch_size: int
    flash: int
    cost: Prediction

    def give(self, operator: PlanOperator) -> None:
        """Makes `operator`, whose candidate it is, use it."""
        operator.kernel = self.kernel
        operator.params, operator.data = dict(self.params), dict(self.data)
        operator.inputs = self.inputs
        operator.scratch_size = self.scratch_size


def candidates(plan: Plan, operator: PlanOperator) -> list[Candidate]:
    """What can compute a lowered operator of `plan` for its target, the lowered kernel first."""
    layer = Layer(
        operator.params,
        tuple(plan.tensors[index].shape for index in operator.inputs),
        plan.tensors[operator.output].shape,
    )
    found = [
        _candidate(
            operator,
            operator.kernel,
            layer,
            operator.data,
            portable_scratch(operator.kernel, layer),
        )
    ]
    for kernel in possible_kernels(operator.kernel, layer)[1:]:
        if plan.target != "cortex-m7":
            break
        packing = PACKINGS[operator.kernel][kernel]
        try:
            data = packing.pack(operator)
        except Refused:
            continue
        found.append(_candidate(operator, kernel, layer, data, packing.scratch(layer)))
    return found


def possible_kernels(lowered: str, layer: Layer) -> list[str]:
    """The kernels that have the shape of a layer, `lowered` first; all of its parameters count."""
    others = PACKINGS.get(lowered, {})
    return [lowered, *(kernel for kernel in others if others[kernel].fits(layer))]


def packed_params(kernel: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of `kernel` in place of the lowered one with `params`."""
    values = {**params}
    if kernel == "fully_connected_packed_s8":
        values["blocks"] = fully_connected_packed.count_blocks(
            params["units"], bool(params["per_channel"])
        )
    return {name: values[name] for name in KERNELS[kernel].params}


def _candidate(
    operator: PlanOperator,
    kernel: str,
    layer: Layer,
    data: Mapping[str, np.ndarray],
    scratch: int,
) -> Candidate:
    params = packed_params(kernel, layer.params)
    flash = KERNELS[kernel].record.size + sum(
        -(-array.nbytes // DATA_ALIGNMENT) * DATA_ALIGNMENT for array in data.values()
    )
    cost = predict(kernel, replace(layer, params=params))
    return Candidate(kernel, params, dict(data), operator.inputs, scratch, flash, cost)


def portable_scratch(kernel: str, layer: Layer) -> int:
    """Bytes that are enough for our portable kernel and for CMSIS-NN's with DSP instructions.

    As documented for CMSIS-NN's get_buffer_size functions: two columns of int16 for a convolution,
    the weights as int16 for a depthwise one, an int32 a channel for an average.
    """
    params = layer.params
    if kernel == "average_pool_s8":
        return 4 * layer.inputs[0][3]
    if kernel not in ("conv_s8", "depthwise_conv_s8"):
        return 0
    column = params["kernel_h"] * params["kernel_w"] * layer.inputs[0][3]
    if kernel == "conv_s8":
        if _has(params, PLAIN) and not params["pad_top"] | params["pad_left"]:
            return int(4 * column)
        return int(4 * (-(-column // 4) * 4))
    if not _has(params, ONE_GROUP):
        return 0
    if _has(params, WINDOW_3X3) and max(params["pad_top"], params["pad_left"]) <= 1:
        return 0
    return int(2 * column)


def _has(params: Mapping[str, Any], wanted: Mapping[str, int]) -> bool:
    return all(params[name] == value for name, value in wanted.items())


@dataclass(frozen=True)
class _Packing:
    """When a kernel has the shape, its data blocks (or Refused), and its scratch in bytes."""

    fits: Callable[[Layer], bool]
    pack: Callable[[PlanOperator], dict[str, np.ndarray]]
    scratch: Callable[[Layer], int]


def _weights(pack: Callable[..., bytes]) -> Callable[[PlanOperator], dict[str, np.ndarray]]:
    def packed(operator: PlanOperator) -> dict[str, np.ndarray]:
        data, params = operator.data, operator.params
        block = pack(
            *(data[name] for name in ("weights", "bias", "multiplier", "shift")),
            input_offset=params["input_offset"],
            output_offset=params["output_offset"],
        )
        return {"weights": np.frombuffer(block, np.uint8)}

    return packed


def _tables(operator: PlanOperator) -> dict[str, np.ndarray]:
    bounds = ("act_min", "act_max")
    fields = {name: value for name, value in operator.params.items() if name not in bounds}
    return {"weights": np.frombuffer(add_table.pack(**fields), np.uint8)}


def _winograd(tile: int) -> _Packing:
    return _Packing(
        lambda layer: (
            _has(layer.params, {**WINDOW_3X3, **ONE_GROUP, "stride_h": 1, "stride_w": 1})
            and layer.inputs[0][3] % 4 == 0
        ),
        _weights(partial(winograd.pack, tile)),
        lambda layer: winograd.scratch_size(tile, layer.inputs[0][3]),
    )


def _conv_scratch(layer: Layer) -> int:
    window = (layer.params["kernel_h"], layer.params["kernel_w"])
    return conv_packed.scratch_size(*window, layer.inputs[0][3], layer.output[3])


def _few_channels(layer: Layer) -> bool:
    """Whether there are too few input channels for a depthwise kernel to take four at a time."""
    return layer.inputs[0][3] < depthwise_packed.CHANNELS and _has(layer.params, UNDILATED)


def _dense(operator: PlanOperator) -> dict[str, np.ndarray]:
    """A depthwise convolution as a full one, whose weights of other channels are 0."""
    kernel = operator.data["weights"]
    factor, units = operator.params["channel_factor"], kernel.shape[2]
    dense = np.zeros((units, *kernel.shape[:2], units // factor), np.int8)
    for unit in range(units):
        dense[unit, :, :, unit // factor] = kernel[:, :, unit]
    full = replace(operator, data={**operator.data, "weights": dense})
    return _weights(conv_packed.pack)(full)


def _fits_depthwise_packed(layer: Layer) -> bool:
    return layer.inputs[0][3] >= depthwise_packed.CHANNELS and _has(layer.params, UNDILATED)


def _depthwise_packed(operator: PlanOperator) -> dict[str, np.ndarray]:
    channels = operator.data["weights"].shape[2] // operator.params["channel_factor"]
    return _weights(partial(depthwise_packed.pack, input_channels=channels))(operator)


def _fits_depthwise_3x3(layer: Layer) -> bool:
    params = layer.params
    square = params["stride_h"] == params["stride_w"] <= 2
    return square and _has(params, {**WINDOW_3X3, **ONE_GROUP})


_POOLING = _Packing(lambda layer: True, lambda operator: {}, lambda layer: 0)

# for each kernel of lowering, those that can take its place
PACKINGS: dict[str, dict[str, _Packing]] = {
    "conv_s8": {
        "conv_packed_s8": _Packing(
            lambda layer: _has(layer.params, ONE_GROUP), _weights(conv_packed.pack), _conv_scratch
        ),
        "winograd_f2_s8": _winograd(2),
        "winograd_f4_s8": _winograd(4),
    },
    "depthwise_conv_s8": {
        "depthwise_3x3_s8": _Packing(
            _fits_depthwise_3x3,
            _weights(depthwise_3x3.pack),
            lambda layer: depthwise_3x3.scratch_size(
                layer.output[1], layer.output[2], layer.params["stride_h"]
            ),
        ),
        "depthwise_packed_s8": _Packing(
            _fits_depthwise_packed, _depthwise_packed, lambda layer: 0
        ),
        "conv_packed_s8": _Packing(_few_channels, _dense, _conv_scratch),
    },
    "fully_connected_s8": {
        "fully_connected_packed_s8": _Packing(
            lambda layer: layer.params["filter_offset"] == 0,
            _weights(fully_connected_packed.pack),
            lambda layer: fully_connected_packed.scratch_size(layer.params["depth"]),
        )
    },
    "add_s8": {"add_table_s8": _Packing(lambda layer: True, _tables, lambda layer: 0)},
    "max_pool_s8": {"max_pool_simd_s8": _POOLING},
    "average_pool_s8": {"average_pool_simd_s8": _POOLING},
}
