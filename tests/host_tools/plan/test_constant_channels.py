"""Channels of one value, whatever the network is shown, are not computed, to the same bits."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
import pytest
from oracle import TfliteMicro, extreme_inputs, random_inputs, real_model
from tflite_builder import ModelBuilder

from host_tools.graph import Graph
from host_tools.host_runtime import HostModel
from host_tools.pack import pack, plan_model
from host_tools.plan import Plan

NETWORKS = int(os.environ.get("INKLING_GRAPHS", "60")) // 2
ZERO_POINT = -3
STEP = 100  # of a bias: one of the output
TARGETS = ("portable", "cortex-m7")


class Network:
    """A chain of layers. A dead channel has weights of 0, so its bias is all it gives.

    `dead` maps a channel to how far from the zero point its value lies.
    """

    def __init__(self, side: int = 6, channels: int = 3, batch: int = 1, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.builder = ModelBuilder()
        self.input = self.last = self.tensor([batch, side, side, channels])

    def tensor(self, shape: list[int]) -> int:
        return self.builder.tensor(shape, scale=0.05, zero_point=ZERO_POINT)

    def shape(self, tensor: int | None = None) -> list[int]:
        return list(self.builder.graph.tensors[self.last if tensor is None else tensor].shape)

    def conv(
        self,
        units: int,
        kernel: int = 1,
        dead: Mapping[int, int] | None = None,
        *,
        source: int | None = None,
        depthwise: bool = False,
        padding: str = "SAME",
        stride: int = 1,
        fused: str = "NONE",
    ) -> Network:
        """A convolution from `source` or the last layer; with `depthwise` each channel alone."""
        source = self.last if source is None else source
        batch, height, width, channels = self.shape(source)
        shape = [1, kernel, kernel, units] if depthwise else [units, kernel, kernel, channels]
        weights = self.rng.integers(-90, 91, shape)
        bias = self.rng.integers(-2000, 2001, units)
        for channel, value in (dead or {}).items():
            weights[(..., channel) if depthwise else channel] = 0
            bias[channel] = STEP * value
        sides = [
            -(-size // stride) if padding == "SAME" else (size - kernel) // stride + 1
            for size in (height, width)
        ]
        scales = [1 / STEP] * units
        inputs = [
            source,
            self.builder.tensor(shape, scale=scales, axis=3 if depthwise else 0, data=weights),
            self.builder.tensor([units], "int32", scale=0.05 / STEP, data=bias),
        ]
        self.last = self.tensor([batch, *sides, units])
        options = {"depth_multiplier": 1} if depthwise else {}
        self.builder.operator(
            "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
            inputs,
            [self.last],
            padding=padding,
            stride_h=stride,
            stride_w=stride,
            dilation_h_factor=1,
            dilation_w_factor=1,
            fused_activation_function=fused,
            **options,
        )
        return self

    def depthwise(self, dead: Mapping[int, int] | None = None, **options: object) -> Network:
        return self.conv(self.shape()[3], 3, dead, depthwise=True, **options)

    def pool(self, kind: str, window: int, fused: str = "NONE") -> Network:
        batch, height, width, channels = self.shape()
        source = self.last
        self.last = self.tensor([batch, height // window, width // window, channels])
        sides = dict.fromkeys(("filter_height", "filter_width", "stride_h", "stride_w"), window)
        self.builder.operator(
            kind, [source], [self.last], padding="VALID", fused_activation_function=fused, **sides
        )
        return self

    def reshape(self) -> Network:
        shape = self.shape()
        flat = [shape[0], int(np.prod(shape[1:]))]
        source, self.last = self.last, self.tensor(flat)
        self.builder.operator(
            "RESHAPE", [source, self.builder.constant(flat)], [self.last], new_shape=flat
        )
        return self

    def fully_connected(self, units: int) -> Network:
        shape = self.shape()
        depth = int(np.prod(shape[1:]))
        weights = self.rng.integers(-90, 91, [units, depth])
        inputs = [
            self.last,
            self.builder.tensor([units, depth], scale=1 / STEP, data=weights),
            self.builder.tensor(
                [units], "int32", scale=0.05 / STEP, data=self.rng.integers(-99, 99, units)
            ),
        ]
        self.last = self.tensor([shape[0], units])
        self.builder.operator(
            "FULLY_CONNECTED",
            inputs,
            [self.last],
            fused_activation_function="NONE",
            weights_format="DEFAULT",
            keep_num_dims=False,
        )
        return self

    def add(self, other: int) -> Network:
        inputs, self.last = [self.last, other], self.tensor(self.shape())
        self.builder.operator("ADD", inputs, [self.last], fused_activation_function="NONE")
        return self

    def build(self, *outputs: int) -> tuple[bytes, Graph]:
        return self.builder.build([self.input], outputs or [self.last]), self.builder.graph


def check(network: Network, *outputs: int) -> Plan:
    """Both targets' blobs give tflite-micro's bytes; the portable plan."""
    model, graph = network.build(*outputs)
    oracle = TfliteMicro(model)
    blobs = [HostModel(pack(model, target=target)) for target in TARGETS]
    rng = np.random.default_rng(1)
    for inputs in [*(random_inputs(graph, rng) for _ in range(5)), *extreme_inputs(graph)]:
        expected = oracle.run(inputs, len(graph.outputs))
        for blob in blobs:
            for ours, theirs in zip(blob.run(inputs), expected, strict=True):
                np.testing.assert_array_equal(ours, theirs, err_msg=blob.target)
    plans = [plan_model(model, target=target) for target in TARGETS]
    assert channels(plans[0]) == channels(plans[1])
    assert multiplications(plans[0]) == multiplications(plans[1])
    return plans[0]


def channels(plan: Plan) -> list[int]:
    """Of each operator's output."""
    return [plan.tensors[operator.output].shape[-1] for operator in plan.operators]


