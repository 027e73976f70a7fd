"""Which layers the kernels of the Cortex-M7 take, and which they leave because of their bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle import TfliteMicro, extreme_inputs, random_inputs
from tflite_builder import ModelBuilder

from host_tools.blob.writer import write_blob
from host_tools.host_runtime import HostModel
from host_tools.pack import plan_model

RNG = np.random.default_rng(0)
CONV, DEPTHWISE, DENSE = "conv_packed_s8", "depthwise_3x3_s8", "fully_connected_packed_s8"
GENERAL, DILATED = "depthwise_packed_s8", "depthwise_dilated_s8"
GROUPED, LARGE = "conv_general_s8", "fully_connected_general_s8"
WINOGRAD = ["winograd_f2_s8", "winograd_f4_s8", "winograd_f45_s8"]
FILLED = np.full


def weights(*shape: int) -> np.ndarray:
    return RNG.integers(-127, 128, shape)


def few(*shape: int) -> np.ndarray:
    """Weights of -1 to 1."""
    return RNG.integers(-1, 2, shape)


def layer(
    kind: str,
    values: np.ndarray,
    *,
    side: int = 5,
    channels: int | None = None,
    scale: float | list[float] = 0.002,
    weights_zero: int = 0,
    bias: int = 50,
    **options: Any,
) -> bytes:
    """A model of one convolution or fully connected layer, from scale 0.1 to scale 0.1."""
    builder = ModelBuilder(kind)
    depthwise = kind == "DEPTHWISE_CONV_2D"
    units = values.shape[3] if depthwise else values.shape[0]
    shape = [1, side, side, channels or values.shape[-1]]
    strides = {"stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}
    options = {"padding": "SAME", "fused_activation_function": "NONE", **strides, **options}
    sides = [-(-side // options[name]) for name in ("stride_h", "stride_w")]
    output = [1, *sides, units]
    if kind == "FULLY_CONNECTED":
        shape, output = [2, values.shape[1]], [2, units]
        options = {"fused_activation_function": "NONE"}
    source = builder.tensor(shape, scale=0.1, zero_point=7)
    given = builder.tensor(
        values.shape, scale=scale, zero_point=weights_zero, axis=3 if depthwise else 0, data=values
    )
    first = float(np.atleast_1d(scale)[0])
    biases = builder.tensor([units], "int32", scale=first * 0.1, data=np.full(units, bias))
    target = builder.tensor(output, scale=0.1, zero_point=-4)
    builder.operator(kind, [source, given, biases], [target], **options)
    return builder.build([source], [target])


def check(model: bytes, force: str) -> str:
    """The kernel that the layer gets where `force` is wanted; it gives tflite-micro's bytes."""
    plan = plan_model(model, target="cortex-m7", force=[force])
    graph_inputs = plan.tensors[plan.inputs[0]].shape
    blob, oracle = HostModel(write_blob(plan)), TfliteMicro(model)
    rng = np.random.default_rng(1)
    arrays = [rng.integers(-128, 128, graph_inputs) for _ in range(3)]
    arrays += [np.full(graph_inputs, value) for value in (-128, 127, 7)]
    for array in arrays:
        inputs = [array.astype(np.int8)]
        np.testing.assert_array_equal(blob.run(inputs)[0], oracle.run(inputs)[0])
    return plan.operators[0].kernel


