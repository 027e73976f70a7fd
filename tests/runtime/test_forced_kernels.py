"""Each kernel forced in turn, where real networks have its layers, gives tflite-micro's bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracle import REAL_MODELS, ROOT, TfliteMicro, extreme_inputs, random_inputs, real_model

from host_tools.blob.reader import read_blob
from host_tools.host_runtime import HostModel
from host_tools.kernels import KERNELS
from host_tools.pack import pack
from host_tools.tflite import read_model

# the packed kernels, and those whose place they take
PACKED = [card for card in KERNELS.values() if card.packs]
FORCED = sorted({name for card in PACKED for name in (card.name, *card.packs)})
# how many layers of each network a kernel computes when it is forced
RESNET = {"conv_packed_s8": 9, "winograd_f2_s8": 4, "winograd_f4_s8": 4, "add_table_s8": 3}
DS_CNN = {"conv_packed_s8": 5, "depthwise_3x3_s8": 4, "depthwise_packed_s8": 4}
LAYERS = {
    "ad01_int8": {"fully_connected_packed_s8": 10},
    "kws_ref_model": {**DS_CNN, "average_pool_simd_s8": 1},
    "pretrainedResnet_quant": {**RESNET, "average_pool_simd_s8": 1},
    "str_ww_ref_model": {"conv_packed_s8": 4, "depthwise_packed_s8": 4},
    "vww_96_int8": {"conv_packed_s8": 14, "depthwise_3x3_s8": 13, "depthwise_packed_s8": 13},
    "cifar10": {
        **{"conv_packed_s8": 3, "winograd_f45_s8": 2},
        **{"max_pool_simd_s8": 3, "fully_connected_packed_s8": 1},
    },
}


def model_of(name: str) -> Path:
    return (
        ROOT / "models" / "cifar10" / "cifar10.tflite" if name == "cifar10" else real_model(name)
    )


@pytest.mark.parametrize("name", [*REAL_MODELS, "cifar10"])
def test_each_kernel_forced_in_turn_gives_tflite_micros_bytes(name: str) -> None:
    model = model_of(name).read_bytes()
    graph = read_model(model)
    rng = np.random.default_rng(11)
    inputs = [random_inputs(graph, rng) for _ in range(3)] + extreme_inputs(graph)[1:3]
    oracle = TfliteMicro(model)
    expected = [
        [array.copy() for array in oracle.run(each, len(graph.outputs))] for each in inputs
    ]
    blobs = {pack(graph, target="cortex-m7", force=(kernel,)): kernel for kernel in FORCED}
    for blob, kernel in blobs.items():
        runtime = HostModel(blob)
        for each, wanted in zip(inputs, expected, strict=True):
            for result, right in zip(runtime.run(each), wanted, strict=True):
                np.testing.assert_array_equal(result, right, err_msg=kernel)


@pytest.mark.parametrize("name", LAYERS)
def test_a_forced_kernel_computes_every_layer_of_its_shape(name: str) -> None:
    model = model_of(name)
    for kernel, expected in LAYERS[name].items():
        operators = read_blob(pack(model, target="cortex-m7", force=(kernel,))).operators
        assert sum(operator.kernel == kernel for operator in operators) == expected, kernel
