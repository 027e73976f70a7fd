"""Sizes that a file leaves open are worked out at packing, as LiteRT does when it runs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from oracle import LiteRt, random_inputs
from tflite_builder import ModelBuilder

from host_tools.errors import CommandError
from host_tools.graph import Operator
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.tflite import read_model

QUANTIZED = {"scale": 0.1, "zero_point": 3}


class Network:
    """Grows a network whose tensors have all sizes, or 1 for those of an open batch."""

    def __init__(self, known: bool, *shape: int) -> None:
        self.builder = ModelBuilder()
        self.known = known
        self.input = self.last = self.tensor(shape, shape)

    def tensor(self, shape: tuple[int, ...], said: tuple[int, ...], **options: object) -> int:
        stored = shape if self.known else said
        open_sizes = not self.known
        return self.builder.tensor(stored, **{**QUANTIZED, **options}, open=open_sizes)

    def __call__(
        self,
        kind: str,
        *others: int,
        shape: tuple[int, ...],
        said: tuple[int, ...],
        **options: object,
    ) -> int:
        """Adds an operator on the last tensor; the file says `said` where sizes are open."""
        source, self.last = self.last, self.tensor(shape, said)
        self.builder.operator(kind, [source, *others], [self.last], **options)
        return self.last

    def weights(self, *shape: int) -> int:
        values = np.random.default_rng(1).integers(-90, 91, shape)
        return self.builder.tensor(shape, scale=0.01, data=values)

    def build(self) -> bytes:
        return self.builder.build([self.input], [self.last])


def doubled(known: bool) -> bytes:
    """What Keras makes of UpSampling2D, as far as its RESHAPE, and a concatenation."""
    net = Network(known, 1, 3, 4, 2)
    skip = net.last
    net("EXPAND_DIMS", net.builder.constant(2), shape=(1, 3, 1, 4, 2), said=(1, 1, 1, 4, 2))
    net("TILE", net.builder.constant([1, 1, 2, 1, 1]), shape=(1, 3, 2, 4, 2), said=(1, 1, 2, 4, 2))
    net("RESHAPE", net.builder.constant([1, -1, 4, 2]), shape=(1, 6, 4, 2), said=(1, 1, 4, 2))
    net(
        "CONCATENATION",
        skip,
        shape=(1, 9, 4, 2),
        said=(1, 1, 4, 2),
        axis=1,
        fused_activation_function="NONE",
    )
    return net.build()


def blocks(known: bool) -> bytes:
    """A picture in four batches, each pooled, and put together again."""
    net = Network(known, 1, 8, 8, 3)
    sizes, none = net.builder.constant([2, 2]), net.builder.constant(np.zeros((2, 2)))
    net("SPACE_TO_BATCH_ND", sizes, none, shape=(4, 4, 4, 3), said=(1, 4, 4, 3))
    sides = dict.fromkeys(("filter_height", "filter_width", "stride_h", "stride_w"), 2)
    options = {"padding": "VALID", "fused_activation_function": "NONE", **sides}
    net("MAX_POOL_2D", shape=(4, 2, 2, 3), said=(1, 2, 2, 3), **options)
    net("BATCH_TO_SPACE_ND", sizes, none, shape=(1, 4, 4, 3), said=(1, 4, 4, 3))
    return net.build()


def dense(known: bool, keep: bool) -> bytes:
    """A fully connected layer over the last of three dimensions."""
    net = Network(known, 2, 3, 8)
    shape, said = ((2, 3, 5), (1, 1, 5)) if keep else ((6, 5), (1, 5))
    net(
        "FULLY_CONNECTED",
        net.weights(5, 8),
        shape=shape,
        said=said,
        fused_activation_function="NONE",
        weights_format="DEFAULT",
        keep_num_dims=keep,
    )
    net("RELU", shape=shape, said=said)
    return net.build()


MODELS = {
    "doubled": doubled,
    "blocks": blocks,
    "dense, dimensions kept": lambda known: dense(known, True),
    "dense, one row a vector": lambda known: dense(known, False),
}


@pytest.mark.parametrize("name", MODELS)
def test_sizes_left_open_are_those_that_follow_from_the_inputs(name: str) -> None:
    model = MODELS[name](False)
    blob = pack(model)
    assert blob == pack(MODELS[name](True))
    inputs = random_inputs(read_model(model), np.random.default_rng(2))
    (expected,) = LiteRt(model).run(inputs)
    np.testing.assert_array_equal(HostModel(blob).run(inputs)[0], expected)


def test_a_tensor_that_a_quantizer_put_in_is_as_open_as_what_it_is_made_of() -> None:
    model = blocks(False)
    graph = read_model(model)
    # DEQUANTIZE and QUANTIZE around the pooling, whose new tensors say one batch
    pool = graph.operators[1]
    (given,) = pool.inputs
    real = dataclasses.replace(
        graph.tensors[given],
        index=len(graph.tensors),
        dtype="float32",
        quantization=None,
        open=False,
    )
    again = dataclasses.replace(graph.tensors[given], index=real.index + 1, open=False)
    graph.tensors += [real, again]
    graph.operators[1:2] = [
        Operator(1, "DEQUANTIZE", 1, (given,), (real.index,)),
        Operator(2, "QUANTIZE", 1, (real.index,), (again.index,)),
        dataclasses.replace(pool, inputs=(again.index,)),
    ]
    inputs = random_inputs(graph, np.random.default_rng(2))
    (expected,) = HostModel(pack(model)).run(inputs)
    np.testing.assert_array_equal(HostModel(pack(graph)).run(inputs)[0], expected)


def test_sizes_that_the_file_says_are_held_to() -> None:
    builder = ModelBuilder()
    source, target = builder.tensor([1, 4], **QUANTIZED), builder.tensor([1, 1], **QUANTIZED)
    builder.operator("TILE", [source, builder.constant([1, 2])], [target])
    with pytest.raises(CommandError, match=r"has shape \[1, 1\], but \[1, 8\] follows"):
        pack(builder.build([source], [target]))
