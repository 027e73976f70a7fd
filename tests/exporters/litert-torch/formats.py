"""Saves networks of PyTorch as `host_tools quantize` takes them: formats.py FOLDER.

channels_last.pt2 has its weights in that memory format; channels_last.npz has an input of it and
PyTorch's output. cell.pt2 and layer.pt2 hold a GRU over STEPS steps.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from networks import convolutions
from torch import nn

STEPS = 5  # more outputs of both ways are more than tflite-micro joins


class Cell(nn.Module):
    """A GRUCell in a loop, and a linear layer: [1, STEPS, 12] to [1, 5]."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.classes = nn.GRUCell(12, 24), nn.Linear(24, 5)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        state = torch.zeros(1, 24)
        for step in range(STEPS):
            state = self.cell(values[:, step], state)
        return self.classes(state)


class Layer(nn.Module):
    """A GRU of two layers, both ways, and a linear layer: [1, STEPS, 12] to [1, 5]."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.GRU(12, 24, num_layers=2, bidirectional=True, batch_first=True)
        self.classes = nn.Linear(48, 5)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return self.classes(self.layers(values)[0][:, -1])


def main(folder: Path) -> None:
    torch.manual_seed(7)
    network = convolutions().eval()
    program = torch.export.export(network, (torch.zeros(1, 3, 32, 32),))
    torch.export.save(program, folder / "net.pt2")

    for name, network in (("cell", Cell()), ("layer", Layer())):
        program = torch.export.export(network.eval(), (torch.zeros(1, STEPS, 12),))
        torch.export.save(program, folder / f"{name}.pt2")

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
