"""Picture files through a network, some at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from host_tools.arrays import Array
from host_tools.classify.network import PictureNetwork
from host_tools.errors import CommandError
from host_tools.pictures import read_pixels
from host_tools.runner import Run

# so many pictures are run at once, and then told
PIECE = 64

Scores = npt.NDArray[np.float64]


def answers(
    paths: Sequence[Path], network: PictureNetwork, run: Run, update: Callable[[int], None]
) -> Iterator[tuple[Path, Scores | str]]:
    """The scores [classes] of each picture in order, or why it cannot be read.

    `update` is told how many pictures are done.
    """
    for first in range(0, len(paths), PIECE):
        piece = paths[first : first + PIECE]
        inputs: list[Array] = []
        reasons: dict[Path, str] = {}
        for path in piece:
            try:
                inputs.append(network.stored(read_pixels(path)))
            except CommandError as error:
                reasons[path] = str(error)
        outputs = run([np.stack(inputs)], partial(_tell, update, first)) if inputs else []
        rows = iter(network.scores(outputs) if inputs else ())
        for path in piece:
            yield path, reasons[path] if path in reasons else next(rows)
        update(first + len(piece))


def _tell(update: Callable[[int], None], before: int, done: int) -> None:
    update(before + done)
