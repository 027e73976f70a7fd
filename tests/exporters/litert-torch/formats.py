"""Saves networks of PyTorch as `host_tools quantize` takes them: formats.py FOLDER.

channels_last.pt2 has its weights in that memory format; channels_last.npz has an input of it and
PyTorch's output.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from networks import convolutions
from torch import nn


def main(folder: Path) -> None:
    torch.manual_seed(7)
    network = convolutions().eval()
    program = torch.export.export(network, (torch.zeros(1, 3, 32, 32),))
    torch.export.save(program, folder / "net.pt2")

    layers = [nn.Conv2d(3, 16, 3, 2, 1), *(nn.Conv2d(16, 16, 3, 1, 1) for _ in range(3))]
    network = nn.Sequential(*(part for layer in layers for part in (layer, nn.ReLU()))).eval()
    network.to(memory_format=torch.channels_last)
    given = torch.randn(1, 3, 32, 32)
    torch.export.save(torch.export.export(network, (given,)), folder / "channels_last.pt2")
    # the input's channels come last in a .tflite, the output's stay
    turned = np.ascontiguousarray(given.permute(0, 2, 3, 1).numpy())
    output = network(given).detach().contiguous().numpy()
    np.savez(folder / "channels_last.npz", given=turned, output=output)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
