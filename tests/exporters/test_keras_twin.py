"""The keyword family's LSTMs become one operator a layer, by their twins in Keras 2.

The recipe makes the environment (python -m models.keywords.recipe lstm --features FOLDER); where
it is missing, the tests are skipped.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from oracle import ROOT, TfliteMicro

from host_tools.host_runtime import HostModel
from host_tools.pack import pack, plan_model
from models.keywords.family import BANDS, CLASSES, FRAMES, NETWORKS, Mean, Recurrent, place
from models.training.environment import FOLDERS, KERAS

WORDS = 60
Array = npt.NDArray[np.float64]


def lstm(rows: Array, weights: Array, state_weights: Array, bias: Array) -> Array:
    """The outputs [frames, units], with PyTorch's order of gates."""

    def sigmoid(values: Array) -> Array:
        return 1 / (1 + np.exp(-values))

    state = cell = np.zeros(len(state_weights))
    found = []
    for row in rows:
        take, keep, new, show = np.split(row @ weights + state @ state_weights + bias, 4)
        cell = sigmoid(keep) * cell + sigmoid(take) * np.tanh(new)
        state = sigmoid(show) * np.tanh(cell)
        found.append(state)
    return np.array(found)


def probabilities(name: str, weights: list[Array], word: Array) -> Array:
    values, left = word[..., 0], list(weights)
    for layer in NETWORKS[name].layers:
        if isinstance(layer, Mean):
            values = values[: FRAMES // 4 * 4].reshape(-1, layer.size[0], BANDS).mean(axis=1)
        else:
            values = lstm(values, *(left.pop(0) for _ in range(3)))
    scores = np.exp(values[-1] @ left[0] + left[1])
    return np.asarray(scores / scores.sum())


def random_weights(name: str, rng: np.random.Generator) -> list[Array]:
    found, inputs = [], BANDS
    for layer in NETWORKS[name].layers:
        if isinstance(layer, Recurrent):
            scale = 1 / 255 if inputs == BANDS else 1.0
            for rows in (inputs, layer.units):
                found.append(rng.normal(0, scale * 2 / np.sqrt(rows), (rows, 4 * layer.units)))
                scale = 1.0
            found.append(rng.normal(0, 0.3, 4 * layer.units))
            inputs = layer.units
    return [*found, rng.normal(0, 2, (inputs, CLASSES)), rng.normal(0, 0.3, CLASSES)]


@pytest.mark.parametrize("name", ["basic-lstm", "lstm"])
def test_each_lstm_is_one_kernel_with_the_oracles_bytes(name: str, tmp_path: Path) -> None:
    python = ROOT / "build" / FOLDERS[KERAS] / "bin" / "python"
    if not python.exists():
        pytest.skip(f"needs build/{FOLDERS[KERAS]}, which the recipe of {name} makes")
    rng = np.random.default_rng(2)
    weights = random_weights(name, rng)
    # words that change slowly from frame to frame and band to band
    coarse = rng.uniform(0, 255, (WORDS, 1 + FRAMES // 7, BANDS // 5, 1))
    shown = coarse.repeat(7, axis=1)[:, :FRAMES].repeat(5, axis=2).astype(np.uint8)
    expected = np.array([probabilities(name, weights, word.astype(float)) for word in shown])
    named = {f"weights_{i}": values.astype(np.float32) for i, values in enumerate(weights)}
    np.savez(tmp_path / "twin.npz", shown=shown, expected=expected[:8], **named)
    command = [python, "-m", "models.keywords.twin", name, tmp_path]
    ran = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-3000:]

    path = tmp_path / place(name).name
    kernels = [operator.kernel for operator in plan_model(path).operators]
    layers = [layer for layer in NETWORKS[name].layers if isinstance(layer, Recurrent)]
    assert kernels.count("lstm_s8") == len(layers) and len(kernels) <= 4 + len(layers)
    model, oracle = HostModel(pack(path)), TfliteMicro(path.read_bytes())
    [given] = model.inputs
    assert (given.scale, given.zero_point) == (1.0, -128)
    right = 0
    for word, wanted in zip(shown, expected, strict=True):
        model.reset()
        oracle.interpreter.reset()
        inputs = [(word.astype(np.int16) - 128).astype(np.int8)[np.newaxis]]
        [scores] = model.run(inputs)
        np.testing.assert_array_equal(scores, oracle.run(inputs)[0])
        right += int(scores.argmax() == wanted.argmax())
    assert right >= 0.9 * WORDS
