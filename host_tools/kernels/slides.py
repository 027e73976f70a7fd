"""By how many bytes an output must start before its input, where it may overlap it.

A packed convolution or pooling reads the inputs of some pixels, then writes their outputs; rows
come from top to bottom. So its output may overlap its input, if it starts so far before it that no
byte is written before it was read for the last time. The verifier has the same sums in C.
"""

from __future__ import annotations

from host_tools.kernels.layer import Layer

ALIGNMENT = 16  # of what lies in the arena


def slide_by_pixels(layer: Layer) -> int | None:
    """Of a kernel that computes an output pixel, all its channels, before the next."""
    source, output, params = layer.inputs[0], layer.output, layer.params
    if source[0] != 1:
        return None
    written, row = output[2] * output[3], source[2] * source[3]
    return _most(output[1], written, params["stride_h"], params["pad_top"], row) + _most(
        output[2], output[3], params["stride_w"], params["pad_left"], source[3]
    )


def slide_by_tiles(side: int, layer: Layer, *, ahead: int, kept: int = 0) -> int | None:
    """Of a kernel that computes rows of tiles `side` high, one after the other.

    When those at row y read for the last time, all outputs above row y + `ahead` are written;
    they, and those below, read inputs from row y + `kept` on, less the padding.
    """
    source, output, pad = layer.inputs[0], layer.output, layer.params["pad_top"]
    if source[0] != 1:
        return None
    written, row = output[2] * output[3], source[2] * source[3]
    most = 0
    for y in range(0, output[1], side):
        first = max(0, y + kept - pad)
        if first < source[1]:
            most = max(most, min(y + ahead, output[1]) * written - first * row)
    return most


def _most(count: int, written: int, stride: int, pad: int, read: int) -> int:
    """How far writing runs ahead of reading along one axis, at most.

    Before output i, i * `written` bytes are written, and what lies before place i * `stride` -
    `pad` of the input, `read` bytes a place, is not read again. That is greatest on either side
    of where padding ends, or at the end.
    """
    corners = (pad // stride, pad // stride + 1, count - 1)
    places = [min(corner, count - 1) for corner in corners]
    return max(0, *(i * written - max(0, i * stride - pad) * read for i in places))
