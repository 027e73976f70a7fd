"""Models as the exporters of today write them pack, and give the oracle's bytes.

`make test-exporters` makes the environments; where one is missing, its tests are skipped.
"""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tflite
from oracle import ROOT, LiteRt, TfliteMicro, extreme_inputs, random_inputs

from host_tools.blob.layout import TARGETS
from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.tflite import read_model

ENVIRONMENTS = ROOT / "build" / "exporters"
FOLDER = Path(__file__).parent

# what each tool writes; the first word of a route is the tool that quantizes
ROUTES = {
    "keras": """attention convolutions dilated elu gelu gelu_tanh hard_silu layer_normalization
        leaky_relu log_softmax mish prelu residuals sequence silu softplus u_net_bilinear
        u_net_nearest u_net_transposed""",
    "litert-torch": """attention channels_last convolutions elu gelu gelu_tanh
        group_normalization hard_sigmoid hard_swish instance_normalization layer_normalization
        leaky_relu mish prelu shuffle silu softplus u_net_bilinear u_net_nearest
        u_net_transposed""",
    "onnx2tf": "convolutions hard_swish leaky_relu prelu silu",
    "ai-edge-quantizer of keras": """attention convolutions dilated elu gelu gelu_tanh hard_silu
        layer_normalization leaky_relu mish prelu residuals sequence silu softplus u_net_bilinear
        u_net_nearest u_net_transposed""",
    "ai-edge-quantizer of onnx2tf": """convolutions elu gelu gelu_tanh hard_swish leaky_relu
        prelu residuals silu u_net_linear u_net_nearest u_net_transposed""",
}
MODELS = [(route, name) for route, names in ROUTES.items() for name in names.split()]
# where LiteRT is the oracle: tflite-micro has no GELU, SELECT and TILE, EXP only in float32, and
# takes the sizes that a file of Keras' leaves open for 1
BY_LITERT = {
    "keras": "dilated gelu gelu_tanh mish sequence softplus u_net_nearest",
    "litert-torch": "elu gelu gelu_tanh mish softplus",
    "ai-edge-quantizer of keras": "dilated gelu gelu_tanh sequence u_net_nearest",
    "ai-edge-quantizer of onnx2tf": "gelu gelu_tanh",
}


def oracle_of(route: str, name: str) -> Callable[[bytes], TfliteMicro | LiteRt]:
    """tflite-micro; LiteRT's reference kernels where it has none, or goes wrong."""
    return lite_rt if name in BY_LITERT.get(route, "").split() else TfliteMicro


def lite_rt(model: bytes) -> LiteRt:
    """LiteRT's reference kernels, whose TILE is of version 1; later ones only add types."""
    patched = bytearray(model)
    codes = tflite.Model.GetRootAs(patched)
    for index in range(codes.OperatorCodesLength()):
        code = codes.OperatorCodes(index)
        if code.DeprecatedBuiltinCode() == tflite.BuiltinOperator.TILE and code.Version() > 1:
            struct.pack_into("<i", patched, code._tab.Pos + code._tab.Offset(8), 1)
    return LiteRt(bytes(patched))


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Runs a route once; the folder of its models."""
    folders: dict[str, Path] = {}

    def write(route: str) -> Path:
        tool, _, given = route.partition(" of ")
        python = ENVIRONMENTS / tool / "bin" / "python"
        if not python.exists():
            pytest.skip(f"needs the environment of {tool}: make test-exporters")
        if route not in folders:
            folder = tmp_path_factory.mktemp(tool)
            sources = [write(given) / "float"] if given else []
            script = FOLDER / tool / "networks.py"
            ran = subprocess.run([python, script, *sources, folder], capture_output=True)
            assert ran.returncode == 0, ran.stderr.decode()[-3000:]
            folders[route] = folder
        return folders[route]

    return write


@pytest.mark.parametrize(("route", "name"), MODELS, ids=[" ".join(model) for model in MODELS])
def test_a_model_of_today_gives_the_oracles_bytes(
    route: str, name: str, written: Callable[[str], Path]
) -> None:
    model = (written(route) / f"{name}.tflite").read_bytes()
    graph = read_model(model)
    blobs = [HostModel(pack(model, target=target)) for target in TARGETS]
    oracle = oracle_of(route, name)(model)
    rng = np.random.default_rng(5)
    seen = set()
    for inputs in [*(random_inputs(graph, rng) for _ in range(10)), *extreme_inputs(graph)]:
        (expected,) = oracle.run(inputs)
        for blob in blobs:
            np.testing.assert_array_equal(blob.run(inputs)[0], expected, err_msg=blob.target)
        seen.update(expected.reshape(-1).tolist())
    assert len(seen) >= 5
