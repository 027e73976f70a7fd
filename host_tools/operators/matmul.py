"""BATCH_MATMUL."""

from __future__ import annotations

import math

import numpy as np

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.operators.arguments import check_shape, label, output, quantized, required
from host_tools.operators.lowering import Lowered, Page, call, copy_elements, strides, temporary
from host_tools.operators.parameters import multiplier_of


def _lower(graph: Graph, operator: Operator) -> Lowered:
    """A call of batch_matmul_s8, or a fully connected layer where the right matrix is constant.

    Both take the left matrix by rows, the right one by columns: others are turned before.
    BatchMatMulPrepare.
    """
    left, right = required(graph, operator, 2)
    target = output(graph, operator)
    given, other, result = quantized(left), quantized(right), quantized(target)
    turn_left, turn_right = operator.options["adj_x"], not operator.options["adj_y"]
    rows, depth = _matrix(left, turn_left)
    columns, other_depth = _matrix(right, turn_right)
    if depth != other_depth:
        raise CommandError(
            f"its matrices of {rows} x {depth} and {other_depth} x {columns} cannot be multiplied"
        )
    check_shape(target, (*_broadcast(left, right), rows, columns))
    real = float(given.scale) * float(other.scale) / float(result.scale)
    multiplier, shift = multiplier_of(real)
    lowered: Lowered = []
    left = _turned(graph, operator, left, lowered) if turn_left else left
    right = _turned(graph, operator, right, lowered) if turn_right else right
    if right.data is not None and right.data.size == columns * depth:
        dense = {
            "depth": depth,
            "units": columns,
            "per_channel": 0,
            "input_offset": -given.zero_point,
            "filter_offset": -other.zero_point,
            "output_offset": result.zero_point,
            "act_min": -128,
            "act_max": 127,
        }
        data = {
            "weights": right.data.reshape(columns, depth),
            "bias": np.zeros(columns, np.int32),
            "multiplier": np.array([multiplier], np.int32),
            "shift": np.array([shift], np.int32),
        }
        return [*lowered, call(operator, "fully_connected_s8", dense, data, (left.index,))]
    params = {
        "input0_offset": -given.zero_point,
        "input1_offset": -other.zero_point,
        "output_offset": result.zero_point,
        "multiplier": multiplier,
        "shift": shift,
    }
    inputs = (left.index, right.index)
    return [*lowered, call(operator, "batch_matmul_s8", params, inputs=inputs)]


def _matrix(tensor: Tensor, turn: bool) -> tuple[int, int]:
    """The last two dimensions, exchanged where they are to be turned."""
    if len(tensor.shape) < 2:
        raise CommandError(
            f"{label(tensor)} has shape {list(tensor.shape)}; 2 dimensions or more are needed"
        )
    first, second = tensor.shape[-2:]
    return (second, first) if turn else (first, second)


def _broadcast(left: Tensor, right: Tensor) -> tuple[int, ...]:
    """The output's dimensions before its last two."""
    try:
        return np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    except ValueError:
        raise CommandError(
            f"its inputs {list(left.shape)} and {list(right.shape)} do not broadcast"
        ) from None


def _turned(graph: Graph, operator: Operator, tensor: Tensor, lowered: Lowered) -> Tensor:
    """The tensor with its last two dimensions exchanged: by a copy, or a constant of its own."""
    *outer, first, second = tensor.shape
    turned = temporary(graph, tensor, (*outer, second, first))
    if tensor.data is not None:
        turned.data = np.ascontiguousarray(np.swapaxes(tensor.data, -1, -2))
        return turned
    batch = math.prod(outer)
    lowered.append(
        copy_elements(
            operator,
            tensor,
            turned,
            (batch, second, first),
            input_strides=(first * second, 1, second),
            output_strides=strides((batch, second, first)),
        )
    )
    return turned


PAGES = {
    "BATCH_MATMUL": Page(
        _lower,
        (
            "BatchMatMulOptions",
            {"adj_x": bool, "adj_y": bool, "asymmetric_quantize_inputs": bool},
        ),
    )
}
