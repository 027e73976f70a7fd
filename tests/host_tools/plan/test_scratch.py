"""Scratch and multiply-accumulates: what CMSIS-NN documents, what the blob's page counts."""

from __future__ import annotations

from typing import Any

import pytest

from host_tools.kernels import KERNELS
from host_tools.kernels.layer import Layer
from host_tools.plan_types import Plan, PlanOperator, PlanTensor

PLAIN = {
    "kernel_h": 1,
    "kernel_w": 1,
    "stride_h": 1,
    "stride_w": 1,
    "dilation_h": 1,
    "dilation_w": 1,
    "pad_top": 0,
    "pad_left": 0,
    "channel_factor": 1,
}


def plan_of(kernel: str, channels: int, **params: Any) -> tuple[Plan, PlanOperator]:
    operator = PlanOperator(kernel, 0, "", (0,), 1, {**PLAIN, **params})
    tensors = [
        PlanTensor("x", (1, 8, 8, channels), "int8"),
        PlanTensor("y", (1, 8, 8, 6), "int8"),
    ]
    return Plan("p", "portable", tensors, [operator], (0,), (1,)), operator


@pytest.mark.parametrize(
    ("kernel", "channels", "params", "expected"),
    [
        ("conv_s8", 16, {}, 64),
        ("conv_s8", 3, {"kernel_h": 3, "kernel_w": 3}, 4 * 28),
        ("conv_s8", 16, {"pad_left": 1}, 64),
        ("conv_s8", 3, {"dilation_w": 2}, 16),
        ("conv_s8", 6, {}, 24),
        ("conv_s8", 6, {"channel_factor": 2}, 32),
        ("depthwise_conv_s8", 8, {"kernel_h": 3, "kernel_w": 3, "pad_top": 1, "pad_left": 1}, 0),
        ("depthwise_conv_s8", 8, {"kernel_h": 3, "kernel_w": 3, "pad_top": 2}, 144),
        ("depthwise_conv_s8", 8, {"kernel_h": 5, "kernel_w": 1}, 80),
        ("depthwise_conv_s8", 8, {"kernel_h": 5, "channel_factor": 2}, 0),
        ("depthwise_conv_s8", 8, {"kernel_h": 5, "dilation_h": 2}, 0),
        ("average_pool_s8", 10, {}, 40),
        ("max_pool_s8", 10, {}, 0),
        ("softmax_s8", 10, {}, 0),
    ],
)
def test_scratch_is_what_cmsis_nn_documents_for_dsp(
    kernel: str, channels: int, params: dict[str, int], expected: int
) -> None:
    layer = Layer({**PLAIN, **params}, ((1, 8, 8, channels),), (1, 8, 8, 6))
    assert KERNELS[kernel].scratch(layer) == expected


@pytest.mark.parametrize(
    ("kernel", "params", "expected"),
    [
        ("conv_s8", {"kernel_h": 3, "kernel_w": 2}, 8 * 8 * 6 * 6 * 12),
        ("conv_s8", {"kernel_h": 3, "kernel_w": 2, "channel_factor": 3}, 8 * 8 * 6 * 6 * 4),
        ("depthwise_conv_s8", {"kernel_h": 3, "kernel_w": 2}, 8 * 8 * 6 * 6),
        ("fully_connected_s8", {"depth": 128, "units": 6}, 8 * 8 * 6 * 128),
        ("max_pool_s8", {"kernel_h": 3, "kernel_w": 2}, 0),
    ],
)
def test_multiply_accumulates_are_output_elements_times_window_elements(
    kernel: str, params: dict[str, int], expected: int
) -> None:
    plan, operator = plan_of(kernel, 12, **params)
    assert KERNELS[kernel].macs(plan.layer(operator)) == expected


# 8 rows of 2 taps and 7 of a third that lie in the input, 8 columns of one tap and 7 of another
_WINDOW = {"kernel_h": 3, "kernel_w": 2}
_COPY = {"element_size": 1, "input_start": 0, "output_start": 4, "count": (1, 1, 1, 2, 3, 4)}
_ROWS = {"input_stride": (0, 0, 0, 24, 8, 1), "output_stride": (0, 0, 0, 24, 8, 1)}
_APART = {"input_stride": (0, 0, 0, 24, 8, 2), "output_stride": (0, 0, 0, 24, 8, 1)}


@pytest.mark.parametrize(
    ("kernel", "params", "steps", "rows"),
    [
        # of 6 channels two are left of four, and count three times
        ("conv_s8", _WINDOW, (21 * 15 * 12 + 3 * (21 * 15 // 2)) * (6 + 2 * 2), 64),
        ("conv_s8", {**_WINDOW, "channel_factor": 3}, 21 * 15 * (4 + 3) * (6 + 3 * 2 * 2), 64),
        ("max_pool_s8", _WINDOW, 21 * 15 * 6, 64),
        ("fully_connected_s8", {"depth": 128, "units": 6}, 8 * 8 * 6 * 128, 64),
        ("softmax_s8", {}, 8 * 8 * 6, 64),
        ("mean_s8", {"axes": 6}, 8 * 8 * 12, 96),
        ("copy", {**_COPY, **_ROWS, "fill": 0}, 1 + 6 * 6, 2),
        ("copy", {**_COPY, **_ROWS, "fill": 1}, 1 + 6 * 6 + 384 // 5, 2),
        ("copy", {**_COPY, **_ROWS, "output_start": 2, "fill": 0}, 5 * (1 + 6 * 6), 2),
        ("copy", {**_COPY, **_APART, "fill": 0}, (3 + 6) * 12, 2),
    ],
)
def test_work_is_counted_from_steps_outputs_rows_and_the_call(
    kernel: str, params: dict[str, int], steps: int, rows: int
) -> None:
    plan, operator = plan_of(kernel, 12, **params)
    card, layer = KERNELS[kernel], plan.layer(operator)
    assert (card.steps(layer), card.rows(layer)) == (steps, rows)
    counts = (steps, 8 * 8 * 6, rows, 1)
    instructions = sum(n * rate**2 for n, rate in zip(counts, card.rates, strict=True)) / 64
    assert card.work(layer) == int(instructions)


def test_multiply_accumulates_of_our_network_are_those_of_its_weights(cifar10_plan: Plan) -> None:
    # 5x5 convolutions of 3, 32 and 32 channels at 32x32, 16x16 and 8x8, then 1024 x 10
    expected = [32 * 32 * 32 * 75, 0, 16 * 16 * 32 * 800, 0, 8 * 8 * 64 * 800, 0, 10_240, 0]
    assert [operator.macs for operator in cifar10_plan.operators] == expected
