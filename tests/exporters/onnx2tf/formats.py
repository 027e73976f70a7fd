"""Saves ONNX networks as `host_tools quantize` takes them: formats.py FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import onnx
from networks import Network, convolutions


def sequence() -> onnx.ModelProto:
    """A convolution over time, [1, channels, time]."""
    net = Network(1, 8, 20)
    x = net("Relu", net("Conv", "x", net.random(6, 8, 3), net.random(6), pads=[1, 1]))
    return net.model(net.dense(net("Flatten", x), 120, 4))


def main(folder: Path) -> None:
    onnx.save(convolutions(), folder / "net.onnx")
    onnx.save(sequence(), folder / "sequence.onnx")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
