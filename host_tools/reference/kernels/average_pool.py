"""Average pooling of int8; padding is not counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.reference.kernels.windows import windows


def average_pool(
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
    """Means of NHWC int8 `input`, rounded with halves away from zero, as int8 `output_shape`."""

    def window_sums(image: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        view = windows(
            image,
            0,
            kernel=(kernel_h, kernel_w),
            stride=(stride_h, stride_w),
            dilation=(1, 1),
            pad=(pad_top, pad_left),
            output=(output_shape[1], output_shape[2]),
        )
        return view.sum(axis=(3, 4), dtype=np.int64)

    sums = window_sums(input.astype(np.int64))
    count = window_sums(np.ones((1, *input.shape[1:3], 1), dtype=np.int64))
    means = np.sign(sums) * ((np.abs(sums) + count // 2) // count)
    return np.clip(means, act_min, act_max).astype(np.int8)
