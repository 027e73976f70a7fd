"""Runs a blob in numpy as the board would: one arena of bytes, operators in order, nothing else.

Independent of the packer past the blob's bytes. Scratch and what nobody has written hold noise, so
that a plan which reads what it should not gives another result.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from host_tools.blob.reader import Blob, BlobOperator, BlobTensor, read_blob
from host_tools.reference import kernels

DATA_DTYPES = {"weights": "int8", "table": "uint8", "rows": "uint16", "columns": "uint16"}


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
        output = self.blob.tensors[operator.output]
        values = [self.tensor(index).copy() for index in operator.inputs]
        data = {
            name: self.data[offset : offset + size].view(DATA_DTYPES.get(name, "int32"))
            for name, (offset, size) in operator.data.items()
        }
        self.tensor(operator.output)[...] = self._result(operator, output, values, data)

    def _result(
        self,
        operator: BlobOperator,
        output: BlobTensor,
        values: list[np.ndarray],
        data: dict[str, np.ndarray],
    ) -> np.ndarray:
        params = {**operator.params, "output_shape": output.shape}
        kernel = getattr(kernels, operator.kernel.removesuffix("_s8").removesuffix("_f32"))
        if operator.kernel == "copy":
            return kernel(values[0], self.tensor(operator.output), **params)
        if operator.kernel == "lut_s8":
            return kernel(values[0], **data, **params, output_dtype=output.dtype)
        if operator.kernel in ("quantize_f32", "dequantize_f32"):
            quantized = output
            if operator.kernel == "quantize_f32":
                params["output_dtype"] = output.dtype
            else:
                quantized = self.blob.tensors[operator.inputs[0]]
            params |= {"scale": np.float32(quantized.scale), "zero_point": quantized.zero_point}
        if operator.kernel in ("conv_s8", "depthwise_conv_s8"):
            units = output.shape[3]
            window = (params["kernel_h"], params["kernel_w"])
            shape = (*window, units) if operator.kernel.startswith("d") else (units, *window, -1)
            data["weights"] = data["weights"].reshape(shape)
        if operator.kernel == "fully_connected_s8":
            data["weights"] = data["weights"].reshape(params["units"], params["depth"])
        return kernel(*values, **data, **params)


def check_apart(blob: Blob, operator: BlobOperator) -> None:
    """Asserts that output, scratch and inputs do not overlap, but for an in-place input 0."""
    tensors = [blob.tensors[index] for index in operator.inputs]
    output = blob.tensors[operator.output]
    scratch = (operator.scratch_offset, operator.scratch_size)
    assert sum(scratch) <= blob.arena_size
    inputs = [(t.offset, t.size) for t in tensors if t.place == "arena"]
    written = (output.offset, output.size)
    in_place = operator.kernel in ("add_s8", "mul_s8", "lut_s8")
    others = inputs[1:] if in_place and inputs[:1] == [written] else inputs
    for area in others:
        assert not _overlap(area, written), operator
    for area in [*inputs, written]:
        assert not _overlap(area, scratch), operator


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[0] + b[1] and b[0] < a[0] + a[1] and a[1] > 0 and b[1] > 0
