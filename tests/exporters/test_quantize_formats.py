"""`host_tools quantize` takes a network of each format, in the environment of its converter.

`make test-exporters` makes the environments; where one is missing, its tests are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from oracle import ROOT, TfliteMicro, random_inputs

from host_tools.host_runtime import HostModel
from host_tools.pack import pack, plan_model
from host_tools.quantize.litert import LiteRt
from host_tools.tflite import read_model

FOLDER = Path(__file__).parent
FORMATS = {
    "net.keras": "keras",
    "net.h5": "keras",
    "saved": "keras",
    "net.pt2": "litert-torch",
    "net.onnx": "onnx2tf",
}


def python_of(tool: str) -> Path:
    python = ROOT / "build" / "exporters" / tool / "bin" / "python"
    if not python.exists():
        pytest.skip(f"needs the environment of {tool}: make test-exporters")
    return python


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Saves a tool's network in its formats, once; their folder."""
    folders: dict[str, Path] = {}

    def save(tool: str) -> Path:
        python = python_of(tool)
        if tool not in folders:
            folder = tmp_path_factory.mktemp(tool)
            script = FOLDER / tool / "formats.py"
            ran = subprocess.run([python, script, folder], capture_output=True)
            assert ran.returncode == 0, ran.stderr.decode()[-3000:]
            folders[tool] = folder
        return folders[tool]

    return save


def quantize(tool: str, model: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [python_of(tool), "-m", "host_tools", "quantize", model, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, env=environment, cwd=ROOT
    )


@pytest.mark.parametrize(("name", "tool"), FORMATS.items())
def test_a_network_of_each_format_becomes_int8_and_gives_the_oracles_bytes(
    name: str, tool: str, saved: Callable[[str], Path], tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    # PyTorch's and ONNX' own order is taken too
    shape = (48, 32, 32, 3) if tool == "keras" else (48, 3, 32, 32)
    np.save(tmp_path / "x.npy", rng.normal(0, 1, shape).astype(np.float32))
    output = tmp_path / "net.tflite"
    model = saved(tool) / name
    ran = quantize(tool, model, "--calibrate", tmp_path / "x.npy", "-o", output, "--json")
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert {layer["dtype"] for layer in report["layers"]} == {"int8"}
    assert report["layers"][-1]["snr_db"] > 12
    graph = read_model(output)
    assert graph.tensors[graph.inputs[0]].shape == (1, 32, 32, 3)
    blob, oracle = HostModel(pack(output)), TfliteMicro(output.read_bytes())
    for _ in range(10):
        inputs = random_inputs(graph, rng)
        np.testing.assert_array_equal(blob.run(inputs)[0], oracle.run(inputs)[0])


def test_weights_with_their_channels_last_in_memory_are_read_right(
    saved: Callable[[str], Path], tmp_path: Path
) -> None:
    folder, target = saved("litert-torch"), tmp_path / "float.tflite"
    words = ["-m", "host_tools.quantize.convert", "pytorch", folder / "channels_last.pt2", target]
    subprocess.run([python_of("litert-torch"), *words], check=True, capture_output=True, cwd=ROOT)
    model = target.read_bytes()
    with np.load(folder / "channels_last.npz") as arrays:
        (found,) = LiteRt(model, read_model(model)).run([arrays["given"]])
        np.testing.assert_allclose(found, arrays["output"], atol=1e-5)


# a first step is another graph
@pytest.mark.parametrize(("name", "steps"), [("cell", 4), ("layer", 4 * 4)])
def test_a_gru_of_pytorch_becomes_a_kernel_a_step(
    name: str, steps: int, saved: Callable[[str], Path], tmp_path: Path
) -> None:
    rng = np.random.default_rng(4)
    np.save(tmp_path / "x.npy", rng.normal(0, 1, (48, 5, 12)).astype(np.float32))
    output = tmp_path / "net.tflite"
    model = saved("litert-torch") / f"{name}.pt2"
    ran = quantize("litert-torch", model, "--calibrate", tmp_path / "x.npy", "-o", output)
    assert ran.returncode == 0, ran.stderr
    kernels = [operator.kernel for operator in plan_model(output).operators]
    assert kernels.count("gru_s8") == steps
    blob, oracle = HostModel(pack(output)), TfliteMicro(output.read_bytes())
    for _ in range(10):
        inputs = random_inputs(read_model(output), rng)
        np.testing.assert_array_equal(blob.run(inputs)[0], oracle.run(inputs)[0])


@pytest.mark.parametrize(("name", "tool"), [("net.h5", "keras"), ("net.onnx", "onnx2tf")])
def test_what_the_converter_cannot_read_ends_in_its_own_words(
    name: str, tool: str, saved: Callable[[str], Path], tmp_path: Path
) -> None:
    damaged = tmp_path / name
    whole = (saved(tool) / name).read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    np.save(tmp_path / "x.npy", np.zeros((40, 32, 32, 3), np.float32))
    ran = quantize(tool, damaged, "--calibrate", tmp_path / "x.npy")
    assert ran.returncode == 1
    module = {"keras": "tensorflow", "onnx2tf": "onnx2tf"}[tool]
    assert ran.stderr.startswith(f"host_tools: {damaged}: {module} cannot convert it: ")
    assert len(ran.stderr.splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} == {name, "x.npy"}


def test_a_layer_of_keras_that_loops_is_written_step_by_step(
    saved: Callable[[str], Path], tmp_path: Path
) -> None:
    rng = np.random.default_rng(5)
    np.save(tmp_path / "x.npy", rng.normal(0, 1, (40, 20, 8)).astype(np.float32))
    output = tmp_path / "net.tflite"
    model = saved("keras") / "loop.keras"
    ran = quantize("keras", model, "--calibrate", tmp_path / "x.npy", "-o", output)
    assert ran.returncode == 0, ran.stderr
    kernels = [operator.kernel for operator in plan_model(output).operators]
    assert kernels.count("gru_s8") == 2 * 19  # but the first step
    blob, oracle = HostModel(pack(output)), TfliteMicro(output.read_bytes())
    for _ in range(10):
        inputs = random_inputs(read_model(output), rng)
        np.testing.assert_array_equal(blob.run(inputs)[0], oracle.run(inputs)[0])


def test_a_sequence_stays_as_in_training_on_its_way_from_onnx(
    saved: Callable[[str], Path], tmp_path: Path
) -> None:
    rng = np.random.default_rng(4)
    np.save(tmp_path / "x.npy", rng.normal(0, 1, (40, 8, 20)).astype(np.float32))
    output = tmp_path / "net.tflite"
    model = saved("onnx2tf") / "sequence.onnx"
    ran = quantize("onnx2tf", model, "--calibrate", tmp_path / "x.npy", "-o", output)
    assert ran.returncode == 0, ran.stderr
    graph = read_model(output)
    assert graph.tensors[graph.inputs[0]].shape == (1, 8, 20)
    pack(output)
