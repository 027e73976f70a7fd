"""How much an operator does, as docs/blob-format.md counts it."""

from __future__ import annotations

import math

from host_tools.plan.types import Plan, PlanOperator


def work(plan: Plan, operator: PlanOperator) -> int:
    """Output elements times the elements of their window; else those of the largest tensor.

    Of convolutions and fully connected layers it is the multiply-accumulates.
    """
    params = operator.params
    output = plan.tensors[operator.output].elements
    channels = plan.tensors[operator.inputs[0]].shape[-1:]
    match operator.kernel:
        case "conv_s8":
            depth = channels[0] // params["channel_factor"]
            return output * params["kernel_h"] * params["kernel_w"] * depth
        case "depthwise_conv_s8" | "average_pool_s8" | "max_pool_s8":
            return output * params["kernel_h"] * params["kernel_w"]
        case "fully_connected_s8":
            return output * params["depth"]
        case "copy":
            return math.prod(params["count"]) + params["fill"] * output
    return max(output, *(plan.tensors[index].elements for index in operator.inputs))
