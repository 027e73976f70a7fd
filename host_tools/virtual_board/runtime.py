"""Runs blobs on the virtual board, through the module `inkling`; as host_runtime does here."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from host_tools.blob.reader import Blob, read_blob
from host_tools.errors import CommandError
from host_tools.virtual_board import VirtualBoard, qemu

Array = npt.NDArray[np.generic]

# stored values go in and out as they are, through files of this computer
_SCRIPT = """\
import sys
import inkling
import semihost
import uctypes

def bytes_of(tensors, sizes):
    views = [tensors(i) for i in range(len(sizes))]
    return [uctypes.bytearray_at(uctypes.addressof(v), n) for v, n in zip(views, sizes)]

folder, count = sys.argv[1], int(sys.argv[2])
sizes = [[int(size) for size in words.split(",")] for words in sys.argv[3:]]
model = inkling.Model("/rom/model.ink")
inputs = bytes_of(model.input, sizes[0])
outputs = bytes_of(model.output, sizes[1])
for number in range(count):
    for i, buffer in enumerate(inputs):
        semihost.readinto("%s/input%d" % (folder, i), buffer, number * len(buffer))
    model.run()
    for i, buffer in enumerate(outputs):
        semihost.write("%s/output%d_%d" % (folder, i, number), buffer)
"""

# far more than QEMU needs on a busy computer
_START_SECONDS = 60.0
_MACS_A_SECOND = 1e6


def run_on_virtual_board(
    blob: bytes, inputs: Sequence[Array], *, firmware: Path | None = None
) -> list[Array]:
    """The outputs [N, *shape] of a blob for inputs [N, *shape], all in stored dtypes.

    Raises CommandError with the board's message where it does not take the blob.
    """
    read = read_blob(blob)
    count = len(inputs[0])
    macs = sum(operator.macs for operator in read.operators)
    # as much as it can have: this asks for the bits, not for what fits a board
    board = VirtualBoard(firmware, romfs={"model.ink": blob}, heap=qemu.MOST_HEAP)
    with tempfile.TemporaryDirectory(prefix="inkling-") as folder:
        for index, array in enumerate(inputs):
            Path(folder, f"input{index}").write_bytes(np.ascontiguousarray(array).tobytes())
        timeout = _START_SECONDS + count * (1 + macs / _MACS_A_SECOND)
        words = [folder, str(count), _sizes(read, read.inputs), _sizes(read, read.outputs)]
        result = board.run_script(_SCRIPT, words, timeout=timeout)
        if result.status:
            last = result.stdout.strip().rpartition("\n")[2] or f"status {result.status}"
            raise CommandError(f"the virtual board cannot run it: {last}")
        outputs = []
        for index, tensor_index in enumerate(read.outputs):
            tensor = read.tensors[tensor_index]
            stored = b"".join(
                Path(folder, f"output{index}_{number}").read_bytes() for number in range(count)
            )
            outputs.append(np.frombuffer(stored, tensor.dtype).reshape(count, *tensor.shape))
        return outputs


def _sizes(read: Blob, indices: Sequence[int]) -> str:
    return ",".join(str(read.tensors[index].size) for index in indices)
