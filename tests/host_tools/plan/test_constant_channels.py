"""Channels of one value, whatever the network is shown, are not computed, to the same bits."""

from __future__ import annotations

import os

import numpy as np
import pytest
from chains import Chain
from oracle import TfliteMicro, extreme_inputs, random_inputs, real_model

from host_tools.errors import CommandError
from host_tools.host_runtime import HostModel
from host_tools.pack import pack, plan_model
from host_tools.plan.choose import Limits
from host_tools.plan.costs import predict_on
from host_tools.plan_types import Plan

NETWORKS = int(os.environ.get("INKLING_GRAPHS", "60")) // 2
TARGETS = ("portable", "cortex-m7")


def check(network: Chain, *outputs: int) -> Plan:
    """The portable plan. Both targets give tflite-micro's bytes and keep no channel dearly."""
    model, graph = network.build(*outputs)
    oracle = TfliteMicro(model)
    blobs = [HostModel(pack(model, target=target)) for target in TARGETS]
    rng = np.random.default_rng(1)
    for inputs in [*(random_inputs(graph, rng) for _ in range(5)), *extreme_inputs(graph)]:
        expected = oracle.run(inputs, len(graph.outputs))
        for blob in blobs:
            for ours, theirs in zip(blob.run(inputs), expected, strict=True):
                np.testing.assert_array_equal(ours, theirs, err_msg=blob.target)
    for target in TARGETS:
        kept = plan_model(model, target=target, drop_constants=False)
        assert cycles(plan_model(model, target=target)) <= cycles(kept)
    return plan_model(model)


def cycles(plan: Plan) -> int:
    """As the packer predicts them, with the lines that a kernel streams from flash."""
    machine = Limits().machine
    return sum(predict_on(machine, one.kernel, plan.layer(one)) for one in plan.operators)


def channels(plan: Plan) -> list[int]:
    """Of each operator's output."""
    return [plan.tensors[operator.output].shape[-1] for operator in plan.operators]


def multiplications(plan: Plan) -> list[int]:
    return [operator.macs for operator in plan.operators]


def test_channels_that_a_reshape_lays_side_by_side_are_not_those_of_the_next_layer() -> None:
    network = Chain(1).conv(4, dead={0: 10, 1: 20}).reshape([1, 1, 2, 2])
    assert channels(check(network.conv(2).conv(3))) == [4, 2, 3]


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
    network = Chain(side).conv(8, dead={2: value, 7: value})
    plan = check(network.conv(5, kernel, padding=padding, stride=stride))
    kept = 8 if pads and value else 6
    out = plan.tensors[plan.operators[1].output].shape
    assert channels(plan) == [kept, 5]
    assert multiplications(plan) == [
        side * side * kept * 3,
        out[1] * out[2] * 5 * kernel * kernel * kept,
    ]


def test_a_channel_that_a_bound_makes_constant_goes() -> None:
    network = Chain().conv(4, 3, fused="RELU")
    weights, bias = network.builder.graph.operators[0].inputs[1:]
    tensors = network.builder.graph.tensors
    # 27 weights of at most 90 and inputs of at most 255 never reach a bias of -10^6
    tensors[bias].data[1] = -1_000_000
    assert np.abs(tensors[weights].data[1]).max() > 50
    assert channels(check(network.conv(2))) == [3, 2]


def test_a_channel_that_one_input_can_move_stays() -> None:
    # a weight of 1 and inputs of at most 127 + 3: the sum must stay below half a step
    for bias, kept in ((-81, 3), (-79, 4)):
        network = Chain(channels=1).conv(4, fused="RELU")
        weights, biases = (
            network.builder.graph.tensors[index].data
            for index in network.builder.graph.operators[0].inputs[1:]
        )
        weights[:] = 50
        weights[0] = 1
        biases[:] = (bias, 0, 0, 0)
        assert channels(check(network.conv(2))) == [kept, 2]


INT32_MAX = 2**31 - 1


