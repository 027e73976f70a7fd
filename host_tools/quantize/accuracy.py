"""How many samples a network classifies right: float32 in LiteRT, int8 as a board computes it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.blob.reader import read_blob
from host_tools.errors import CommandError
from host_tools.graph import Graph
from host_tools.host_build import NoCompilerError
from host_tools.host_runtime import HostModel
from host_tools.kernels.quantize import stored
from host_tools.progress import progress
from host_tools.quantize.litert import LiteRt
from host_tools.quantize.samples import Samples
from host_tools.reference import run_batches

Array = npt.NDArray[Any]

PIECE = 256


def check_classes(graph: Graph, labels: npt.NDArray[np.int64], names: int | None) -> None:
    """Raises CommandError unless the first output has an element a class.

    `names` is how many labels there are, None where the samples only have numbers.
    """
    output = graph.tensors[graph.outputs[0]]
    elements = int(np.prod(output.shape))
    needed = names if names is not None else int(labels.max()) + 1
    if elements < needed or names is not None and elements != names or labels.min() < 0:
        raise CommandError(
            f"the labels have {needed} classes, from {labels.min()} to {labels.max()}, but output "
            f"0 of the network has {elements} elements"
        )


def float_right(model: bytes, graph: Graph, samples: Samples, labels: Array) -> int:
    """How many samples the float network classifies right."""
    runner = LiteRt(model, graph)
    right = 0
    with progress("float32 accuracy", samples.count) as update:
        for index in range(samples.count):
            right += int(runner.run(samples.read(index))[0].argmax() == labels[index])
            update(index + 1)
    return right


def int8_right(blob: bytes, samples: Samples, labels: Array) -> int:
    """How many the packed int8 network does: in our C, or in numpy where there is no compiler."""
    read = read_blob(blob)
    inputs = [read.tensors[index] for index in read.inputs]
    right = 0
    with progress("int8 accuracy", samples.count) as update:
        for start in range(0, samples.count, PIECE):
            indices = range(start, min(start + PIECE, samples.count))
            columns = zip(*(samples.read(index) for index in indices), strict=True)
            batches = [
                stored(np.stack(column), tensor.dtype, tensor.scale, tensor.zero_point)
                for column, tensor in zip(columns, inputs, strict=True)
            ]
            rows = answers(blob, batches)[0].reshape(len(indices), -1)
            right += int((rows.argmax(1) == labels[indices]).sum())
            update(indices.stop)
    return right


def answers(blob: bytes, batches: Sequence[Array]) -> list[Array]:
    """The outputs of a blob for batches of its inputs: in our C, in numpy without a compiler."""
    try:
        model = HostModel(blob)
    except NoCompilerError:
        return run_batches(blob, batches)
    return model.run_many(batches, threads=min(len(batches[0]), os.cpu_count() or 1))
