"""Saves a network of PyTorch as `host_tools quantize` takes it: formats.py FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from networks import convolutions


def main(folder: Path) -> None:
    torch.manual_seed(7)
    network = convolutions().eval()
    program = torch.export.export(network, (torch.zeros(1, 3, 32, 32),))
    torch.export.save(program, folder / "net.pt2")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
