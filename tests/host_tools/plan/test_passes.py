"""What is folded, dropped and tabulated on the host, with results unchanged."""

from __future__ import annotations

import numpy as np
import pytest
from blob_runner import BlobRunner
from oracle import random_inputs
from tflite_builder import ModelBuilder

from host_tools.blob.writer import write_blob
from host_tools.plan import make_plan
from host_tools.plan_types import Plan
from host_tools.reference import run


def checked_plan(builder: ModelBuilder, inputs: list[int], outputs: list[int]) -> Plan:
    """The plan of the model, once its blob has given the reference interpreter's bytes."""
    builder.build(inputs, outputs)
    plan = make_plan(builder.graph)
    runner = BlobRunner(write_blob(plan))
    for seed in range(3):
        arrays = random_inputs(builder.graph, np.random.default_rng(seed))
        for ours, expected in zip(runner.run(arrays), run(builder.graph, arrays), strict=True):
            np.testing.assert_array_equal(ours, expected)
    return plan


def kernels(plan: Plan) -> list[str]:
    return [operator.kernel for operator in plan.operators]


def padded_convolution(
    builder: ModelBuilder,
    *,
    pads: list[list[int]],
    kernel: tuple[int, int] = (3, 3),
    stride: int = 1,
    size: int = 8,
    value: int | None = None,
    depthwise: bool = False,
    padding: str = "VALID",
) -> list[int]:
    """x -> PAD -> convolution -> y; returns [x, padded, y]."""
    rng = np.random.default_rng(3)
    quantization = {"scale": 0.05, "zero_point": -5}
    x = builder.tensor([1, size, size, 4], **quantization)
    shape = [n + sum(pad) for n, pad in zip([1, size, size, 4], pads, strict=True)]
    padded = builder.tensor(shape, **quantization)
    inputs = [x, builder.constant(pads)]
    if value is not None:
        inputs.append(builder.tensor([], data=value, **quantization))
    builder.operator("PAD" if value is None else "PADV2", inputs, [padded])
    if padding == "SAME":
        sides = [-(-n // stride) for n in shape[1:3]]
    else:
        sides = [(n - k) // stride + 1 for n, k in zip(shape[1:3], kernel, strict=True)]
    dims = [1, *kernel, shape[3]] if depthwise else [6, *kernel, shape[3]]
    weights = builder.tensor(
        dims, scale=0.01, axis=3 if depthwise else 0, data=rng.integers(-128, 128, dims)
    )
    y = builder.tensor([1, *sides, shape[3] if depthwise else 6], scale=0.2, zero_point=3)
    options = {"depth_multiplier": 1} if depthwise else {}
    builder.operator(
        "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
        [x if padded < 0 else padded, weights],
        [y],
        stride_h=stride,
        stride_w=stride,
        dilation_h_factor=1,
        dilation_w_factor=1,
        padding=padding,
        fused_activation_function="NONE",
        **options,
    )
    return [x, padded, y]


AROUND = [[0, 0], [1, 1], [1, 1], [0, 0]]
BELOW = [[0, 0], [0, 1], [0, 1], [0, 0]]


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(
    ("pads", "stride"),
    [(AROUND, 1), (AROUND, 2), (BELOW, 2), ([[0, 0], [1, 0], [0, 1], [0, 0]], 1)],
)
def test_a_pad_before_a_convolution_is_done_by_the_convolution(
    pads: list[list[int]], stride: int, depthwise: bool, padding: str
) -> None:
    builder = ModelBuilder()
    x, _, y = padded_convolution(
        builder, pads=pads, stride=stride, depthwise=depthwise, padding=padding
    )
    plan = checked_plan(builder, [x], [y])
    assert kernels(plan) == ["depthwise_conv_s8" if depthwise else "conv_s8"]
    if padding == "VALID":
        assert plan.operators[0].params["pad_top"] == pads[1][0]
        assert plan.operators[0].params["pad_left"] == pads[2][0]


@pytest.mark.parametrize(
    "options",
    [
        {"pads": AROUND, "value": 7},
        {"pads": AROUND, "kernel": (1, 1)},
        {"pads": [[0, 0], [0, 0], [0, 0], [1, 1]]},
        {"pads": [[0, 0], [4, 4], [4, 4], [0, 0]]},
        {"pads": [[0, 0], [0, 0], [3, 1], [0, 0]], "kernel": (1, 3), "size": 1},
    ],
    ids=["another value", "1x1", "channels", "window outside the picture", "one row"],
)
def test_a_pad_that_a_convolution_cannot_do_stays_a_copy(options: dict) -> None:
    builder = ModelBuilder()
    x, _, y = padded_convolution(builder, **options)
    assert kernels(checked_plan(builder, [x], [y])) == ["copy", "conv_s8"]


def test_a_pad_with_the_zero_point_given_as_its_value_is_folded_too() -> None:
    builder = ModelBuilder()
    x, _, y = padded_convolution(builder, pads=AROUND, value=-5)
    assert kernels(checked_plan(builder, [x], [y])) == ["conv_s8"]


def test_a_pad_that_something_else_reads_stays() -> None:
    builder = ModelBuilder()
    x, padded, y = padded_convolution(builder, pads=AROUND)
    assert kernels(checked_plan(builder, [x], [y, padded])) == ["copy", "conv_s8"]


def test_a_pad_that_is_read_by_another_name_stays() -> None:
    builder = ModelBuilder()
    x, padded, y = padded_convolution(builder, pads=AROUND)
    flat = builder.tensor([10, 40], scale=0.05, zero_point=-5)
    builder.operator("RESHAPE", [padded, builder.constant([10, 40])], [flat], new_shape=[10, 40])
    more = builder.tensor([10, 40], scale=0.05, data=np.arange(400).reshape(10, 40) % 100)
    total = builder.tensor([10, 40], scale=0.05, zero_point=-5)
    builder.operator("ADD", [flat, more], [total], fused_activation_function="NONE")
    plan = checked_plan(builder, [x], [y, total])
    assert kernels(plan) == ["copy", "conv_s8", "add_s8"]


@pytest.mark.parametrize(("below", "folded"), [(3, False), (2, True)])
def test_a_pad_stays_where_the_last_window_begins_behind_the_picture(
    below: int, folded: bool
) -> None:
    builder = ModelBuilder()
    pads = [[0, 0], [0, below], [0, 0], [0, 0]]
    x, _, y = padded_convolution(builder, pads=pads, kernel=(3, 3), size=8)
    # the last window begins at row 5 + below, and row 8 is the first that is not in the picture
    plan = checked_plan(builder, [x], [y])
    assert kernels(plan) == (["conv_s8"] if folded else ["copy", "conv_s8"])


def test_operators_that_no_output_needs_are_dropped_even_unsupported_ones() -> None:
    builder = ModelBuilder()
    x, y, z, w = (builder.tensor([1, 8], scale=0.1 * (i + 1)) for i in range(4))
    builder.operator("RELU", [x], [y])
    builder.operator("RELU6", [y], [z])
    builder.operator("FLOOR", [x], [w])
    assert kernels(checked_plan_without_reference(builder, [x], [y])) == ["lut_s8"]


def checked_plan_without_reference(
    builder: ModelBuilder, inputs: list[int], outputs: list[int]
) -> Plan:
    builder.build(inputs, outputs)
    return make_plan(builder.graph)


def test_only_the_parts_of_a_split_that_are_read_are_copied() -> None:
    builder = ModelBuilder()
    x = builder.tensor([1, 4, 6], scale=0.1)
    parts = [builder.tensor([1, 4, 2], scale=0.1) for _ in range(3)]
    builder.operator("SPLIT", [builder.constant(2), x], parts, num_splits=3)
    plan = checked_plan(builder, [x], [parts[1]])
    assert kernels(plan) == ["copy"]
    assert plan.operators[0].params["input_start"] == 2


def test_what_depends_on_constants_only_is_computed_on_the_host() -> None:
    builder = ModelBuilder()
    x = builder.tensor([1, 4], scale=0.1)
    a = builder.tensor([4], scale=0.1, data=[-100, -1, 0, 90])
    b, c = builder.tensor([4], scale=0.05), builder.tensor([1, 4], scale=0.05)
    y = builder.tensor([1, 4], scale=0.2)
    builder.operator("RELU", [a], [b])
    builder.operator("RESHAPE", [b, builder.constant([1, 4])], [c])
    builder.operator("ADD", [x, c], [y], fused_activation_function="NONE")
    plan = checked_plan(builder, [x], [y])
    assert kernels(plan) == ["add_s8"]
    [constant] = [tensor for tensor in plan.tensors if tensor.data is not None]
    assert constant.data.tolist() == [[0, 0, 0, 127]]


def test_a_transpose_that_moves_only_single_elements_is_a_view() -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 5, 1, 3], scale=0.1), builder.tensor([1, 1, 5, 3], scale=0.1)
    builder.operator("TRANSPOSE", [x, builder.constant([0, 2, 1, 3])], [y])
    assert kernels(checked_plan(builder, [x], [y])) == []


def test_a_requantization_that_changes_no_byte_is_a_view() -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 8], scale=0.1), builder.tensor([1, 8], scale=0.1)
    builder.operator("QUANTIZE", [x], [y])
    assert kernels(checked_plan(builder, [x], [y])) == []


def test_a_float32_input_is_quantized_before_and_an_output_dequantized_in_the_plan() -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 8], "float32"), builder.tensor([1, 8], "float32")
    a, b = builder.tensor([1, 8], scale=0.1, zero_point=4), builder.tensor([1, 8], scale=0.2)
    builder.operator("QUANTIZE", [x], [a])
    builder.operator("RELU", [a], [b])
    builder.operator("DEQUANTIZE", [b], [y])
    assert kernels(checked_plan(builder, [x], [y])) == ["lut_s8", "dequantize_f32"]


def test_a_transpose_joins_the_dimensions_that_stay_together() -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([2, 3, 4, 5], scale=0.1), builder.tensor([3, 2, 4, 5], scale=0.1)
    builder.operator("TRANSPOSE", [x, builder.constant([1, 0, 2, 3])], [y])
    [copy] = checked_plan(builder, [x], [y]).operators
    assert copy.params["count"] == (1, 1, 1, 3, 2, 20)
    assert copy.params["input_stride"] == (0, 0, 0, 20, 60, 1)
    assert copy.params["output_stride"] == (0, 0, 0, 40, 20, 1)
