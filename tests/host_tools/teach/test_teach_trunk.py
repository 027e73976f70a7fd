"""The trunk: what is read off a trained .tflite, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracle import ROOT
from small_trunk import CHANNELS, small_trunk

from host_tools.errors import CommandError
from host_tools.teach.trunk import Trunk, read_trunk
from host_tools.tflite import read_model


def test_the_steps_have_the_files_weights_in_float32(trunk: Trunk, trunk_file: Path) -> None:
    assert (trunk.height, trunk.width, trunk.channels) == (16, 16, 3)
    assert trunk.features == CHANNELS
    kinds = [step.kind for step in trunk.steps]
    assert kinds == ["conv", "pool", "conv", "add", "mean"]
    first, pool, depthwise, add, _ = trunk.steps
    # PAD went into the convolution behind it
    assert first.inputs == (trunk.input,)
    assert (first.stride, first.padding, first.activation) == (2, (1, 1, 1, 1), "RELU")
    assert (depthwise.groups, depthwise.padding) == (CHANNELS, (1, 1, 1, 1))
    assert (pool.size, pool.stride, pool.ceil) == (3, 2, False)
    assert add.inputs == (pool.output, depthwise.output)

    graph = read_model(trunk_file)
    for step, index in ((first, 1), (depthwise, 3)):
        kernel, bias = (graph.tensors[i] for i in graph.operators[index].inputs[1:])
        order = (0, 3, 1, 2) if index == 1 else (3, 0, 1, 2)
        stored = kernel.data.transpose(order).astype(np.float32)
        scales = kernel.quantization.scale[:, None, None, None]
        np.testing.assert_array_equal(step.weights, stored * scales)
        np.testing.assert_allclose(step.bias, bias.data * bias.quantization.scale, rtol=1e-6)


def test_windows_over_the_lower_edge_and_another_scale_of_the_input_are_known(
    tmp_path: Path,
) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(small_trunk(pool="SAME", scale=1 / 255))
    scaled = read_trunk(path)
    assert scaled.steps[1].ceil
    path.write_bytes(small_trunk())
    np.testing.assert_allclose(
        scaled.steps[0].weights, read_trunk(path).steps[0].weights / 255, rtol=1e-6
    )


def test_the_committed_networks_are_trunks() -> None:
    paths = [*(ROOT / "models/cifar10").rglob("*.tflite")]
    assert paths
    for path in paths:
        trunk = read_trunk(path)
        assert (trunk.height, trunk.width) == (32, 32)
        assert trunk.features >= 64


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (small_trunk(extra="RELU"), "operator 6 is RELU"),
        (small_trunk(black=0), "its input is not int8 with black as -128"),
    ],
)
def test_another_network_is_refused(tmp_path: Path, model: bytes, message: str) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(model)
    with pytest.raises(CommandError) as caught:
        read_trunk(path)
    assert str(caught.value) == (
        f"{path}: it cannot be a trunk: {message}; take a network of models/cifar10"
    )