def constants(network: Chain, operator: int) -> list[np.ndarray]:
    """Weights and bias of an operator, to be changed."""
    tensors = network.builder.graph.tensors
    return [tensors[index].data for index in network.builder.graph.operators[operator].inputs[1:]]


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("more", "kept"), [(0, 4), (1, 5)])
def test_a_channel_whose_sum_can_leave_int32_stays(sign: int, more: int, kept: int) -> None:
    network = Chain().conv(5, 3)
    weights, bias = constants(network, 0)
    # inputs of -125 to 130, and padding: a weight of 1 or -1 adds at most 130 for each of 27 taps
    weights[1] = sign
    bias[1] = sign * (INT32_MAX - 27 * 130 + more)
    model, _ = network.conv(2).build()
    for target in TARGETS:
        assert channels(plan_model(model, target=target)) == [kept, 2]


@pytest.mark.parametrize("reader", ["CONV_2D", "FULLY_CONNECTED"])
@pytest.mark.parametrize(("more", "kept"), [(0, 4), (1, 5)])
def test_a_channel_stays_whose_reader_has_no_room_for_it_in_a_bias(
    reader: str, more: int, kept: int
) -> None:
    network = Chain(side=1).conv(5, dead={3: 5})
    network = network.conv(5) if reader == "CONV_2D" else network.fully_connected(5)
    weights, bias = constants(network, 1)
    added = 255 * np.abs(weights[2].astype(np.int64)).sum()
    bias[2] = INT32_MAX - added + more
    model, _ = network.build()
    for target in TARGETS:
        assert channels(plan_model(model, target=target)) == [kept, 5]


def test_a_channel_goes_through_a_depthwise_convolution() -> None:
    network = Chain().conv(8, dead={0: 0, 5: 0}).depthwise(dead={5: 0})
    # channel 0's value comes back as the depthwise bias makes it, and has no part in padding
    plan = check(network.conv(4))
    assert channels(plan) == [6, 6, 4]
    assert multiplications(plan) == [36 * 6 * 3, 36 * 6 * 9, 36 * 4 * 6]


def test_what_a_dead_depthwise_channel_reads_is_not_computed() -> None:
    plan = check(Chain().conv(8).depthwise(dead={1: 7, 2: 0}).conv(4))
    assert channels(plan) == [6, 6, 4]


def test_a_depthwise_channel_stays_where_its_border_differs() -> None:
    plan = check(Chain().conv(8, dead={3: 9}).depthwise().conv(4))
    assert channels(plan) == [8, 8, 4]


def test_a_depthwise_convolution_of_the_network_input_keeps_its_channels() -> None:
    network = Chain(channels=4).depthwise(dead={1: 0})
    assert channels(check(network.conv(3))) == [4, 3]


@pytest.mark.parametrize("value", [0, 30])
def test_a_channel_goes_through_an_average_into_a_fully_connected_layer(value: int) -> None:
    network = Chain().conv(6, dead={0: value, 4: value}).pool("AVERAGE_POOL_2D", 6)
    plan = check(network.reshape().fully_connected(10))
    assert channels(plan) == [4, 4, 10]
    assert multiplications(plan) == [36 * 4 * 3, 0, 10 * 4]
    assert plan.operators[2].params["depth"] == 4


def test_an_average_bounds_a_constant() -> None:
    network = Chain().conv(6, dead={2: -50}).pool("AVERAGE_POOL_2D", 3, "RELU")
    assert channels(check(network.conv(4))) == [5, 5, 4]


def test_a_fully_connected_layer_may_read_an_average_without_a_reshape() -> None:
    network = Chain().conv(6, dead={1: 12}).pool("AVERAGE_POOL_2D", 6)
    assert channels(check(network.fully_connected(3))) == [5, 5, 3]


def test_channels_stay_where_a_reshape_mixes_them_with_places() -> None:
    network = Chain().conv(6, dead={1: 0}).pool("AVERAGE_POOL_2D", 3)
    assert channels(check(network.reshape().fully_connected(3))) == [6, 6, 3]


def test_of_a_layer_of_constants_one_channel_is_left() -> None:
    network = Chain().conv(4, dead=dict(enumerate((0, 5, -7, 20))))
    assert channels(check(network.conv(3))) == [1, 3]
    network = Chain().conv(4, dead=dict.fromkeys(range(4), 0)).depthwise()
    assert channels(check(network.conv(3))) == [1, 1, 3]


