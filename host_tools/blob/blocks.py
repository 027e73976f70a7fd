"""How many elements the data blocks of an operator have, by its kernel, parameters and shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from host_tools.blob.layout import KERNELS
from host_tools.errors import CommandError

ITEM_SIZES = {"int8": 1, "uint8": 1, "uint16": 2, "int32": 4, "float32": 4}


def block_elements(
    kernel: str,
    field: str,
    params: Mapping[str, Any],
    source: Sequence[int],
    output: Sequence[int],
) -> int:
    """Elements of the block `field`; `source` and `output` are the shapes of input 0 and output.

    Raises CommandError where the shapes are not the kernel's.
    """
    if field == "table":
        return 256
    if kernel == "add_table_s8":
        return 8 + 2 * 256 * 4
    if kernel == "fully_connected_packed_s8":
        taps = -(-params["depth"] // 4) * 4
        pairs = (params["units"] - 4 * params["blocks"] + 1) // 2
        return 8 + params["blocks"] * (16 + 4 * taps) + pairs * (24 + 2 * taps)
    if kernel == "fully_connected_s8":
        units = params["units"]
        rows = 1 if field in ("multiplier", "shift") and not params["per_channel"] else units
        return int(rows * (params["depth"] if field == "weights" else 1))
    if len(output) != 4 or not source:
        raise CommandError(f"{kernel} of tensors without four dimensions")
    if kernel == "resize_nearest_s8":
        return output[1] if field == "rows" else output[2]
    depth, pairs = source[-1], (output[3] + 1) // 2
    window = params["kernel_h"] * params["kernel_w"]
    if kernel == "conv_packed_s8":
        return int(pairs * (24 + 2 * (-(-window * depth // 4) * 4)))
    if kernel in ("winograd_f2_s8", "winograd_f4_s8"):
        positions = 16 if kernel == "winograd_f2_s8" else 36
        return pairs * (positions * (8 + 64 * -(-depth // 16)) + 16)
    if kernel == "depthwise_3x3_s8":
        return 24 * output[3]
    if kernel == "depthwise_packed_s8":
        return int(-(-depth // 4) * (output[3] // max(1, depth)) * (48 + 8 * window))
    if kernel == "conv_s8":
        window *= depth // max(1, params["channel_factor"])
    return int(output[3] * (window if field == "weights" else 1))


def block_bytes(
    kernel: str, params: Mapping[str, Any], source: Sequence[int], output: Sequence[int]
) -> int:
    """Bytes of all data blocks of an operator."""
    return sum(
        ITEM_SIZES[dtype] * block_elements(kernel, field, params, source, output)
        for field, dtype in KERNELS[kernel].data
    )
