"""Max pooling of int8."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.reference.kernels.windows import windows


def max_pool(
    input: npt.NDArray[np.int8],
    *,
    kernel_h: int,
    kernel_w: int,
    stride_h: int,
    stride_w: int,
    pad_top: int,
    pad_left: int,
    act_min: int,
    act_max: int,
    output_shape: tuple[int, ...],
) -> npt.NDArray[np.int8]:
    """The largest values of NHWC int8 `input` in each window, as int8 `output_shape`."""
    view = windows(
        input,
        -128,
        kernel=(kernel_h, kernel_w),
        stride=(stride_h, stride_w),
        dilation=(1, 1),
        pad=(pad_top, pad_left),
        output=(output_shape[1], output_shape[2]),
    )
    return np.clip(view.max(axis=(3, 4)), act_min, act_max).astype(np.int8)
