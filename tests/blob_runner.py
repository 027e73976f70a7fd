"""Runs a blob in numpy as the board would: one arena of bytes, operators in order, nothing else.

Independent of the packer past the blob's bytes. Scratch and what nobody has written hold noise, so
that a plan which reads what it should not gives another result.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from host_tools import reference
from host_tools.blob.reader import Blob, BlobOperator
from host_tools.kernels import KERNELS


class BlobRunner(reference.BlobRunner):
    """A blob and its arena."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.noise = np.random.default_rng(7)

    def run(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The outputs for `inputs`, all in stored dtypes and shapes."""
        start, end = self.blob.state_bytes, self.blob.arena_size
        self.arena[start:end] = self.noise.integers(0, 256, end - start, np.uint8)
        return super().run(inputs)

    def run_operator(self, operator: BlobOperator) -> None:
        check_apart(self.blob, operator)
        start, end = operator.scratch_offset, operator.scratch_offset + operator.scratch_size
        self.arena[start:end] = self.noise.integers(0, 256, end - start, np.uint8)
        super().run_operator(operator)


def check_apart(blob: Blob, operator: BlobOperator) -> None:
    """Asserts that output, scratch and inputs do not overlap, but for an in-place input 0."""
    tensors = [blob.tensors[index] for index in operator.inputs]
    output = blob.tensors[operator.output]
    scratch = (operator.scratch_offset, operator.scratch_size)
    assert sum(scratch) <= blob.arena_size
    assert scratch[1] == 0 or scratch[0] >= blob.state_bytes
    inputs = [(t.offset, t.size) for t in tensors if t.place != "blob"]
    written = (output.offset, output.size)
    in_place = KERNELS[operator.kernel].in_place
    others = inputs[1:] if in_place and inputs[:1] == [written] else inputs
    for area in others:
        assert not _overlap(area, written), operator
    for area in [*inputs, written]:
        assert not _overlap(area, scratch), operator


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[0] + b[1] and b[0] < a[0] + a[1] and a[1] > 0 and b[1] > 0