def multiplications(plan: Plan) -> list[int]:
    return [operator.macs for operator in plan.operators]


@pytest.mark.parametrize("value", [0, 10, -20])
@pytest.mark.parametrize(
    ("kernel", "padding", "stride", "side", "pads"),
    [
        (1, "SAME", 1, 6, False),
        (3, "VALID", 1, 6, False),
        (3, "SAME", 1, 6, True),
        (3, "SAME", 2, 7, True),  # above and below
        (3, "SAME", 2, 6, True),  # only below
        (2, "SAME", 2, 6, False),
    ],
)
def test_a_constant_goes_unless_padding_stands_beside_another_value(
    value: int, kernel: int, padding: str, stride: int, side: int, pads: bool
) -> None:
    network = Network(side).conv(8, dead={2: value, 7: value})
    plan = check(network.conv(5, kernel, padding=padding, stride=stride))
    kept = 8 if pads and value else 6
    out = plan.tensors[plan.operators[1].output].shape
    assert channels(plan) == [kept, 5]
    assert multiplications(plan) == [
        side * side * kept * 3,
        out[1] * out[2] * 5 * kernel * kernel * kept,
    ]


def test_a_channel_that_a_bound_makes_constant_goes() -> None:
    network = Network().conv(4, 3, fused="RELU")
    weights, bias = network.builder.graph.operators[0].inputs[1:]
    tensors = network.builder.graph.tensors
    # 27 weights of at most 90 and inputs of at most 255 never reach a bias of -10^6
    tensors[bias].data[1] = -1_000_000
    assert np.abs(tensors[weights].data[1]).max() > 50
    assert channels(check(network.conv(2))) == [3, 2]


def test_a_channel_that_one_input_can_move_stays() -> None:
    # a weight of 1 and inputs of at most 127 + 3: the sum must stay below half a step
    for bias, kept in ((-81, 3), (-79, 4)):
        network = Network(channels=1).conv(4, fused="RELU")
        weights, biases = (
            network.builder.graph.tensors[index].data
            for index in network.builder.graph.operators[0].inputs[1:]
        )
        weights[:] = 50
        weights[0] = 1
        biases[:] = (bias, 0, 0, 0)
        assert channels(check(network.conv(2))) == [kept, 2]


def test_a_channel_goes_through_a_depthwise_convolution() -> None:
    network = Network().conv(8, dead={0: 0, 5: 0}).depthwise(dead={5: 0})
    # channel 0's value comes back as the depthwise bias makes it, and has no part in padding
    plan = check(network.conv(4))
    assert channels(plan) == [6, 6, 4]
    assert multiplications(plan) == [36 * 6 * 3, 36 * 6 * 9, 36 * 4 * 6]


def test_what_a_dead_depthwise_channel_reads_is_not_computed() -> None:
    plan = check(Network().conv(8).depthwise(dead={1: 7, 2: 0}).conv(4))
    assert channels(plan) == [6, 6, 4]


def test_a_depthwise_channel_stays_where_its_border_differs() -> None:
    plan = check(Network().conv(8, dead={3: 9}).depthwise().conv(4))
    assert channels(plan) == [8, 8, 4]


def test_a_depthwise_convolution_of_the_network_input_keeps_its_channels() -> None:
    network = Network(channels=4).depthwise(dead={1: 0})
    assert channels(check(network.conv(3))) == [4, 3]


