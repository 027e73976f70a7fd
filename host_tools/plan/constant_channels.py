"""Drops channels that have one value whatever the network is shown, to the same bits.

Requantization never falls as its accumulator rises, so an output channel whose accumulator's least
and greatest value give one result is a constant. Its readers fold it into their biases, and the
channel is neither computed nor stored. Trained networks have many: dead ones behind a ReLU.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import multiply_by_quantized_multiplier
from host_tools.plan.candidates import candidates
from host_tools.plan_types import Plan, PlanOperator

INT32_MAX = 2**31 - 1
# a channel that is no constant
VARIES = 1000

Channels = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def without_constant_channels(plan: Plan) -> list[Plan]:
    """The plan without all that can be removed, without what pays alone, and as it is.

    Fewer channels are less work, but no multiple of 4 of them may cost their readers a kernel. So
    tensor by tensor, what pays is the fewest predicted cycles of: none of the constant channels,
    as many of them as make four, all of them. The smallest plan comes first.
    """
    values = _constant_values(plan)
    gone: dict[int, Mask] = {}
    for operator in reversed(plan.operators):
        root = plan.root(operator.output)
        if root in values:
            gone[root] = _removable(plan, root, values[root], gone)
    _even_out(plan, gone)
    gone = {root: mask for root, mask in gone.items() if mask.any()}
    if not gone:
        return [plan]
    return [
        _without(plan, gone, values),
        _without(plan, _what_pays(plan, gone, values), values),
        plan,
    ]


def _what_pays(plan: Plan, gone: dict[int, Mask], values: dict[int, Channels]) -> dict[int, Mask]:
    """Of the channels that can go, those without which the plan is the fastest."""
    gone = dict(gone)
    for roots in _tied(plan, gone):
        near = [
            index
            for index, operator in enumerate(plan.operators)
            if roots & {plan.root(tensor) for tensor in (*operator.inputs, operator.output)}
        ]
        mask = gone[min(roots)]
        options = [{**gone, **dict.fromkeys(roots, some)} for some in _less_and_less(mask)]
        plans = [_without(plan, option, values) for option in options]
        costs = [sum(_fastest(other, other.operators[index]) for index in near) for other in plans]
        gone = options[costs.index(min(costs))]
    return gone


def _fastest(plan: Plan, operator: PlanOperator) -> int:
    return min(candidate.cost.cycles for candidate in candidates(plan, operator))


def _less_and_less(mask: Mask) -> list[Mask]:
    """All channels of a mask, those that leave a multiple of 4 of the others, and none."""
    places = np.flatnonzero(mask)
    filled = mask.copy()
    filled[places[: (len(places) - len(mask)) % 4]] = False
    return [mask, filled, np.zeros_like(mask)]


def _tied(plan: Plan, gone: dict[int, Mask]) -> list[set[int]]:
    """The tensors with channels to lose; together those that channel-wise operators join."""
    groups = [{root} for root in gone]
    for operator in filter(_is_channelwise, plan.operators):
        ends = {plan.root(operator.inputs[0]), plan.root(operator.output)}
        joined = [group for group in groups if group & ends]
        groups = [group for group in groups if not group & ends]
        if joined:
            groups.append(set().union(*joined))
    return sorted(groups, key=min)


def _constant_values(plan: Plan) -> dict[int, Channels]:
    """For tensors that convolutions and average pools write: each channel's value, or VARIES."""
    values: dict[int, Channels] = {}
    for operator in plan.operators:
        source = values.get(plan.root(operator.inputs[0]))
        if source is not None and len(source) != plan.tensors[operator.inputs[0]].shape[-1]:
            source = None  # a view's channels are others
        output = plan.tensors[operator.output]
        if operator.kernel == "average_pool_s8" and source is not None:
            low, high = operator.params["act_min"], operator.params["act_max"]
            found = np.where(source == VARIES, VARIES, np.clip(source, low, high))
        elif operator.params.get("channel_factor") == 1:
            found = _conv_values(plan, operator, source)
        else:
            continue
        if len(output.shape) == 4:
            values[plan.root(operator.output)] = found
    return values


def _conv_values(plan: Plan, operator: PlanOperator, source: Channels | None) -> Channels:
    params, data = operator.params, operator.data
    weights = data["weights"].astype(np.int64)
    depthwise = operator.kernel == "depthwise_conv_s8"
    if source is None:
        source = np.full(plan.tensors[operator.inputs[0]].shape[3], VARIES)
    # the least and greatest input of each channel, with what padding may put in its place
    low = np.where(source == VARIES, -128, source) + params["input_offset"]
    high = np.where(source == VARIES, 127, source) + params["input_offset"]
    low, high = np.minimum(low, 0), np.maximum(high, 0)
    least = np.minimum(weights * low, weights * high)
    greatest = np.maximum(weights * low, weights * high)
    axes = (0, 1) if depthwise else (1, 2, 3)
    ends = []
    for extreme in (least, greatest):
        total = extreme.sum(axis=axes) + data["bias"]
        if np.abs(total).max(initial=0) > INT32_MAX:
            return np.full(len(total), VARIES)
        scaled = multiply_by_quantized_multiplier(total, data["multiplier"], data["shift"])
        shifted = scaled.astype(np.int64) + params["output_offset"]
        ends.append(np.clip(shifted, params["act_min"], params["act_max"]))
    # a shift to the left may wrap, and then what lies between the ends is unknown
    return np.where((ends[0] == ends[1]) & (data["shift"] <= 0), ends[0], VARIES)


