"""Says which kernels may write their output over what they have read of their input.

A packed convolution or pooling reads the inputs of some pixels, then writes their outputs; rows
come from top to bottom. So its output may overlap its input, if it starts so far before it that no
byte is written before it was read for the last time. The verifier has the same sums in C.
"""

from __future__ import annotations

from host_tools.blob.layout import KERNELS
from host_tools.plan.types import Plan, PlanOperator

ALIGNMENT = 16  # of what lies in the arena

# kernels that compute an output pixel, all its channels, before the next
PIXEL_BY_PIXEL = ("conv_packed_s8", "max_pool_simd_s8", "average_pool_simd_s8")

# kernels that compute tiles of so many rows, and write those of a row of tiles after each other
TILE_SIDES = {"winograd_f2_s8": 2, "winograd_f4_s8": 4}


def slide(plan: Plan, operator: PlanOperator) -> int | None:
    """By how many bytes the output must start before input 0 to overlap it; None for never.

    More than that by a multiple of 16 will do as well.
    """
    if operator.kernel in PIXEL_BY_PIXEL:
        return _by_pixels(plan, operator)
    if operator.kernel in TILE_SIDES:
        return _by_tiles(plan, operator)
    if operator.kernel == "depthwise_packed_s8":
        # some channels of a pixel are written before others are read
        pixels = _by_pixels(plan, operator)
        return None if pixels is None else pixels + plan.tensors[operator.output].shape[3]
    if operator.kernel == "depthwise_3x3_s8":
        # the bytes of a channel may only be written over by the same channel's
        channels = plan.tensors[operator.output].shape[3]
        return 0 if channels % ALIGNMENT == 0 and may_replace(plan, operator) else None
    if operator.kernel == "fully_connected_packed_s8":
        depth, units = operator.params["depth"], operator.params["units"]
        rows = plan.tensors[operator.output].elements // units
        return (rows - 1) * max(0, units - depth)
    return None


def may_replace(plan: Plan, operator: PlanOperator) -> bool:
    """Whether the output may start where input 0 does, if it is as large."""
    if operator.kernel == "depthwise_3x3_s8":
        # a row is written once all input rows that it may cover are in the kernel's ring
        source, output = (plan.tensors[i].shape for i in (operator.inputs[0], operator.output))
        return output[1] <= source[1] and output[2] <= source[2]
    return KERNELS[operator.kernel].in_place


def _by_pixels(plan: Plan, operator: PlanOperator) -> int | None:
    source, output = (plan.tensors[i].shape for i in (operator.inputs[0], operator.output))
    if source[0] != 1:
        return None
    params = operator.params
    written, row = output[2] * output[3], source[2] * source[3]
    return _most(output[1], written, params["stride_h"], params["pad_top"], row) + _most(
        output[2], output[3], params["stride_w"], params["pad_left"], source[3]
    )


def _by_tiles(plan: Plan, operator: PlanOperator) -> int | None:
    source, output = (plan.tensors[i].shape for i in (operator.inputs[0], operator.output))
    if source[0] != 1:
        return None
    side, pad = TILE_SIDES[operator.kernel], operator.params["pad_top"]
    written, row = output[2] * output[3], source[2] * source[3]
    ends = {y: min(y + side, output[1]) for y in range(0, output[1], side)}
    return max(end * written - max(0, y - pad) * row for y, end in ends.items())


def _most(count: int, written: int, stride: int, pad: int, read: int) -> int:
    """How far writing runs ahead of reading along one axis, at most.

    Before output i, i * `written` bytes are written, and what lies before place i * `stride` -
    `pad` of the input, `read` bytes a place, is not read again. That is greatest on either side
    of where padding ends, or at the end.
    """
    corners = (pad // stride, pad // stride + 1, count - 1)
    places = [min(corner, count - 1) for corner in corners]
    return max(0, *(i * written - max(0, i * stride - pad) * read for i in places))
