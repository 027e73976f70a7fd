"""Whole networks on the virtual board: the same bytes as tflite-micro, and their accuracy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from board_models import NOT_ON_STM32, BoardMaker, Runner
from oracle import (
    REAL_MODELS,
    ROOT,
    SHARED,
    TfliteMicro,
    extreme_inputs,
    random_inputs,
    real_model,
)
from single_operators import KINDS, random_model
from sliding import closest_layouts
from slopes import slopes

from host_tools import tflite
from host_tools.blob.reader import read_blob
from host_tools.host_runtime import HostModel
from host_tools.pack import pack

# runs each input and gives the computer the outputs' stored values, one after the other
RUN = """
import array
import computer
import inkling

model = inkling.Model("/rom/model.ink")
given, result = model.input(), model.output()
inputs = memoryview(open("/rom/inputs", "rb"))
size = len(bytes(given))
outputs = bytearray()
for start in range(0, len(inputs), size):
    model.predict([array.array("b", inputs[start : start + size])])
    outputs += bytes(result)
computer.write("outputs", outputs)
"""


def run_all(new_board: BoardMaker, blob: bytes, inputs: bytes, timeout: float = 100) -> np.ndarray:
    """The stored values of output 0 for inputs that follow each other."""
    board = new_board({"model.ink": blob, "inputs": inputs})
    result = board.run_script(RUN, timeout=timeout)
    assert result.status == 0, result.stdout
    return np.frombuffer(result.written["outputs"], np.int8)


@pytest.mark.parametrize("target", ["portable", "cortex-m7"])
@pytest.mark.parametrize("name", ["cifar10", *REAL_MODELS])
def test_networks_give_the_bytes_of_tflite_micro(
    new_board: BoardMaker, name: str, target: str
) -> None:
    path = ROOT / "models/cifar10/cifar10.tflite" if name == "cifar10" else real_model(name)
    graph = tflite.read_model(path)
    rng = np.random.default_rng(11)
    inputs = [random_inputs(graph, rng) for _ in range(10)] + extreme_inputs(graph)
    oracle = TfliteMicro(path.read_bytes())
    expected = np.concatenate([oracle.run(arrays)[0].ravel() for arrays in inputs])
    stored = b"".join(array.tobytes() for [array] in inputs)
    blob = pack(graph, target=target)
    outputs = run_all(new_board, blob, stored)
    assert np.array_equal(outputs, expected.view(np.int8))


# runs every blob of /rom on its input, and says which give other bytes than they should
RUN_LAYERS = """
import inkling
import os

names = [name[:-4] for name in os.listdir("/rom") if name.endswith(".ink")]
for name in sorted(names):
    model = inkling.Model("/rom/" + name + ".ink")
    open("/rom/" + name + ".in", "rb").readinto(model.input())
    model.run()
    if bytes(model.output()) != bytes(memoryview(open("/rom/" + name + ".out", "rb"))):
        print(name, "differs")
print(len(names), "layers")
"""


def test_layers_that_slide_as_far_as_they_may_give_the_bytes_of_tflite_micro(
    on_board: Runner,
) -> None:
    files: dict[str, bytes] = {}
    layers = closest_layouts()
    for index, (blob, given, expected) in enumerate(layers):
        name = f"layer{index:02}"
        files |= {f"{name}.ink": blob, f"{name}.in": given, f"{name}.out": expected}
    assert on_board(RUN_LAYERS, files) == f"{len(layers)} layers\n"


MOST_ARENA = 1 << 16  # bytes of a random model: scripts copy its output


def every_operator() -> list[tuple[bytes, list[np.ndarray], np.ndarray]]:
    """Blobs of random models of every operator on bytes; inputs, and the first output of them."""
    layers = []
    rng = np.random.default_rng(12)
    for model in (slopes(), *(random_model(kind, rng) for kind in KINDS for _ in range(2))):
        graph = tflite.read_model(model)
        blob, inputs = pack(graph, target="cortex-m7"), random_inputs(graph, rng)
        small = read_blob(blob).arena_size < MOST_ARENA
        if small and {array.dtype.name for array in inputs} <= {"int8", "uint8"}:
            layers.append((blob, inputs, HostModel(blob).run(inputs)[0]))
    return layers


# as RUN_LAYERS, with a file for each input
RUN_OPERATORS = RUN_LAYERS.replace(
    """open("/rom/" + name + ".in", "rb").readinto(model.input())""",
    """files = sorted(file for file in os.listdir("/rom") if file.startswith(name + ".given"))
    for place, file in enumerate(files):
        open("/rom/" + file, "rb").readinto(model.input(place))""",
)


@NOT_ON_STM32
def test_every_operator_gives_this_computers_bytes(on_board: Runner) -> None:
    files: dict[str, bytes] = {}
    layers = every_operator()
    assert len(layers) > len(KINDS)
    for index, (blob, inputs, expected) in enumerate(layers):
        name = f"layer{index:03}"
        files |= {f"{name}.ink": blob, f"{name}.out": expected.tobytes()}
        files |= {f"{name}.given{place}": array.tobytes() for place, array in enumerate(inputs)}
    assert on_board(RUN_OPERATORS, files) == f"{len(layers)} layers\n"


def test_resnet_8_scores_86_5_percent_on_mlperfs_200_pictures(
    new_board: BoardMaker,
) -> None:
    data = ROOT / "build/cifar10/cifar10.npz"
    if not data.is_file():
        pytest.skip(f"needs CIFAR-10 in {data} (python -m models.cifar10.data obtains it)")
    blob = pack(real_model("pretrainedResnet_quant"))
    chosen = np.load(SHARED / "data/mlperf_ic01_test_indices.npy")
    with np.load(data) as arrays:
        pictures, labels = arrays["test_pictures"][chosen], arrays["test_labels"][chosen]
    stored = (pictures.astype(np.int16) - 128).astype(np.int8)

    def half(number: int) -> np.ndarray:
        return run_all(new_board, blob, stored[number::2].tobytes(), 300)

    outputs = np.empty((len(labels), 10), np.int8)
    with ThreadPoolExecutor() as pool:
        for number, scores in enumerate(pool.map(half, range(2))):
            outputs[number::2] = scores.reshape(-1, 10)
    right = (outputs.argmax(axis=1) == labels).sum()
    assert (right, len(labels)) == (173, 200)


def test_a_predict_gives_the_real_values_of_the_stored_ones(on_board: Runner) -> None:
    blob = pack(ROOT / "models/cifar10/cifar10.tflite")
    script = """
import inkling
m = inkling.Model("/rom/model.ink")
[scores] = m.predict([[0] * 3072])
stored = m.output()
print(all(scores[i] == (stored[i] + 128) / 256 for i in range(10)), len(scores))
"""
    assert on_board(script, {"model.ink": blob}) == "True 10\n"