def _readers(plan: Plan, root: int) -> list[PlanOperator] | None:
    """Who reads a tensor or a view of it; None where a view moves its channels."""
    shape = plan.tensors[root].shape
    readers = []
    for operator in plan.operators:
        for tensor in operator.inputs:
            if plan.root(tensor) != root:
                continue
            other = plan.tensors[tensor].shape
            flat = shape[1] == shape[2] == 1
            if other != shape and not (flat and other and other[-1] == shape[3]):
                return None
            readers.append(operator)
    return readers


def _removable(plan: Plan, root: int, values: Channels, gone: dict[int, Mask]) -> Mask:
    """Which channels of a tensor every reader can do without; `gone` has the later tensors'."""
    none = np.zeros(len(values), bool)
    readers = _readers(plan, root)
    if not readers or root in [plan.root(index) for index in (*plan.inputs, *plan.outputs)]:
        return none
    mask = ~none
    for reader in readers:
        params = reader.params
        if reader.kernel == "conv_s8" and params["channel_factor"] == 1:
            zero_point = -params["input_offset"]
            mask &= (values == zero_point) | ((values != VARIES) & (not _pads(plan, reader)))
            mask &= _bias_has_room(reader)
        elif reader.kernel == "fully_connected_s8" and params["depth"] == len(values):
            mask &= (values != VARIES) & (params["filter_offset"] == 0) & _bias_has_room(reader)
        elif _is_channelwise(reader):
            mask &= gone.get(plan.root(reader.output), none)
        else:
            return none
    return mask


def _is_channelwise(operator: PlanOperator) -> bool:
    """Whether an output channel is made of the input channel of its number, and of no other."""
    if operator.kernel == "depthwise_conv_s8":
        return operator.params["channel_factor"] == 1
    return operator.kernel == "average_pool_s8"


def _bias_has_room(operator: PlanOperator) -> bool:
    weights = np.abs(operator.data["weights"].astype(np.int64))
    added = 255 * weights.reshape(len(weights), -1).sum(axis=1)
    return bool((np.abs(operator.data["bias"].astype(np.int64)) + added).max() <= INT32_MAX)


def _pads(plan: Plan, operator: PlanOperator) -> bool:
    """Whether a window of a convolution reaches over its input's edge."""
    params = operator.params
    source, output = (plan.tensors[i].shape for i in (operator.inputs[0], operator.output))
    for side, axis, pad in (("h", 1, "pad_top"), ("w", 2, "pad_left")):
        reach = (params[f"kernel_{side}"] - 1) * params[f"dilation_{side}"]
        last = (output[axis] - 1) * params[f"stride_{side}"] - params[pad] + reach
        if params[pad] or last >= source[axis]:
            return True
    return False


def _even_out(plan: Plan, gone: dict[int, Mask]) -> None:
    """Lets a channel-wise operator lose a channel on both sides or on neither, and keeps one."""
    changed = True
    while changed:
        changed = False
        for operator in filter(_is_channelwise, plan.operators):
            sides = [plan.root(operator.inputs[0]), plan.root(operator.output)]
            none = np.zeros(plan.tensors[sides[1]].shape[3], bool)
            both = gone.get(sides[0], none) & gone.get(sides[1], none)
            for side in sides:
                if side in gone and (gone[side] != both).any():
                    gone[side] = both
                    changed = True
    for mask in gone.values():
        mask[0] &= not mask.all()


def _without(plan: Plan, gone: dict[int, Mask], values: dict[int, Channels]) -> Plan:
    """A plan of its own without these channels."""
    plan = plan.copy()
    for root, mask in gone.items():
        if mask.any():
            _remove(plan, root, ~mask, values[root])
    return plan


def _remove(plan: Plan, root: int, kept: Mask, values: Channels) -> None:
    for reader in _readers(plan, root) or []:
        _narrow_input(reader, kept, values)
    for operator in plan.operators:
        if plan.root(operator.output) == root and operator.kernel != "average_pool_s8":
            axis = 2 if operator.kernel == "depthwise_conv_s8" else 0
            weights = np.ascontiguousarray(operator.data["weights"].compress(kept, axis))
            units = {name: operator.data[name][kept] for name in ("bias", "multiplier", "shift")}
            operator.data = {**operator.data, "weights": weights, **units}
    for index, tensor in enumerate(plan.tensors):
        if plan.root(index) == root:
            tensor.shape = (*tensor.shape[:-1], int(kept.sum()))


def _narrow_input(operator: PlanOperator, kept: Mask, values: Channels) -> None:
    """Takes channels out of what reads them: weights go, and what they added joins the bias."""
    if operator.kernel not in ("conv_s8", "fully_connected_s8"):
        return
    weights = operator.data["weights"].astype(np.int64)
    fixed = np.where(kept, 0, values + operator.params["input_offset"])
    added = (weights * fixed).reshape(len(weights), -1).sum(axis=1)
    operator.data = {
        **operator.data,
        "bias": (operator.data["bias"] + added).astype(np.int32),
        "weights": np.ascontiguousarray(operator.data["weights"].compress(kept, axis=-1)),
    }
    if operator.kernel == "fully_connected_s8":
        operator.params = {**operator.params, "depth": int(kept.sum())}
