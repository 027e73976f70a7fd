"""Quantizes the float .tflite files of one folder into another, with random inputs.

Run by the Python of that tool's environment: networks.py FLOAT FOLDER.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import quantizer, recipe


def quantized(path: Path) -> bytes:
    """The model in int8, inputs and outputs too."""
    interpreter = Interpreter(str(path))
    ((signature, ends),) = interpreter.get_signature_list().items()
    (details,) = interpreter.get_input_details()
    rng = np.random.default_rng(1)
    shape = tuple(details["shape"])
    samples = [{ends["inputs"][0]: rng.normal(0, 1, shape).astype(np.float32)} for _ in range(32)]
    make = quantizer.Quantizer(str(path), recipe.static_wi8_ai8())
    ranges = make.calibrate({signature: samples}, num_threads=1)
    return bytes(make.quantize(ranges).quantized_model)


def main(given: Path, folder: Path) -> None:
    for path in sorted(given.glob("*.tflite")):
        (folder / path.name).write_bytes(quantized(path))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
