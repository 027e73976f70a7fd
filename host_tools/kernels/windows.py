"""What convolutions and poolings share: the windows of an image, and the last step of a sum."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import multiply_by_quantized_multiplier, wrap_int32

Array = npt.NDArray[np.generic]
Number = TypeVar("Number", bound=np.generic)


def windows(
    image: npt.NDArray[Number],
    fill: int,
    *,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    pad: tuple[int, int],
    output: tuple[int, int],
) -> npt.NDArray[Number]:
    """A view [batch, output h, output w, kernel h, kernel w, channels] of [batch, h, w, channels].

    Pairs are (height, width); `pad` is what lies above and to the left, `fill` the value of all
    that lies outside. What is needed below and to the right is added.
    """
    sides = [(0, 0)]
    steps = []
    for axis in range(2):
        reach = (kernel[axis] - 1) * dilation[axis] + 1
        needed = (output[axis] - 1) * stride[axis] + reach
        sides.append((pad[axis], max(0, needed - pad[axis] - image.shape[1 + axis])))
        steps.append((reach, needed))
    padded = np.pad(image, [*sides, (0, 0)], constant_values=fill)
    padded = padded[:, : steps[0][1], : steps[1][1]]
    view = np.lib.stride_tricks.sliding_window_view(
        padded, (steps[0][0], steps[1][0]), axis=(1, 2)
    )
    view = view[:, :: stride[0], :: stride[1], :, :: dilation[0], :: dilation[1]]
    return view.transpose(0, 1, 2, 4, 5, 3)


def weighted_sums(
    image: Array,
    fill: int,
    weights: Array,
    *,
    stride: tuple[int, int],
    dilation: tuple[int, int],
    pad: tuple[int, int],
    output: tuple[int, int],
) -> npt.NDArray[np.int64]:
    """Sums [batch, *output, units] of windows times `weights` [units, h, w, channels / groups].

    `image` is [batch, h, w, channels]; the other arguments are those of `windows`.
    """
    units, *kernel, depth = weights.shape
    # float64 keeps integers below 2^53 exact, and its matrix product is fast
    patches = windows(
        image.astype(np.float64),
        fill,
        kernel=(kernel[0], kernel[1]),
        stride=stride,
        dilation=dilation,
        pad=pad,
        output=output,
    )
    groups = image.shape[3] // depth
    each = units // groups
    columns = weights.reshape(units, -1).T.astype(np.float64)
    sums = np.empty((len(image) * output[0] * output[1], units), dtype=np.int64)
    for group in range(groups):
        rows = patches[..., group * depth : (group + 1) * depth].reshape(len(sums), -1)
        own = slice(group * each, (group + 1) * each)
        sums[:, own] = rows @ columns[:, own]
    return sums.reshape(len(image), *output, units)


def requantize(
    sums: Array,
    multiplier: npt.ArrayLike,
    shift: npt.ArrayLike,
    output_offset: int,
    act_min: int,
    act_max: int,
) -> npt.NDArray[np.int8]:
    """int64 `sums`, wrapped to int32, as int8: multiplied, offset, and clamped to the range."""
    scaled = multiply_by_quantized_multiplier(wrap_int32(sums), multiplier, shift)
    offset = wrap_int32(scaled.astype(np.int64) + output_offset)
    return np.clip(offset, act_min, act_max).astype(np.int8)
