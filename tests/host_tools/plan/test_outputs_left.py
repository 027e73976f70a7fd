"""Of several outputs one that nobody reads needs no type or scale: quantizers leave it alone."""

from __future__ import annotations

import numpy as np
import pytest
from tflite_builder import ModelBuilder

from host_tools.errors import CommandError
from host_tools.graph import Graph
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.reference import run

SCALE = {"scale": 0.1, "zero_point": 2}


def split_in_three(kind: str) -> Graph:
    """int8 [1, 3, 4], of whose parts the second is left as float32; the others are outputs."""
    builder = ModelBuilder()
    source = builder.tensor([1, 3, 4], **SCALE)
    shape = [1, 4] if kind == "UNPACK" else [1, 1, 4]
    parts = [builder.tensor(shape, **SCALE) for _ in range(3)]
    parts[1] = builder.tensor(shape, "float32")
    axis = builder.constant([1])
    if kind == "SPLIT":
        builder.operator(kind, [axis, source], parts, num_splits=3)
    elif kind == "SPLIT_V":
        builder.operator(kind, [source, builder.constant([1, 1, 1]), axis], parts, num_splits=3)
    else:
        builder.operator(kind, [source], parts, axis=1, num=3)
    builder.graph.inputs, builder.graph.outputs = (source,), (parts[0], parts[2])
    return builder.graph


@pytest.mark.parametrize("kind", ["SPLIT", "SPLIT_V", "UNPACK"])
def test_an_output_that_nobody_reads_needs_no_scale(kind: str) -> None:
    graph = split_in_three(kind)
    given = np.arange(12, dtype=np.int8).reshape(1, 3, 4)
    for first, last in (run(graph, [given]), HostModel(pack(graph)).run([given])):
        assert (first.ravel().tolist(), last.ravel().tolist()) == ([0, 1, 2, 3], [8, 9, 10, 11])


@pytest.mark.parametrize("kind", ["SPLIT", "SPLIT_V", "UNPACK"])
def test_one_that_is_read_needs_it(kind: str) -> None:
    graph = split_in_three(kind)
    graph.outputs = (*graph.outputs, graph.operators[0].outputs[1])
    with pytest.raises(CommandError, match="is float32; int8 is needed here"):
        pack(graph)
