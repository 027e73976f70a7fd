"""Runs a blob in numpy as the board would: one arena of bytes, operators in order, nothing else.

Independent of the packer past the blob's bytes. Scratch and what nobody has written hold noise, so
that a plan which reads what it should not gives another result.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from host_tools.blob.reader import Blob, BlobOperator, read_blob
from host_tools.kernels import KERNELS
from host_tools.kernels.card import Call, Operand


class BlobRunner:
    """A blob and its arena."""

    def __init__(self, data: bytes) -> None:
        self.data = np.frombuffer(data, np.uint8)
        self.blob: Blob = read_blob(data)
        self.noise = np.random.default_rng(7)
        self.arena = self.noise.integers(0, 256, self.blob.arena_size, np.uint8)

    def run(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The outputs for `inputs`, all in stored dtypes and shapes."""
        blob = self.blob
        self.arena[:] = self.noise.integers(0, 256, blob.arena_size, np.uint8)
        for index, array in zip(blob.inputs, inputs, strict=True):
            self.tensor(index)[...] = array
        for operator in blob.operators:
            self.run_operator(operator)
        return [self.tensor(index).copy() for index in blob.outputs]

    def tensor(self, index: int) -> np.ndarray:
        tensor = self.blob.tensors[index]
        where = self.arena if tensor.place == "arena" else self.data
        part = where[tensor.offset : tensor.offset + tensor.size]
        return part.view(tensor.dtype).reshape(tensor.shape)

    def run_operator(self, operator: BlobOperator) -> None:
        check_apart(self.blob, operator)
        start, end = operator.scratch_offset, operator.scratch_offset + operator.scratch_size
        self.arena[start:end] = self.noise.integers(0, 256, end - start, np.uint8)
        card = KERNELS[operator.kernel]
        data = {
            block.name: self.data[offset : offset + size].view(block.dtype)
            for block, (offset, size) in zip(card.blocks, operator.data.values(), strict=True)
        }
        inputs = tuple(self._operand(index) for index in operator.inputs)
        call = Call(inputs, self._operand(operator.output), operator.params, data)
        self.tensor(operator.output)[...] = card.compute(call)

    def _operand(self, index: int) -> Operand:
        tensor = self.blob.tensors[index]
        return Operand(self.tensor(index).copy(), tensor.scale, tensor.zero_point)


def check_apart(blob: Blob, operator: BlobOperator) -> None:
    """Asserts that output, scratch and inputs do not overlap, but for an in-place input 0."""
    tensors = [blob.tensors[index] for index in operator.inputs]
    output = blob.tensors[operator.output]
    scratch = (operator.scratch_offset, operator.scratch_size)
    assert sum(scratch) <= blob.arena_size
    inputs = [(t.offset, t.size) for t in tensors if t.place == "arena"]
    written = (output.offset, output.size)
    in_place = KERNELS[operator.kernel].in_place
    others = inputs[1:] if in_place and inputs[:1] == [written] else inputs
    for area in others:
        assert not _overlap(area, written), operator
    for area in [*inputs, written]:
        assert not _overlap(area, scratch), operator


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[0] + b[1] and b[0] < a[0] + a[1] and a[1] > 0 and b[1] > 0
