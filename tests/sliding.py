"""Layers whose outputs slide over their inputs, laid out as close as the slide allows."""

from __future__ import annotations

import numpy as np
from chains import Chain
from oracle import TfliteMicro, random_inputs

from host_tools.blob.writer import write_blob
from host_tools.kernels import KERNELS
from host_tools.pack import plan_model
from host_tools.plan_types import Plan

# kernel, and layers with an input and an output of many shapes
LAYERS = {
    "conv_packed_s8": [
        Chain(6, 3).conv(7, 3),
        Chain(7, 5).conv(3, 3, padding="VALID"),
        Chain(5, 4).conv(9, 1),
        Chain(5, 6).conv(6, 1),
        Chain(8, 3).conv(13, 5, stride=2),
        Chain(9, 2).conv(4, 2, stride=3),
        Chain(1, 5).conv(6, 3),
        *(Chain(1, 37).conv(units, 1) for units in (1, 2, 3, 5, 37)),
        *(Chain(2, 9).conv(units, 2, padding="VALID") for units in (1, 3, 7)),
        Chain(2, 3).conv(5, 1),
    ],
    "winograd_f2_s8": [
        Chain(6, 4).conv(7, 3),
        Chain(7, 8).conv(3, 3, padding="VALID"),
        Chain(5, 4).conv(10, 3),
        Chain(1, 4).conv(3, 3),
    ],
    "winograd_f4_s8": [
        Chain(6, 4).conv(7, 3),
        Chain(9, 8).conv(3, 3, padding="VALID"),
        Chain(11, 4).conv(10, 3),
    ],
    "winograd_f45_s8": [
        Chain(6, 4).conv(7, 5),
        Chain(9, 4).conv(4, 5),
        Chain(16, 4).conv(12, 5),
        Chain(13, 8).conv(3, 5, padding="VALID"),
        Chain(4, 4).conv(20, 5),
        Chain(17, 4).conv(4, 5),
    ],
    "max_pool_simd_s8": [
        Chain(6, 5).pool("MAX_POOL_2D", 2),
        Chain(8, 21).pool("MAX_POOL_2D", 1),
    ],
    "average_pool_simd_s8": [
        Chain(6, 5).pool("AVERAGE_POOL_2D", 3),
        Chain(8, 21).pool("AVERAGE_POOL_2D", 1),
    ],
    "depthwise_3x3_s8": [
        Chain(6, 4).depthwise(),
        Chain(7, 16).depthwise(stride=2),
        Chain(6, 12).depthwise(stride=2),
        Chain(7, 8, 2).depthwise(padding="VALID"),
        Chain(2, 4).depthwise(),
        Chain(1, 4, 3).depthwise(stride=2),
    ],
    "depthwise_packed_s8": [
        Chain(6, 4).conv(4, 5, depthwise=True),
        Chain(7, 6).conv(6, 2, depthwise=True, padding="VALID"),
        Chain(5, 5).conv(15, 3, depthwise=True),
        Chain(9, 4).conv(8, 4, depthwise=True, stride=3),
        Chain(1, 7).conv(14, 3, depthwise=True),
    ],
    "depthwise_dilated_s8": [
        Chain(9, 4).conv(4, 3, depthwise=True, dilation=2),
        Chain(9, 6).conv(12, 3, depthwise=True, padding="VALID", dilation=3),
        Chain(5, 5).conv(5, 2, depthwise=True, dilation=7),
    ],
    "fully_connected_packed_s8": [
        *(Chain(3, 5).fully_connected(units) for units in (1, 2, 3, 6, 7)),
        *(Chain(2, 3, 4).fully_connected(units) for units in (1, 2, 3)),
        Chain(3, 5).fully_connected(20),
        Chain(3, 5).fully_connected(100),
        Chain(2, 3, 4).fully_connected(5),
        Chain(2, 3, 4).fully_connected(19),
    ],
}


def laid_out(plan: Plan, before: int) -> bytes:
    """The blob of a plan of one operator whose output starts `before` its input."""
    [operator] = plan.operators
    source, output = plan.tensors[operator.inputs[0]], plan.tensors[operator.output]
    for index, tensor in enumerate(plan.tensors):
        root = plan.root(index)
        start = max(0, -before) if root == plan.root(operator.output) else max(0, before)
        tensor.offset = start
    operator.scratch_offset = -(-(abs(before) + max(source.size, output.size)) // 16) * 16
    plan.arena_size = operator.scratch_offset + -(-operator.scratch_size // 16) * 16
    return write_blob(plan)


def least_distance(plan: Plan) -> tuple[int, int]:
    """By how many bytes the output must start before the input of a plan of one operator.

    Then what those bytes are a multiple of: offsets are of 4, and of channels a byte is only
    written over by its own channel.
    """
    [operator] = plan.operators
    source, output = plan.tensors[operator.inputs[0]], plan.tensors[operator.output]
    found, step = KERNELS[operator.kernel].slide(plan.layer(operator)), 4
    if operator.kernel == "depthwise_3x3_s8":
        assert found == (0 if output.shape[3] % 16 == 0 else None)
        found, step = 0, output.shape[3]
    enough = source.size if found is None else found
    return enough + -enough % step, step


def closest_layouts() -> list[tuple[bytes, bytes, bytes]]:
    """(blob, input, what tflite-micro gives for it) of every layer of LAYERS."""
    made = []
    for kernel, chains in LAYERS.items():
        for chain in chains:
            model, graph = chain.build()
            plan = plan_model(model, target="cortex-m7", force=[kernel])
            inputs = random_inputs(graph, np.random.default_rng(3))
            blob = laid_out(plan, least_distance(plan)[0])
            [expected] = TfliteMicro(model).run(inputs)
            made.append((blob, inputs[0].tobytes(), expected.tobytes()))
    return made
