"""Random networks of many operators: their blobs, run in one arena, give the reference's bytes."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest
from blob_runner import BlobRunner
from oracle import random_inputs
from tflite_builder import ModelBuilder

from host_tools.graph import Graph
from host_tools.host_runtime import HostModel
from host_tools.pack import pack, plan_model
from host_tools.reference import run

GRAPHS = int(os.environ.get("INKLING_GRAPHS", "60"))
SCALE = 0.1
FUSED = "NONE"
PACKED = [
    "winograd_f2_s8",
    "winograd_f4_s8",
    "conv_packed_s8",
    "depthwise_3x3_s8",
    "depthwise_packed_s8",
    "fully_connected_packed_s8",
    "add_table_s8",
    "max_pool_simd_s8",
    "average_pool_simd_s8",
]


class RandomGraph:
    """Grows a network: each step reads tensors made so far and makes new ones."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.builder = ModelBuilder()
        self.made = [self.tensor([1, 4, 6, 4]) for _ in range(int(rng.integers(1, 4)))]
        self.inputs = list(self.made)

    def tensor(self, shape: list[int]) -> int:
        return self.builder.tensor(shape, scale=SCALE, zero_point=-3)

    def shape(self, tensor: int) -> list[int]:
        return list(self.builder.graph.tensors[tensor].shape)

    def pick(self) -> int:
        # mostly what is recent, so that networks get deep
        back = min(len(self.made), 1 + int(self.rng.geometric(0.4)))
        return self.made[-back]

    def step(self) -> None:
        kinds = (
            *(self.relu, self.pair, self.reshape, self.join, self.split, self.pool, self.turn),
            *(self.conv, self.depthwise, self.dense, self.widen, self.mirror, self.square),
        )
        kinds[int(self.rng.integers(0, len(kinds)))](self.pick())

    def relu(self, source: int) -> None:
        self.add("RELU", [source], [self.shape(source)])

    def pair(self, source: int) -> None:
        size = math.prod(self.shape(source))
        equal = [t for t in self.made if self.shape(t) == self.shape(source)]
        other = equal[int(self.rng.integers(0, len(equal)))]
        kind = str(self.rng.choice(["ADD", "MUL", "SUB"]))
        if self.rng.random() < 0.2 and size > 1:
            other = self.builder.tensor(
                self.shape(source),
                scale=0.05,
                data=self.rng.integers(-128, 128, self.shape(source)),
            )
        inputs = [source, other] if self.rng.random() < 0.5 else [other, source]
        self.add(kind, inputs, [self.shape(source)], fused_activation_function=FUSED)

    def reshape(self, source: int) -> None:
        size = math.prod(self.shape(source))
        shape = [1, size] if len(self.shape(source)) == 4 else [1, 1, size, 1]
        self.add("RESHAPE", [source, self.builder.constant(shape)], [shape])

    def join(self, source: int) -> None:
        shape = self.shape(source)
        self.add(
            "CONCATENATION",
            [source, source],
            [[*shape[:-1], 2 * shape[-1]]],
            axis=-1,
            fused_activation_function=FUSED,
        )

    def split(self, source: int) -> None:
        shape = self.shape(source)
        if shape[-1] % 2:
            return
        part = [*shape[:-1], shape[-1] // 2]
        axis = self.builder.constant(len(shape) - 1)
        self.add("SPLIT", [axis, source], [part, part], num_splits=2)

    def pool(self, source: int) -> None:
        shape = self.shape(source)
        if len(shape) != 4:
            return
        sides = [-(-shape[1] // 2), -(-shape[2] // 2)]
        self.add(
            str(self.rng.choice(["MAX_POOL_2D", "AVERAGE_POOL_2D"])),
            [source],
            [[shape[0], *sides, shape[3]]],
            padding="SAME",
            stride_h=2,
            stride_w=2,
            filter_height=3,
            filter_width=2,
            fused_activation_function=FUSED,
        )

    def turn(self, source: int) -> None:
        shape = self.shape(source)
        order = [int(axis) for axis in self.rng.permutation(len(shape))]
        turned = [shape[axis] for axis in order]
        self.add("TRANSPOSE", [source, self.builder.constant(order)], [turned])

    def conv(self, source: int, depthwise: bool = False) -> None:
        shape = self.shape(source)
        if len(shape) != 4:
            return
        factor = 2 if depthwise and shape[3] <= 8 and self.rng.random() < 0.3 else 1
        units = factor * shape[3] if depthwise else int(self.rng.choice([1, 4, 7, 16, 32]))
        kernel = int(self.rng.choice([2, 3, 3, 3, 5] if depthwise else [1, 1, 3, 3, 5]))
        stride = int(self.rng.choice([1, 1, 2]))
        dilation = int(self.rng.choice([1, 1, 1, 2]))
        even = shape[3] % 2 == units % 2 == 0
        groups = 2 if even and not depthwise and self.rng.random() < 0.2 else 1
        weights = [units, kernel, kernel, shape[3] // groups]
        if depthwise:
            weights = [1, kernel, kernel, units]
        options = {"depth_multiplier": factor} if depthwise else {}
        self.add(
            "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
            [source, *self.weights(weights, 3 if depthwise else 0)],
            [[shape[0], -(-shape[1] // stride), -(-shape[2] // stride), units]],
            padding="SAME",
            stride_h=stride,
            stride_w=stride,
            dilation_h_factor=dilation,
            dilation_w_factor=dilation,
            fused_activation_function=str(self.rng.choice([FUSED, "RELU"])),
            **options,
        )

    def depthwise(self, source: int) -> None:
        self.conv(source, depthwise=True)

    def widen(self, source: int) -> None:
        shape = self.shape(source)
        if len(shape) != 4:
            return
        kernel, units = int(self.rng.integers(1, 5)), int(self.rng.choice([1, 4, 7]))
        output = [shape[0], 2 * shape[1], 2 * shape[2], units]
        self.add(
            "TRANSPOSE_CONV",
            [
                self.builder.constant(output),
                self.weights([units, kernel, kernel, shape[3]], 0)[0],
                source,
            ],
            [output],
            padding="SAME",
            stride_h=2,
            stride_w=2,
            fused_activation_function=FUSED,
        )

    def mirror(self, source: int) -> None:
        shape = self.shape(source)
        widths = [[int(n) for n in self.rng.integers(0, min(n, 3), 2)] for n in shape]
        output = [n + sum(pair) for n, pair in zip(shape, widths, strict=True)]
        inputs = [source, self.builder.constant(widths)]
        self.add("MIRROR_PAD", inputs, [output], mode="REFLECT")

    def square(self, source: int) -> None:
        # not a table, where another output needs what is in between
        self.add("RELU", [source], [self.shape(source)])
        last = self.made[-1]
        self.add("MUL", [last, last], [self.shape(last)], fused_activation_function=FUSED)

    def dense(self, source: int) -> None:
        rows, depth = self.shape(source)[0], math.prod(self.shape(source)[1:])
        units = int(self.rng.choice([1, 10, 48, 96]))
        self.add(
            "FULLY_CONNECTED",
            [source, *self.weights([units, depth], None)],
            [[rows, units]],
            fused_activation_function=FUSED,
            weights_format="DEFAULT",
            keep_num_dims=False,
        )

    def weights(self, shape: list[int], axis: int | None) -> list[int]:
        """Weights with one scale, or one for each index of `axis`, and a bias."""
        units = shape[axis or 0]
        scale = 0.3 / math.sqrt(math.prod(shape) / units) / 50
        scales = scale if axis is None else [scale] * units
        values = self.rng.integers(-127, 128, shape)
        if self.rng.random() < 0.1:
            # two of -128 beside each other do not fit the fastest kernels
            values[..., :2] = values[:2] = -128
        bias = self.rng.integers(-99, 99, units)
        return [
            self.builder.tensor(shape, scale=scales, axis=axis or 0, data=values),
            self.builder.tensor([units], "int32", scale=SCALE * scale, data=bias),
        ]

    def add(
        self, kind: str, inputs: list[int], shapes: list[list[int]], **options: object
    ) -> None:
        if max(math.prod(shape) for shape in shapes) > 4096:
            return
        outputs = [self.tensor(shape) for shape in shapes]
        self.builder.operator(kind, inputs, outputs, **options)
        self.made += outputs


def random_graph(seed: int) -> Graph:
    rng = np.random.default_rng(seed)
    growing = RandomGraph(rng)
    for _ in range(int(rng.integers(3, 30))):
        growing.step()
    count = int(rng.integers(1, 4))
    outputs = [growing.made[-1]]
    outputs += [growing.made[int(rng.integers(0, len(growing.made)))] for _ in range(count - 1)]
    growing.builder.build(growing.inputs, outputs)
    return growing.builder.graph


@pytest.mark.parametrize("seed", range(GRAPHS))
def test_a_random_network_in_one_arena_gives_the_reference_interpreters_bytes(seed: int) -> None:
    graph = random_graph(seed)
    blob = pack(graph)
    assert pack(graph) == blob
    runner = BlobRunner(blob)
    rng = np.random.default_rng(seed)
    for _ in range(2):
        inputs = random_inputs(graph, rng)
        for ours, expected in zip(runner.run(inputs), run(graph, inputs), strict=True):
            np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("seed", range(GRAPHS))
def test_a_random_network_for_the_cortex_m7_gives_the_reference_interpreters_bytes(
    seed: int,
) -> None:
    graph = random_graph(seed + 1000)
    # packed kernels, and what slides, also where others would cost less
    force = PACKED[seed % len(PACKED) :] + PACKED[: seed % len(PACKED)]
    model = HostModel(pack(graph, target="cortex-m7", force=force))
    rng = np.random.default_rng(seed)
    for _ in range(2):
        inputs = random_inputs(graph, rng)
        for ours, expected in zip(model.run(inputs), run(graph, inputs), strict=True):
            np.testing.assert_array_equal(ours, expected)


def test_random_networks_have_every_packed_kernel_and_outputs_that_slide() -> None:
    used, overlaps = set(), 0
    for seed in range(1000, 1000 + GRAPHS):
        plan = plan_model(random_graph(seed), target="cortex-m7", force=PACKED)
        for operator in plan.operators:
            used.add(operator.kernel)
            source, output = plan.tensors[operator.inputs[0]], plan.tensors[operator.output]
            before = source.offset - output.offset
            if source.data is None:
                overlaps += 0 < before < output.size or (before == 0 and source.size > output.size)
    assert used >= set(PACKED) - {"winograd_f4_s8"}
    assert overlaps > GRAPHS // 3