@pytest.mark.parametrize("value", [0, 30])
def test_a_channel_goes_through_an_average_into_a_fully_connected_layer(value: int) -> None:
    network = Network().conv(6, dead={0: value, 4: value}).pool("AVERAGE_POOL_2D", 6)
    plan = check(network.reshape().fully_connected(10))
    assert channels(plan) == [4, 4, 10]
    assert multiplications(plan) == [36 * 4 * 3, 0, 10 * 4]
    assert plan.operators[2].params["depth"] == 4


def test_an_average_bounds_a_constant() -> None:
    network = Network().conv(6, dead={2: -50}).pool("AVERAGE_POOL_2D", 3, "RELU")
    assert channels(check(network.conv(4))) == [5, 5, 4]


def test_a_fully_connected_layer_may_read_an_average_without_a_reshape() -> None:
    network = Network().conv(6, dead={1: 12}).pool("AVERAGE_POOL_2D", 6)
    assert channels(check(network.fully_connected(3))) == [5, 5, 3]


def test_channels_stay_where_a_reshape_mixes_them_with_places() -> None:
    network = Network().conv(6, dead={1: 0}).pool("AVERAGE_POOL_2D", 3)
    assert channels(check(network.reshape().fully_connected(3))) == [6, 6, 3]


def test_of_a_layer_of_constants_one_channel_is_left() -> None:
    network = Network().conv(4, dead=dict(enumerate((0, 5, -7, 20))))
    assert channels(check(network.conv(3))) == [1, 3]
    network = Network().conv(4, dead=dict.fromkeys(range(4), 0)).depthwise()
    assert channels(check(network.conv(3))) == [1, 1, 3]


def test_channels_that_an_addition_or_a_maximum_reads_stay() -> None:
    network = Network().conv(4, dead={0: 0})
    first = network.last
    assert channels(check(network.conv(4, dead={0: 0}).add(first))) == [4, 4, 4]
    network = Network().conv(4, dead={0: 0}).pool("MAX_POOL_2D", 2)
    assert channels(check(network.conv(3))) == [4, 4, 3]


def test_channels_of_an_output_stay_though_a_convolution_reads_them() -> None:
    network = Network().conv(4, dead={0: 0})
    first = network.last
    network.conv(3)
    assert channels(check(network, first, network.last)) == [4, 3]


def test_a_channel_with_two_readers_goes_where_both_can_do_without() -> None:
    for kernel, kept in ((1, 3), (3, 4)):
        network = Network().conv(4, dead={2: 11})
        first = network.last
        network.conv(3)
        second = network.last
        network.conv(3, kernel, source=first).add(second)
        assert channels(check(network)) == [kept, 3, 3, 3]


def test_batches_keep_their_values() -> None:
    network = Network(batch=3).conv(6, 3, dead={0: 0, 3: 0}).depthwise(stride=2)
    network.conv(5).pool("AVERAGE_POOL_2D", 3)
    assert channels(check(network.fully_connected(2))) == [4, 4, 5, 5, 2]


@pytest.mark.parametrize("seed", range(NETWORKS))
def test_random_networks_with_dead_channels_give_tflite_micros_bytes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = Network(side=int(rng.choice([9, 10])), batch=int(rng.integers(1, 3)), seed=seed)

    def dead(count: int) -> dict[int, int]:
        places = rng.permutation(count)[: int(rng.integers(0, count))]
        return {int(place): int(rng.choice([0, 0, 9, -30, 200, -200])) for place in places}

    def window() -> dict[str, object]:
        return {
            "padding": str(rng.choice(["SAME", "VALID"])),
            "fused": str(rng.choice(["NONE", "RELU", "RELU6"])),
        }

    units = [int(count) for count in rng.integers(2, 9, 4)]
    network.conv(units[0], int(rng.choice([1, 3])), dead(units[0]), **window())
    if rng.random() < 0.7:
        network.depthwise(dead(units[0]), stride=int(rng.choice([1, 2])), **window())
    network.conv(units[1], int(rng.choice([1, 2])), dead(units[1]), **window())
    if rng.random() < 0.5:
        network.conv(units[2], 1, dead(units[2]), **window())
    if rng.random() < 0.7:
        network.pool("AVERAGE_POOL_2D", network.shape()[1])
        network.reshape() if rng.random() < 0.5 else network.conv(units[3], 1, dead(units[3]))
    if rng.random() < 0.7:
        network.fully_connected(5)
    check(network)


def test_visual_wake_words_does_without_half_of_its_multiplications() -> None:
    plan = plan_model(real_model("vww_96_int8"), target="cortex-m7")
    assert sum(operator.macs for operator in plan.operators) == 3_906_809
