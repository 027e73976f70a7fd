"""The family's networks: the layers of each, how long it trains, what it must reach; no torch.

The seven kinds and two sizes are those of Zhang, Suda, Lai and Chandra, "Hello Edge: Keyword
Spotting on Microcontrollers", 2017: size S has at most 80 KB and 6 million operations, M 200 KB
and 20 million. Their networks read 10 MFCC; ours 40 bands of `pack-model --audio log-mel`, so the
first layers and the widths differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path

from models.training.promise import Promise

HERE = Path(__file__).resolve().parent
SILENCE = "silence"  # Of this, some is added to words as noise.
LABELS = (
    *("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"),
    *("unknown", SILENCE),
)
FRAMES, BANDS = 98, 40
CLASSES = len(LABELS)
COMMITTED = ("ds-cnn", "crnn")  # Of the others, only the cards are.
GATES = {"gru": 3, "lstm": 4}
LEAST_BATCH, MOST_BATCH = 8, 128
LEAST_STEPS = 2000  # Of a training, however few the words.


@dataclass(frozen=True)
class Conv:
    """A convolution over (frames, bands) with normalization and ReLU; no padding, or SAME."""

    channels: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    same: bool = False
    depthwise: bool = False


@dataclass(frozen=True)
class Mean:
    """Means of blocks of (frames, bands), which do not overlap."""

    size: tuple[int, int]


@dataclass(frozen=True)
class Dense:
    """A fully connected layer with ReLU, or without."""

    units: int
    relu: bool = True


@dataclass(frozen=True)
class Recurrent:
    """A GRU or LSTM layer over the frames; `last`: only its last output goes on."""

    kind: str
    units: int
    last: bool = False


Layer = Conv | Mean | Dense | Recurrent


@dataclass(frozen=True)
class Network:
    """Layers, then a fully connected one to the classes, on all values or each channel's mean."""

    layers: tuple[Layer, ...]
    epochs: int
    promise: Promise
    mean: bool = False
    rate: float = 3e-3
    decay: float = 1e-2
    average: float = 0.999  # Of the weights, over the steps: the share of the past that stays.
    smoothed: float = 0.1  # The labels' share that goes to all classes.
    classes: int = CLASSES


def place(name: str) -> Path:
    """Return the path of a network's .tflite file; its blob and card lie beside it."""
    return HERE / name / f"{name}.tflite"


def separable(before: int, after: int, size: tuple[int, int] = (3, 3)) -> tuple[Conv, Conv]:
    """Return a depthwise convolution and one of 1x1."""
    return Conv(before, size, same=True, depthwise=True), Conv(after, (1, 1))


def shapes(network: Network) -> list[tuple[tuple[int, ...], int, int]]:
    """Return (shape of the output, multiply-accumulates, weights and biases) of each layer.

    The output of a convolution or mean is (frames, bands, channels), of a recurrent layer
    (frames, units), of others (units,); the layer to the classes is the last.
    """
    shape: tuple[int, ...] = (FRAMES, BANDS, 1)
    found = []
    for layer in (*network.layers, Dense(network.classes)):
        macs, weights = 0, 0
        if isinstance(layer, Mean):
            shape = (shape[0] // layer.size[0], shape[1] // layer.size[1], shape[2])
        elif isinstance(layer, Conv):
            inputs = prod(layer.kernel) * (1 if layer.depthwise else shape[2])
            sides = [
                -(-side // stride) if layer.same else (side - kernel) // stride + 1
                for side, kernel, stride in zip(shape, layer.kernel, layer.stride, strict=False)
            ]
            shape = (*sides, layer.channels)
            macs, weights = prod(shape) * inputs, layer.channels * (inputs + 1)
        elif isinstance(layer, Recurrent):
            gates, inputs = GATES[layer.kind] * layer.units, prod(shape[1:])
            macs = shape[0] * gates * (inputs + layer.units)
            weights = gates * (inputs + layer.units + 1)
            shape = (layer.units,) if layer.last else (shape[0], layer.units)
        else:
            last = len(found) == len(network.layers)
            inputs = shape[-1] if last and network.mean else prod(shape)
            shape = (layer.units,)
            macs, weights = inputs * layer.units, (inputs + 1) * layer.units
        found.append((shape, macs, weights))
    return found


def multiply_accumulates(network: Network) -> int:
    """Return the network's multiply-accumulates for one window of 98 frames."""
    return sum(macs for _, macs, _ in shapes(network))


def weights(network: Network) -> int:
    """Return the network's weights and biases."""
    return sum(count for _, _, count in shapes(network))


def batch(words: int) -> int:
    """Return how many of so many training words a step shows: fewer than all of a few."""
    return min(MOST_BATCH, max(LEAST_BATCH, words // 20))


def enough(epochs: int, words: int) -> int:
    """Return `epochs`, or more where so few training words are few steps an epoch."""
    return max(epochs, -(-LEAST_STEPS // max(words // batch(words), 1)))


def average(network: Network, steps: int) -> float:
    """Return the share of the past that stays in the averaged weights, less in so few steps."""
    return max(0.0, min(network.average, 1 - 10 / max(steps, 1)))


SMALL = Promise(0.0, 3_000_000, 120_000, 64_000)
MEDIUM = Promise(0.0, 12_000_000, 320_000, 64_000)
NETWORKS = {
    "dnn": Network((Mean((4, 4)), Dense(144), Dense(144), Dense(144)), epochs=40, promise=SMALL),
    "cnn": Network(
        (
            *(Conv(28, (10, 8), (4, 4)), Conv(30, (10, 4), (2, 1))),
            *(Dense(16, relu=False), Dense(128)),
        ),
        epochs=40,
        promise=SMALL,
    ),
    "basic-lstm": Network(
        (Mean((4, 1)), Recurrent("lstm", 110, last=True)), epochs=40, promise=SMALL
    ),
    "lstm": Network(
        (Mean((4, 1)), Recurrent("lstm", 80), Recurrent("lstm", 64, last=True)),
        epochs=40,
        promise=SMALL,
    ),
    "gru": Network((Mean((4, 1)), Recurrent("gru", 140, last=True)), epochs=40, promise=SMALL),
    "crnn": Network(
        (
            Conv(40, (10, 8), (4, 8)),
            *(Recurrent("gru", 60), Recurrent("gru", 60, last=True)),
            Dense(84),
        ),
        epochs=45,
        promise=Promise(95.0, 3_000_000, 120_000, 64_000),
    ),
    "ds-cnn": Network(
        (
            *(Conv(40, (10, 8), (4, 8)), Conv(88, (1, 5))),
            *(5 * separable(88, 88, (9, 1))),
            Conv(88, (23, 1), depthwise=True),
        ),
        epochs=90,
        promise=Promise(95.0, 1_500_000, 100_000, 64_000),
    ),
    "crnn-m": Network(
        (
            Conv(64, (10, 8), (4, 8)),
            *(Recurrent("gru", 96), Recurrent("gru", 96, last=True)),
            Dense(96),
        ),
        epochs=50,
        promise=MEDIUM,
    ),
    "ds-cnn-m": Network(
        (
            *(Conv(64, (10, 8), (2, 8)), Conv(144, (1, 5))),
            *(5 * separable(144, 144, (9, 1))),
            Conv(144, (45, 1), depthwise=True),
        ),
        epochs=40,
        promise=Promise(96.5, 12_000_000, 320_000, 64_000),
    ),
}
