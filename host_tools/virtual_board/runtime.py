"""Runs blobs on the virtual board, through the module `inkling`; as host_runtime does here."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from host_tools.blob.reader import Blob, read_blob
from host_tools.errors import CommandError
from host_tools.virtual_board import VirtualBoard, qemu
from host_tools.virtual_board.mailbox import Exchange

Array = npt.NDArray[np.generic]

# stored values go in and out as they are, in pieces that the mailbox takes
_SCRIPT = """\
import sys
import computer
import inkling
import struct
import uctypes

PIECE = 1 << 18

def bytes_of(tensors, sizes):
    views = [tensors(i) for i in range(len(sizes))]
    return [uctypes.bytearray_at(uctypes.addressof(v), n) for v, n in zip(views, sizes)]

count = int(sys.argv[1])
sizes = [[int(size) for size in words.split(",")] for words in sys.argv[2:]]
model = inkling.Model("/rom/model.ink")
inputs = bytes_of(model.input, sizes[0])
outputs = bytes_of(model.output, sizes[1])
for number in range(count):
    for i, buffer in enumerate(inputs):
        view = memoryview(buffer)
        for start in range(0, len(buffer), PIECE):
            piece = view[start : start + PIECE]
            place = struct.pack("<II", number * len(buffer) + start, len(piece))
            computer.ask("input", i, place, piece)
    model.run()
    for i, buffer in enumerate(outputs):
        computer.write("output%d" % i, buffer)
"""


class _Inputs(Exchange):
    """The bytes of input `word`, from where and as many as the content says."""

    def __init__(self, inputs: Sequence[Array]) -> None:
        self._bytes = [np.ascontiguousarray(array).tobytes() for array in inputs]

    def answer(self, word: int, content: bytes) -> bytes:
        start, size = struct.unpack("<II", content)
        return self._bytes[word][start : start + size]


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
    files: dict[str, bytes | Path | Exchange] = {"model.ink": blob, "input": _Inputs(inputs)}
    board = VirtualBoard(firmware, romfs=files, heap=qemu.MOST_HEAP)
    timeout = _START_SECONDS + count * (1 + macs / _MACS_A_SECOND)
    words = [str(count), _sizes(read, read.inputs), _sizes(read, read.outputs)]
    result = board.run_script(_SCRIPT, words, timeout=timeout)
    if result.status:
        last = result.stdout.strip().rpartition("\n")[2] or f"status {result.status}"
        raise CommandError(f"the virtual board cannot run it: {last}")
    outputs = []
    for index, tensor_index in enumerate(read.outputs):
        tensor = read.tensors[tensor_index]
        stored = result.written.get(f"output{index}", b"")
        outputs.append(np.frombuffer(stored, tensor.dtype).reshape(count, *tensor.shape))
    return outputs


def _sizes(read: Blob, indices: Sequence[int]) -> str:
    return ",".join(str(read.tensors[index].size) for index in indices)
