"""Saves an ONNX network as `host_tools quantize` takes it: formats.py FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import onnx
from networks import convolutions


def main(folder: Path) -> None:
    onnx.save(convolutions(), folder / "net.onnx")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
