"""The C runtime on this computer gives tflite-micro's bytes, for single operators and networks."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import networks
import numpy as np
import pytest
from oracle import (
    REAL_MODELS,
    ROOT,
    LiteRt,
    TfliteMicro,
    extreme_inputs,
    random_inputs,
    real_model,
)
from single_operators import KINDS, oracle_of, random_model, runs_of
from slopes import slopes

from host_tools.graph import Graph
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.reference import run
from host_tools.tflite import read_model

MODELS = int(os.environ.get("INKLING_MODELS", "25"))
PACKED = (
    *("conv_packed_s8", "depthwise_3x3_s8", "fully_connected_packed_s8", "add_table_s8"),
    *("max_pool_simd_s8", "average_pool_simd_s8"),
)
# kernels that are taken wherever they are exact
FORCED: tuple[tuple[str, ...], ...] = (
    PACKED,
    *((kernel,) for kernel in ("winograd_f2_s8", "winograd_f4_s8", "depthwise_packed_s8")),
    ("winograd_f45_s8",),
    ("depthwise_dilated_s8", "conv_general_s8", "fully_connected_general_s8"),
)


def check(
    model: bytes,
    graph: Graph,
    all_inputs: list[list[np.ndarray]],
    all_kernels: int = 1000,
    oracle: TfliteMicro | LiteRt | None = None,
) -> None:
    """Blobs of a model and the oracle, or tflite-micro, give equal bytes for all these inputs.

    Forced kernels see only the last `all_kernels` inputs.
    """
    blobs = [HostModel(pack(graph)), HostModel(pack(graph, target="cortex-m7"))]
    forced = {pack(graph, target="cortex-m7", force=force) for force in FORCED}
    more = [HostModel(blob) for blob in sorted(forced)]
    oracle = oracle or TfliteMicro(model)
    for left, inputs in zip(range(len(all_inputs), 0, -1), all_inputs, strict=True):
        expected = oracle.run(inputs, len(graph.outputs))
        for blob in blobs if left > all_kernels else [*blobs, *more]:
            for result, wanted in zip(blob.run(inputs), expected, strict=True):
                assert result.dtype == wanted.dtype
                assert np.array_equal(result, wanted), f"{blob.target}: {graph}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_single_operator_gives_the_oracles_bytes(kind: str) -> None:
    rng = np.random.default_rng(zlib.crc32(kind.encode()) + 2)
    for _ in range(MODELS):
        model = random_model(kind, rng)
        graph = read_model(model)
        inputs = [random_inputs(graph, rng) for _ in range(runs_of(kind))]
        if all(graph.tensors[index].dtype != "float32" for index in graph.inputs):
            inputs += extreme_inputs(graph)
        if kind == "SOFTMAX":  # equal scores in long rows stop tflite-micro
            inputs = inputs[:2]
        check(model, graph, inputs, oracle=oracle_of(kind, model))


@pytest.mark.parametrize(
    "network", [networks.every_kernel, networks.two_inputs, networks.separable, slopes]
)
def test_a_network_of_every_kernel_gives_tflite_micros_bytes(network) -> None:
    model = network()
    graph = read_model(model)
    rng = np.random.default_rng(8)
    check(model, graph, [random_inputs(graph, rng) for _ in range(100)])


def _model(name: str) -> Path:
    return (
        ROOT / "models" / "cifar10" / "cifar10.tflite" if name == "cifar10" else real_model(name)
    )


@pytest.mark.parametrize("name", [*REAL_MODELS, "cifar10"])
def test_a_real_network_gives_tflite_micros_bytes(name: str) -> None:
    model = _model(name).read_bytes()
    graph = read_model(model)
    rng = np.random.default_rng(9)
    inputs = [random_inputs(graph, rng) for _ in range(100)] + extreme_inputs(graph)
    check(model, graph, inputs, 10)


@pytest.mark.parametrize("name", [*REAL_MODELS, "cifar10"])
def test_a_real_network_gives_the_numpy_interpreters_bytes(name: str) -> None:
    graph = read_model(_model(name))
    model = HostModel(pack(graph))
    rng = np.random.default_rng(10)
    for inputs in [*(random_inputs(graph, rng) for _ in range(5)), *extreme_inputs(graph)]:
        np.testing.assert_array_equal(model.run(inputs)[0], run(graph, inputs)[0])
