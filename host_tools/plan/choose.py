"""Chooses each operator's kernel and the layout of its weights, and so its scratch.

Lowering names the kernel that runs anywhere, with its weights in CMSIS-NN's layout. The target
portable keeps it; cortex-m7 takes a packed kernel wherever one is exact.
"""

from __future__ import annotations

from host_tools.plan.packed import pack_operator
from host_tools.plan.types import Plan, PlanOperator
from host_tools.plan.work import work

PLAIN = ("kernel_h", "kernel_w", "dilation_h", "dilation_w", "channel_factor")
MULTIPLYING = ("conv_s8", "depthwise_conv_s8", "fully_connected_s8")


def choose_kernels(plan: Plan) -> None:
    """Settles kernel, weights, scratch and multiply-accumulates of each operator of `plan`."""
    for operator in plan.operators:
        operator.macs = work(plan, operator) if operator.kernel in MULTIPLYING else 0
        if plan.target != "cortex-m7" or not pack_operator(plan, operator):
            operator.scratch_size = scratch_size(plan, operator)


def scratch_size(plan: Plan, operator: PlanOperator) -> int:
    """Bytes that are enough for our portable kernel and for CMSIS-NN's with DSP instructions.

    As documented for CMSIS-NN's get_buffer_size functions: two columns of int16 for a convolution,
    the weights as int16 for a depthwise one, an int32 a channel for an average.
    """
    params = operator.params
    shape = plan.tensors[operator.inputs[0]].shape
    if operator.kernel == "conv_s8":
        column = params["kernel_h"] * params["kernel_w"] * shape[3]
        if all(params[name] == 1 for name in PLAIN) and not params["pad_top"] | params["pad_left"]:
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
