"""Gives an operator the packed kernel of the Cortex-M7 that computes it, where there is one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from host_tools.blob.layout import KERNELS
from host_tools.plan.layouts import (
    Refused,
    add_table,
    conv_packed,
    depthwise_3x3,
    fully_connected_packed,
)
from host_tools.plan.types import Plan, PlanOperator


def pack_operator(plan: Plan, operator: PlanOperator) -> bool:
    """Replaces kernel, parameters, data and scratch; False where no packed kernel is exact."""
    packing = _PACKINGS.get(operator.kernel)
    try:
        return packing is not None and packing(plan, operator)
    except Refused:
        return False


def _conv(plan: Plan, operator: PlanOperator) -> bool:
    params = operator.params
    if (params["dilation_h"], params["dilation_w"], params["channel_factor"]) != (1, 1, 1):
        return False
    block = _block(conv_packed.pack, operator)
    channels = [plan.tensors[index].shape[3] for index in (operator.inputs[0], operator.output)]
    scratch = conv_packed.scratch_size(params["kernel_h"], params["kernel_w"], *channels)
    _replace(operator, "conv_packed_s8", block, scratch)
    return True


def _depthwise(plan: Plan, operator: PlanOperator) -> bool:
    params = operator.params
    names = ("kernel_h", "kernel_w", "dilation_h", "dilation_w", "channel_factor")
    if [params[name] for name in names] != [3, 3, 1, 1, 1]:
        return False
    stride = params["stride_h"]
    if stride != params["stride_w"] or stride > 2:
        return False
    block = _block(depthwise_3x3.pack, operator)
    _, height, width, _ = plan.tensors[operator.output].shape
    scratch = depthwise_3x3.scratch_size(height, width, stride)
    _replace(operator, "depthwise_3x3_s8", block, scratch)
    return True


def _fully_connected(plan: Plan, operator: PlanOperator) -> bool:
    params = operator.params
    if params["filter_offset"]:
        return False
    block = _block(fully_connected_packed.pack, operator)
    per_channel = bool(params["per_channel"])
    params["blocks"] = fully_connected_packed.count_blocks(params["units"], per_channel)
    scratch = fully_connected_packed.scratch_size(params["depth"])
    _replace(operator, "fully_connected_packed_s8", block, scratch)
    return True


def _add(plan: Plan, operator: PlanOperator) -> bool:
    bounds = ("act_min", "act_max")
    fields = {name: value for name, value in operator.params.items() if name not in bounds}
    _replace(operator, "add_table_s8", add_table.pack(**fields), 0)
    return True


def _max_pool(plan: Plan, operator: PlanOperator) -> bool:
    operator.kernel = "max_pool_simd_s8"
    return True


def _average_pool(plan: Plan, operator: PlanOperator) -> bool:
    operator.kernel = "average_pool_simd_s8"
    return True


def _block(pack: Callable[..., bytes], operator: PlanOperator) -> bytes:
    data, params = operator.data, operator.params
    return pack(
        *(data[name] for name in ("weights", "bias", "multiplier", "shift")),
        input_offset=params["input_offset"],
        output_offset=params["output_offset"],
    )


def _replace(operator: PlanOperator, kernel: str, block: bytes, scratch: int) -> None:
    operator.kernel = kernel
    operator.params = {name: operator.params[name] for name in KERNELS[kernel].params}
    operator.data = {"weights": np.frombuffer(block, np.uint8)}
    operator.scratch_size = scratch


_PACKINGS = {
    "conv_s8": _conv,
    "depthwise_conv_s8": _depthwise,
    "fully_connected_s8": _fully_connected,
    "add_s8": _add,
    "max_pool_s8": _max_pool,
    "average_pool_s8": _average_pool,
}
