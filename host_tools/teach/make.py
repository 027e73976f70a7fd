"""From the trained network to int8: the ways of `host_tools quantize`, and the C of the board."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from host_tools import tflite
from host_tools.files import temporary_folder
from host_tools.quantize.accuracy import answers
from host_tools.quantize.int8 import quantize
from host_tools.quantize.ranges import watch
from host_tools.quantize.samples import Samples
from host_tools.quantize.sources import converted
from host_tools.teach.folder import Bytes
from host_tools.teach.network import Network
from host_tools.teach.train import saved_program
from host_tools.teach.trunk import BLACK, Trunk

MOST_CALIBRATED = 500
WHITE = 255.0


def int8_model(network: Network, trunk: Trunk, exact: Bytes) -> bytes:
    """The int8 .tflite of a network, calibrated with uint8 [N, height, width, channels].

    Its input is pixel - 128. Raises CommandError where the converter or quantizer fails.
    """
    with temporary_folder() as folder:
        program = Path(folder) / "network.pt2"
        saved_program(network, trunk, program)
        model = converted(program)
    assert model is not None
    graph = tflite.read_model(model, "network")
    samples = Samples(
        "pictures learned from",
        len(exact),
        lambda index: [exact[index : index + 1].astype(np.float32)],
        [(0.0, WHITE)],
    )
    watched = watch(model, graph, samples, samples.spread(MOST_CALIBRATED))
    return quantize(model, graph, {index: seen.range for index, seen in watched.items()})


def int8_scores(blob: bytes, exact: Bytes) -> npt.NDArray[np.float64]:
    """What the board says of uint8 [N, height, width, channels]: [N, classes] of 0 to 1."""
    pixels = (exact[:, None].astype(np.int16) + BLACK).astype(np.int8)
    rows = answers(blob, [pixels])[0].reshape(len(exact), -1)
    # softmax' scale and zero point
    return (rows.astype(np.float64) - BLACK) / 256
