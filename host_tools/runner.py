"""Runs a blob where --on says: on this computer, the virtual board, or a board at a port."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from host_tools.arrays import Array
from host_tools.device.connection import open_device
from host_tools.device.facts import read_facts
from host_tools.device.remote_model import open_model
from host_tools.errors import CommandError
from host_tools.host_build import NoCompilerError
from host_tools.host_runtime import BlobError, HostModel
from host_tools.reference import run_batches
from host_tools.virtual_board.runtime import run_on_virtual_board

HELP = (
    "host: this computer, sim: the virtual board, or a board's serial port; default: %(default)s"
)


class Run(Protocol):
    """The outputs [N, *shape] for inputs [N, *shape], all in stored dtypes.

    `update` is told how many of them are done.
    """

    def __call__(
        self, inputs: Sequence[Array], update: Callable[[int], None] = ..., /
    ) -> list[Array]: ...


def _ignored(done: int) -> None:
    pass


@contextlib.contextmanager
def open_runner(on: str, blob: bytes, path: Path) -> Iterator[Run]:
    """What runs a blob, which came from `path`, as often as it is called.

    Raises CommandError where the blob is refused, or the board cannot have it.
    """
    if on not in ("host", "sim"):
        with open_device(on) as device:
            facts = read_facts(device)
            with open_model(device, facts, blob, path.name) as model:

                def at_port(
                    inputs: Sequence[Array], update: Callable[[int], None] = _ignored, /
                ) -> list[Array]:
                    results = []
                    for number in range(len(inputs[0])):
                        results.append(model.run([array[number] for array in inputs])[0])
                        update(number + 1)
                    return [np.stack(arrays) for arrays in zip(*results, strict=True)]

                yield at_port
        return
    many = _opened_here(blob, path) if on == "host" else _at_virtual_board(blob)

    def at_once(
        inputs: Sequence[Array], update: Callable[[int], None] = _ignored, /
    ) -> list[Array]:
        outputs = many(inputs)
        update(len(inputs[0]))
        return outputs

    yield at_once


def _opened_here(blob: bytes, path: Path) -> Callable[[Sequence[Array]], list[Array]]:
    """Our C, or numpy where there is no C compiler."""
    try:
        model = HostModel(blob)
    except BlobError as error:
        raise CommandError(f"{path}: {error}") from error
    except NoCompilerError:
        print("no C compiler here: numpy computes it, to the same bits, slowly", file=sys.stderr)
        return lambda inputs: run_batches(blob, inputs)
    return lambda inputs: model.run_many(inputs, threads=min(len(inputs[0]), os.cpu_count() or 1))


def _at_virtual_board(blob: bytes) -> Callable[[Sequence[Array]], list[Array]]:
    return lambda inputs: run_on_virtual_board(blob, inputs)
