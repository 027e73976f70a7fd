"""Kernels that firmware may leave out, by the switch of firmware_module/ink_options.h."""

from __future__ import annotations

GROUPS: dict[str, tuple[str, ...]] = {
    "INK_RECURRENT": ("svdf_s8", "lstm_s8", "gru_s8"),
    "INK_SELDOM": (
        *("arg_max_s8", "batch_matmul_s8", "broadcast_add_s8", "broadcast_mul_s8"),
        *("broadcast_sub_s8", "cast", "l2_normalization_s8", "log_softmax_s8"),
        *("maximum_s8", "minimum_s8", "prelu_s8", "reduce_max_s8", "reduce_min_s8"),
        *("resize_bilinear_s8", "resize_nearest_s8", "squared_difference_s8"),
    ),
    "INK_WINOGRAD": ("winograd_f2_s8", "winograd_f4_s8", "winograd_f45_s8"),
}