BESIDE = FILLED((2, 1, 1, 8), -128)
TOO_LARGE = FILLED((2, 3, 3, 64), 127)
TAKEN = {
    "1x1": (CONV, layer("CONV_2D", weights(8, 1, 1, 16))),
    "3x3": (CONV, layer("CONV_2D", weights(7, 3, 3, 5))),
    "5x5 of 3 channels, stride 2": (
        CONV,
        layer("CONV_2D", weights(4, 5, 5, 3), stride_h=2, stride_w=2),
    ),
    "4x10, stride 1 x 2": (CONV, layer("CONV_2D", weights(3, 4, 3, 2), stride_w=2)),
    "115 channels": (CONV, layer("CONV_2D", weights(2, 3, 3, 115), scale=2e-4)),
    "a scale for each channel": (
        CONV,
        layer("CONV_2D", weights(3, 1, 1, 9), scale=[0.49, 1e-3, 1e-8]),
    ),
    "a shift of 0": (CONV, layer("CONV_2D", weights(3, 1, 1, 4), scale=[0.002, 0.51, 0.002])),
    "shifts to the left": (CONV, layer("CONV_2D", few(3, 1, 1, 4), scale=[3.0, 1e-3, 1e7])),
    "Winograd 2": (WINOGRAD[0], layer("CONV_2D", weights(5, 3, 3, 8))),
    "Winograd 2 with a shift of 0": (WINOGRAD[0], layer("CONV_2D", few(4, 3, 3, 4), scale=0.7)),
    "Winograd 4 with shifts to the left": (
        WINOGRAD[1],
        layer("CONV_2D", few(3, 3, 3, 4), scale=[2.0, 1e-2, 1e8]),
    ),
    "Winograd 4": (WINOGRAD[1], layer("CONV_2D", weights(6, 3, 3, 16), padding="SAME")),
    "Winograd of large sums": (
        WINOGRAD[0],
        layer("CONV_2D", FILLED((2, 3, 3, 116), 127), scale=2e-4),
    ),
    "Winograd 4 x 5": (WINOGRAD[2], layer("CONV_2D", weights(7, 5, 5, 12), side=9)),
    "Winograd 4 x 5 with shifts to the left": (
        WINOGRAD[2],
        layer("CONV_2D", few(3, 5, 5, 4), scale=[2.0, 1e-2, 1e8]),
    ),
    "depthwise": (DEPTHWISE, layer("DEPTHWISE_CONV_2D", weights(1, 3, 3, 6), depth_multiplier=1)),
    "depthwise, stride 2": (
        DEPTHWISE,
        layer(
            "DEPTHWISE_CONV_2D", weights(1, 3, 3, 9), stride_h=2, stride_w=2, depth_multiplier=1
        ),
    ),
    "depthwise with shifts to the left": (
        DEPTHWISE,
        layer("DEPTHWISE_CONV_2D", few(1, 3, 3, 3), scale=[0.6, 1e-2, 1e8], depth_multiplier=1),
    ),
    "depthwise 5x5": (
        GENERAL,
        layer("DEPTHWISE_CONV_2D", weights(1, 5, 5, 7), depth_multiplier=1),
    ),
    "depthwise 5x5 with a shift of 0": (
        GENERAL,
        layer("DEPTHWISE_CONV_2D", few(1, 5, 5, 4), scale=0.7, depth_multiplier=1),
    ),
    "depthwise with three outputs a channel": (
        GENERAL,
        layer("DEPTHWISE_CONV_2D", weights(1, 3, 2, 15), channels=5, depth_multiplier=3),
    ),
    "depthwise, strides 3 and 1": (
        GENERAL,
        layer("DEPTHWISE_CONV_2D", weights(1, 3, 3, 4), stride_h=3, depth_multiplier=1),
    ),
    "depthwise of weights of -128": (
        GENERAL,
        layer("DEPTHWISE_CONV_2D", FILLED((1, 1, 5, 6), -128), depth_multiplier=1),
    ),
    "depthwise 8x10 of 1 channel, stride 2": (
        CONV,
        layer(
            "DEPTHWISE_CONV_2D",
            weights(1, 8, 10, 8),
            channels=1,
            side=12,
            stride_h=2,
            stride_w=2,
            depth_multiplier=8,
        ),
    ),
    "depthwise of 3 channels as a full convolution": (
        CONV,
        layer("DEPTHWISE_CONV_2D", weights(1, 5, 2, 9), channels=3, depth_multiplier=3),
    ),
    "depthwise dilation": (
        DILATED,
        layer("DEPTHWISE_CONV_2D", weights(1, 3, 3, 4), dilation_w_factor=2, depth_multiplier=1),
    ),
    "depthwise dilation with two outputs a channel": (
        DILATED,
        layer(
            "DEPTHWISE_CONV_2D",
            weights(1, 5, 3, 10),
            channels=5,
            depth_multiplier=2,
            dilation_h_factor=4,
        ),
    ),
    "depthwise dilation of 3 channels": (
        GROUPED,
        layer(
            "DEPTHWISE_CONV_2D",
            weights(1, 3, 3, 6),
            channels=3,
            depth_multiplier=2,
            dilation_h_factor=2,
        ),
    ),
    "dilation": (GROUPED, layer("CONV_2D", weights(4, 3, 3, 4), dilation_h_factor=2)),
    "groups": (GROUPED, layer("CONV_2D", weights(6, 3, 3, 4), channels=8)),
    "groups of one channel": (GENERAL, layer("CONV_2D", weights(6, 3, 3, 1), channels=6)),
    "groups of one channel with two outputs": (
        GENERAL,
        layer("CONV_2D", weights(10, 2, 3, 1), channels=5, stride_h=2),
    ),
    "groups of one channel with dilation": (
        DILATED,
        layer("CONV_2D", weights(12, 3, 3, 1), channels=6, dilation_w_factor=3),
    ),
    "groups of one channel, 3x3": (DEPTHWISE, layer("CONV_2D", weights(6, 3, 3, 1), channels=6)),
    "weights of -128 beside each other": (GROUPED, layer("CONV_2D", BESIDE)),
    "sums of 2^23": (GROUPED, layer("CONV_2D", TOO_LARGE, scale=1e-4)),
    "fully connected with sums of 2^23": (
        LARGE,
        layer("FULLY_CONNECTED", FILLED((4, 600), 127), scale=1e-4),
    ),
    "fully connected by units with weights of -128": (
        LARGE,
        layer("FULLY_CONNECTED", FILLED((3, 9), -128), scale=[0.002, 0.003, 0.004]),
    ),
    "fully connected": (DENSE, layer("FULLY_CONNECTED", weights(11, 13))),
    "fully connected with a shift of 0": (
        DENSE,
        layer("FULLY_CONNECTED", few(5, 9), scale=0.6),
    ),
    "fully connected by units": (
        DENSE,
        layer("FULLY_CONNECTED", weights(6, 30), scale=[0.002, 0.003] * 3),
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_packed_kernel_takes(name: str) -> None:
    kernel, model = TAKEN[name]
    assert check(model, kernel) == kernel


LEFT = {
    "what conv_packed_s8 holds": (GROUPED, layer("CONV_2D", weights(4, 3, 3, 4))),
    "what fully_connected_packed_s8 holds": (LARGE, layer("FULLY_CONNECTED", weights(4, 9))),
    "dilation": (CONV, layer("CONV_2D", weights(4, 3, 3, 4), dilation_h_factor=2)),
    "groups": (CONV, layer("CONV_2D", weights(4, 3, 3, 4), channels=8)),
    "weights of -128 beside each other": (CONV, layer("CONV_2D", BESIDE)),
    "sums of 2^23": (CONV, layer("CONV_2D", TOO_LARGE, scale=1e-4)),
    "Winograd of 6 channels": (WINOGRAD[0], layer("CONV_2D", weights(4, 3, 3, 6))),
    "Winograd of 5x5": (WINOGRAD[1], layer("CONV_2D", weights(4, 5, 5, 4))),
    "Winograd 4 x 5 of 3x3": (WINOGRAD[2], layer("CONV_2D", weights(4, 3, 3, 4))),
    "Winograd 4 x 5 of 6 channels": (WINOGRAD[2], layer("CONV_2D", weights(4, 5, 5, 6))),
    "Winograd 4 x 5 with a stride": (
        WINOGRAD[2],
        layer("CONV_2D", weights(4, 5, 5, 4), stride_h=2, stride_w=2),
    ),
    "Winograd with a stride": (
        WINOGRAD[1],
        layer("CONV_2D", weights(4, 3, 3, 4), stride_h=2, stride_w=2),
    ),
    "Winograd 4 with sums of 2^25": (
        WINOGRAD[1],
        layer("CONV_2D", FILLED((2, 3, 3, 232), 127), scale=1e-4),
    ),
    "depthwise with two outputs a channel": (
        DEPTHWISE,
        layer("DEPTHWISE_CONV_2D", weights(1, 3, 3, 8), channels=4, depth_multiplier=2),
    ),
    "depthwise 5x5": (
        DEPTHWISE,
        layer("DEPTHWISE_CONV_2D", weights(1, 5, 5, 4), depth_multiplier=1),
    ),
    "depthwise with a stride of 3": (
        DEPTHWISE,
        layer(
            "DEPTHWISE_CONV_2D", weights(1, 3, 3, 4), stride_h=3, stride_w=3, depth_multiplier=1
        ),
    ),
    "depthwise with strides 1 and 2": (
        DEPTHWISE,
        layer("DEPTHWISE_CONV_2D", weights(1, 3, 3, 4), stride_w=2, depth_multiplier=1),
    ),
    "depthwise dilation": (
        DEPTHWISE,
        layer("DEPTHWISE_CONV_2D", weights(1, 3, 3, 4), dilation_w_factor=2, depth_multiplier=1),
    ),
    "depthwise of 4 channels as a full convolution": (
        CONV,
        layer("DEPTHWISE_CONV_2D", weights(1, 5, 5, 4), depth_multiplier=1),
    ),
    "depthwise dilation of 1 channel": (
        CONV,
        layer(
            "DEPTHWISE_CONV_2D",
            weights(1, 3, 3, 4),
            channels=1,
            depth_multiplier=4,
            dilation_w_factor=2,
        ),
    ),
    "depthwise dilation, any window": (
        GENERAL,
        layer("DEPTHWISE_CONV_2D", weights(1, 5, 3, 4), dilation_h_factor=2, depth_multiplier=1),
    ),
    "depthwise of 3 channels": (
        GENERAL,
        layer("DEPTHWISE_CONV_2D", weights(1, 5, 5, 6), channels=3, depth_multiplier=2),
    ),
    "fully connected with a zero point of the weights": (
        DENSE,
        layer("FULLY_CONNECTED", weights(4, 9), weights_zero=3),
    ),
    "fully connected with sums of 2^23": (
        DENSE,
        layer("FULLY_CONNECTED", FILLED((4, 600), 127), scale=1e-4),
    ),
}


@pytest.mark.parametrize("name", LEFT)
def test_a_packed_kernel_leaves_to_another(name: str) -> None:
    kernel, model = LEFT[name]
    assert check(model, kernel) != kernel


def test_a_dead_channel_with_a_shift_of_0_stands_in_no_kernels_way() -> None:
    # the last layer's channels are not dropped: channel 1 saturates for every input
    values = weights(4, 1, 1, 4)
    values[1] = 0
    model = layer("CONV_2D", values, scale=[0.002, 0.6, 0.002, 0.002], bias=30_000)
    assert check(model, CONV) == CONV


@pytest.mark.parametrize("kind", ["ADD", "MAX_POOL_2D", "AVERAGE_POOL_2D"])
def test_sums_and_poolings_have_kernels_of_their_own(kind: str) -> None:
    builder = ModelBuilder(kind)
    tensors = [builder.tensor([1, 6, 6, 5], scale=0.1 * i, zero_point=3) for i in (1, 2)]
    target = builder.tensor([1, 6, 6, 5], scale=0.1 if kind != "ADD" else 0.3, zero_point=3)
    options = {"fused_activation_function": "RELU"}
    if kind != "ADD":
        tensors = tensors[:1]
        options |= {"padding": "SAME", "filter_height": 3, "filter_width": 2}
        options |= {"stride_h": 1, "stride_w": 1}
    builder.operator(kind, tensors, [target], **options)
    model = builder.build(tensors, [target])
    kernel = {"ADD": "add_table_s8", "MAX_POOL_2D": "max_pool_simd_s8"}.get(kind)
    kernel = kernel or "average_pool_simd_s8"
    plan = plan_model(model, target="cortex-m7", force=[kernel])
    assert plan.operators[0].kernel == kernel
    blob, oracle = HostModel(write_blob(plan)), TfliteMicro(model)
    rng = np.random.default_rng(2)
    graph = builder.graph
    for inputs in [*(random_inputs(graph, rng) for _ in range(5)), *extreme_inputs(graph)]:
        np.testing.assert_array_equal(blob.run(inputs)[0], oracle.run(inputs)[0])


def test_the_portable_target_has_no_packed_kernels() -> None:
    for _, model in TAKEN.values():
        [operator] = plan_model(model).operators
        assert operator.kernel in ("conv_s8", "depthwise_conv_s8", "fully_connected_s8")
