"""Chooses each operator's kernel and the layout of its weights, and so its scratch.

Lowering names the kernel that runs anywhere, with its weights in CMSIS-NN's layout; a target whose
kernels want another layout replaces the call here, and only here. For now every target keeps it.
"""

from __future__ import annotations

from host_tools.plan.types import Plan, PlanOperator
from host_tools.plan.work import work

WINDOW = ("kernel_h", "kernel_w", "dilation_h", "dilation_w")
MULTIPLYING = ("conv_s8", "depthwise_conv_s8", "fully_connected_s8")


def choose_kernels(plan: Plan) -> None:
    """Settles kernel, weights, scratch and multiply-accumulates of each operator of `plan`."""
    for operator in plan.operators:
        operator.scratch_size = scratch_size(plan, operator)
        operator.macs = work(plan, operator) if operator.kernel in MULTIPLYING else 0


def scratch_size(plan: Plan, operator: PlanOperator) -> int:
    """Bytes that are enough for our portable kernel and for CMSIS-NN's with DSP instructions.

    As documented for CMSIS-NN's get_buffer_size functions: two columns of int16 for a convolution,
    the weights as int16 for a depthwise one, an int32 a channel for an average.
    """
    params = operator.params
    shape = plan.tensors[operator.inputs[0]].shape
    if operator.kernel == "conv_s8":
        column = params["kernel_h"] * params["kernel_w"] * shape[3]
        if (
            all(params[name] == 1 for name in WINDOW)
            and params["pad_top"] == params["pad_left"] == 0
        ):
            return 4 * column
        return 4 * (-(-column // 4) * 4)
    if operator.kernel == "depthwise_conv_s8":
        if any(params[name] != 1 for name in ("channel_factor", "dilation_h", "dilation_w")):
            return 0
        if (
            params["kernel_h"] == params["kernel_w"] == 3
            and max(params["pad_top"], params["pad_left"]) <= 1
        ):
            return 0
        return 2 * params["kernel_h"] * params["kernel_w"] * shape[3]
    if operator.kernel == "average_pool_s8":
        return 4 * shape[3]
    return 0