def test_channels_that_an_addition_or_a_maximum_reads_stay() -> None:
    network = Chain().conv(4, dead={0: 0})
    first = network.last
    assert channels(check(network.conv(4, dead={0: 0}).add(first))) == [4, 4, 4]
    network = Chain().conv(4, dead={0: 0}).pool("MAX_POOL_2D", 2)
    assert channels(check(network.conv(3))) == [4, 4, 3]


def test_channels_of_an_output_stay_though_a_convolution_reads_them() -> None:
    network = Chain().conv(4, dead={0: 0})
    first = network.last
    network.conv(3)
    assert channels(check(network, first, network.last)) == [4, 3]


def test_a_channel_with_two_readers_goes_where_both_can_do_without() -> None:
    for kernel, kept in ((1, 3), (3, 4)):
        network = Chain().conv(4, dead={2: 11})
        first = network.last
        network.conv(3)
        second = network.last
        network.conv(3, kernel, source=first).add(second)
        assert channels(check(network)) == [kept, 3, 3, 3]


def test_batches_keep_their_values() -> None:
    network = Chain(batch=3).conv(6, 3, dead={0: 0, 3: 0}).depthwise(stride=2)
    network.conv(5).pool("AVERAGE_POOL_2D", 3)
    assert channels(check(network.fully_connected(2))) == [4, 4, 5, 5, 2]


@pytest.mark.parametrize(("dead", "kept"), [(0, 16), (1, 16), (3, 16), (4, 12), (6, 12), (13, 3)])
def test_as_many_constants_stay_as_make_the_fastest_layer(dead: int, kept: int) -> None:
    network = Chain(side=12, channels=8).conv(16, 3, dead=dict.fromkeys(range(dead), 0))
    check(network.conv(16, 3))
    plan = plan_model(network.build()[0], target="cortex-m7")
    assert channels(plan) == [kept, 16]
    assert plan.operators[1].kernel.startswith("winograd") == (kept % 4 == 0)


def test_constants_that_stay_go_through_a_depthwise_convolution_together() -> None:
    network = Chain(side=12, channels=8).conv(16, 3, dead={3: 0, 9: 0}).depthwise({3: 0, 9: 0})
    check(network.conv(16, 3))
    plan = plan_model(network.build()[0], target="cortex-m7")
    assert channels(plan) == [16, 16, 16]
    assert plan.operators[2].kernel.startswith("winograd")


def test_where_flash_has_no_room_for_constants_all_of_them_go() -> None:
    model = Chain(side=12, channels=8).conv(16, 3, dead={3: 0}).conv(16, 3).build()[0]
    assert channels(plan_model(model, target="cortex-m7")) == [16, 16]
    with pytest.raises(CommandError, match="the smallest possible is") as refusal:
        pack(model, target="cortex-m7", flash=1)
    least = int(str(refusal.value).split()[-2])
    assert channels(plan_model(model, target="cortex-m7", flash=least)) == [15, 16]


@pytest.mark.parametrize("seed", range(NETWORKS))
def test_random_networks_with_dead_channels_give_tflite_micros_bytes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = Chain(side=int(rng.choice([9, 10])), batch=int(rng.integers(1, 3)), seed=seed)

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
    network.conv(units[1], int(rng.choice([1, 2, 3])), dead(units[1]), **window())
    if rng.random() < 0.5:
        network.conv(units[2], 1, dead(units[2]), **window())
    if rng.random() < 0.7:
        network.pool("AVERAGE_POOL_2D", network.shape()[1])
        network.reshape() if rng.random() < 0.5 else network.conv(units[3], 1, dead(units[3]))
    if rng.random() < 0.7:
        network.fully_connected(5)
    check(network)


def test_visual_wake_words_does_without_half_of_its_multiplications() -> None:
    for target, expected in (("portable", 3_906_809), ("cortex-m7", 3_948_308)):
        plan = plan_model(real_model("vww_96_int8"), target=target)
        assert sum(multiplications(plan)) == expected
