"""The memory planner: nothing that lives at once overlaps, and little is wasted."""

from __future__ import annotations

import random

import numpy as np
import pytest
from blob_runner import BlobRunner
from oracle import real_model
from tflite_builder import ModelBuilder

from host_tools.blob.writer import write_blob
from host_tools.pack import plan_model
from host_tools.plan import make_plan
from host_tools.plan.buffers import arena_buffers
from host_tools.plan.memory import (
    Block,
    arena_blocks,
    lower_bound,
    most_tensor_bytes,
    place_blocks,
)
from host_tools.plan_types import Plan
from host_tools.reference import run

SEEDS = range(100)


def random_blocks(seed: int) -> list[Block]:
    """Tensors and scratch of a made-up network of 5 to 60 operators."""
    source = random.Random(seed)
    operators = source.randint(5, 60)
    blocks = [Block(16 * source.randint(1, 500), -1, source.choice([0, 1, 2]))]
    for time in range(operators):
        last = min(operators, time + source.choice([1, 1, 1, 2, 2, 3, 5, 8]))
        size = 16 * source.choice([source.randint(1, 500), source.randint(1, 60)])
        blocks.append(Block(size, time, last))
        if source.random() < 0.4:
            blocks.append(Block(16 * source.randint(1, 60), time, time))
    return blocks


@pytest.mark.parametrize("seed", SEEDS)
def test_blocks_that_live_at_once_never_overlap(seed: int) -> None:
    blocks = random_blocks(seed)
    offsets, total = place_blocks(blocks)
    assert total == max(o + b.size for o, b in zip(offsets, blocks, strict=True))
    for i, (offset, block) in enumerate(zip(offsets, blocks, strict=True)):
        assert offset >= 0 and offset % 16 == 0
        for other_offset, other in zip(offsets[:i], blocks[:i], strict=True):
            if block.first <= other.last and other.first <= block.last:
                assert offset + block.size <= other_offset or other_offset + other.size <= offset


def test_most_random_networks_reach_the_lower_bound_and_none_is_far_above() -> None:
    ratios = []
    for seed in SEEDS:
        blocks = random_blocks(seed)
        ratios.append(place_blocks(blocks)[1] / lower_bound(blocks))
    assert sum(ratio == 1 for ratio in ratios) >= 95
    assert max(ratios) < 1.1


def test_the_same_blocks_are_placed_the_same_way() -> None:
    blocks = random_blocks(74)  # one that hill climbing works on
    assert place_blocks(blocks) == place_blocks(list(blocks))


def test_a_huge_network_is_placed_within_seconds() -> None:
    source = random.Random(1)
    blocks = [
        Block(16 * source.randint(1, 99), i, min(400, i + source.randint(1, 400)))
        for i in range(400)
    ]
    offsets, total = place_blocks(blocks)
    assert total < 1.2 * lower_bound(blocks)


@pytest.mark.parametrize(
    ("name", "tensors", "scratch"),
    [
        ("pretrainedResnet_quant", 49_152, 576),
        ("kws_ref_model", 16_000, 256),
        ("vww_96_int8", 55_296, 32),
        ("ad01_int8", 768, 0),
    ],
)
def test_a_real_network_needs_no_more_than_its_live_tensors_and_scratch(
    name: str, tensors: int, scratch: int
) -> None:
    plan = plan_model(real_model(name))
    assert most_tensor_bytes(plan) == tensors
    assert plan.arena_size == tensors + scratch
    assert plan.arena_size == lower_bound(arena_blocks(plan, arena_buffers(plan)))


def test_our_cifar10_network_needs_no_more_than_its_live_tensors_and_scratch(
    cifar10_plan: Plan,
) -> None:
    assert cifar10_plan.arena_size == 40_960


def residual(builder: ModelBuilder, swapped: bool, used_again: bool) -> list[int]:
    """x -> RELU -> a; a -> a pooling -> b; a + b -> c, and RELU(b) where b is used again."""
    shape = [1, 8, 8, 4]
    x, a, b, c, d = (builder.tensor(shape, scale=scale) for scale in (0.1, 0.2, 0.2, 0.3, 0.4))
    builder.operator("RELU", [x], [a])
    sides = {"filter_height": 3, "filter_width": 3, "stride_h": 1, "stride_w": 1}
    options = {"padding": "SAME", "fused_activation_function": "NONE", **sides}
    builder.operator("MAX_POOL_2D", [a], [b], **options)
    inputs = [b, a] if swapped else [a, b]
    builder.operator("ADD", inputs, [c], fused_activation_function="NONE")
    if used_again:
        builder.operator("RELU", [b], [d])
    return [x, c, d]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("used_again", [False, True])
def test_an_addition_overwrites_an_input_that_is_read_no_more(
    swapped: bool, used_again: bool
) -> None:
    builder = ModelBuilder()
    x, c, d = residual(builder, swapped, used_again)
    builder.build([x], [c, d] if used_again else [c])
    plan = make_plan(builder.graph)
    add = plan.operators[2]
    assert add.kernel == "add_s8"
    assert plan.tensors[add.inputs[0]].offset == plan.tensors[add.output].offset
    # a and b together; RELU of x is in place, c takes over what is free
    assert plan.arena_size == 2 * 256
    inputs = [np.random.default_rng(0).integers(-128, 128, (1, 8, 8, 4)).astype(np.int8)]
    for ours, expected in zip(
        BlobRunner(write_blob(plan)).run(inputs), run(builder.graph, inputs), strict=True
    ):
        np.testing.assert_array_equal(ours, expected)


def test_a_tensor_added_to_itself_is_not_overwritten() -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 64], scale=0.1), builder.tensor([1, 64], scale=0.1)
    builder.operator("ADD", [x, x], [y], fused_activation_function="NONE")
    builder.build([x], [y])
    plan = make_plan(builder.graph)
    assert plan.tensors[plan.inputs[0]].offset != plan.tensors[plan.outputs[0]].offset


def test_a_network_output_is_never_overwritten() -> None:
    builder = ModelBuilder()
    x, y, z = (builder.tensor([1, 64], scale=0.1 + 0.1 * i) for i in range(3))
    builder.operator("RELU", [x], [y])
    builder.operator("RELU", [y], [z])
    builder.build([x], [y, z])
    plan = make_plan(builder.graph)
    assert plan.tensors[plan.outputs[0]].offset != plan.tensors[plan.outputs[1]].offset


def test_a_reshape_costs_neither_an_operator_nor_memory() -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 4, 4, 2], scale=0.1), builder.tensor([1, 32], scale=0.1)
    builder.operator("RESHAPE", [x, builder.constant([1, 32])], [y])
    builder.build([x], [y])
    plan = make_plan(builder.graph)
    assert plan.operators == []
    assert plan.arena_size == 32
    assert plan.tensors[plan.outputs[0]].view_of == plan.inputs[0]


def test_an_input_that_nothing_reads_has_memory_of_its_own() -> None:
    builder = ModelBuilder()
    x, unread, y = (builder.tensor([1, 64], scale=0.1 + 0.1 * i) for i in range(3))
    builder.operator("RELU", [x], [y])
    builder.build([unread, x], [y])
    plan = make_plan(builder.graph)
    assert plan.tensors[plan.inputs[0]].offset != plan.tensors[plan.inputs[1]].offset
    assert plan.arena_size == 128
