"""Saves a network of Keras in each format that `host_tools quantize` takes: formats.py FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import keras
from networks import convolutions


def main(folder: Path) -> None:
    keras.utils.set_random_seed(7)
    network = convolutions()
    network.save(folder / "net.keras")
    network.save(folder / "net.h5")
    network.export(folder / "saved")
    given = keras.Input((20, 8))
    loop = keras.Model(given, keras.layers.Bidirectional(keras.layers.GRU(4))(given))
    loop.save(folder / "loop.keras")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
