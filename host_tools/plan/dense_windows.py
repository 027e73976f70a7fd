"""Makes a fully connected layer of a convolution whose windows lie in the input as rows do.

Classifiers end with such: one window as large as the picture, or 1x1 ones of a pixel or two.
The same sums in the same order of weights, without the work of finding windows.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from host_tools.kernels.card import has
from host_tools.kernels.conv import ONE_GROUP
from host_tools.plan_types import Plan, PlanOperator

_KEPT = ("input_offset", "output_offset", "act_min", "act_max")
# kernels of convolutions take four pixels at a time, which pay from the third on
MOST_ROWS = 2
_IN_PLACE = {"stride_h": 1, "stride_w": 1, "pad_top": 0, "pad_left": 0}


def dense_windows(plan: Plan) -> Plan:
    """The plan with each of these convolutions, as lowered, a fully_connected_s8."""
    plan = plan.copy()
    plan.operators = [
        _dense(operator) if _has_rows(plan, operator) else operator for operator in plan.operators
    ]
    return plan


def _has_rows(plan: Plan, operator: PlanOperator) -> bool:
    """Whether each window is a row of the input: one pixel, or all of a picture."""
    if operator.kernel != "conv_s8" or not has(operator.params, ONE_GROUP):
        return False
    source, target = plan.tensors[operator.inputs[0]], plan.tensors[operator.output]
    size = (operator.params["kernel_h"], operator.params["kernel_w"])
    if math.prod(target.shape[:3]) > MOST_ROWS:
        return False
    if size == (1, 1) and has(operator.params, _IN_PLACE):
        return source.shape[:3] == target.shape[:3]
    padded = operator.params["pad_top"] or operator.params["pad_left"]
    return source.shape[1:3] == size and target.shape[1:3] == (1, 1) and not padded


def _dense(operator: PlanOperator) -> PlanOperator:
    weights = operator.data["weights"].reshape(len(operator.data["bias"]), -1)
    shared = all(len(np.unique(operator.data[name])) == 1 for name in ("multiplier", "shift"))
    count = 1 if shared else len(weights)
    params: dict[str, Any] = {
        "depth": weights.shape[1],
        "units": len(weights),
        "per_channel": int(not shared),
        "filter_offset": 0,
        **{name: operator.params[name] for name in _KEPT},
    }
    scales = {name: operator.data[name][:count] for name in ("multiplier", "shift")}
    data = {"weights": weights, "bias": operator.data["bias"], **scales}
    return dataclasses.replace(operator, kernel="fully_connected_s8", params=params, data=data)
