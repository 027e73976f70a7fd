"""Says which kernels may write their output over what they have read of their input.

A packed convolution gathers the inputs of some pixels, then writes their outputs; rows come from
top to bottom. So its output may overlap its input, if it starts so far before it that no byte is
written before it was read for the last time. The verifier has the same sums in C.
"""

from __future__ import annotations

from host_tools.plan.types import Plan, PlanOperator

# kernels that compute an output pixel, all its channels, before the next
PIXEL_BY_PIXEL = ("conv_packed_s8",)


def slide(plan: Plan, operator: PlanOperator) -> int | None:
    """By how many bytes the output must start before input 0 to overlap it; None for never."""
    source = plan.tensors[operator.inputs[0]].shape
    output = plan.tensors[operator.output].shape
    if operator.kernel not in PIXEL_BY_PIXEL or source[0] != 1:
        return None
    params = operator.params
    row = source[2] * source[3]
    return _most(
        output[1], output[2] * output[3], params["stride_h"], params["pad_top"], row
    ) + _most(output[2], output[3], params["stride_w"], params["pad_left"], source[3])


def _most(count: int, written: int, stride: int, pad: int, read: int) -> int:
    """How far writing runs ahead of reading along one axis, at most.

    Before output i, i * `written` bytes are written, and what lies before place i * `stride` -
    `pad` of the input, `read` bytes a place, is not read again. That is greatest on either side
    of where padding ends, or at the end.
    """
    corners = (pad // stride, pad // stride + 1, count - 1)
    places = [min(corner, count - 1) for corner in corners]
    return max(0, *(i * written - max(0, i * stride - pad) * read for i in places))
