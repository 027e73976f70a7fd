"""Changes single fields of a blob, after docs/blob-format.md; shares no code with the writer."""

from __future__ import annotations

import struct
import zlib

from blob_document import document_kernels

HEADER = {
    "magic": (0, "4s"),
    "version": (4, "H"),
    "header_size": (6, "H"),
    "blob_size": (8, "I"),
    "crc32": (12, "I"),
    "target": (16, "H"),
    "memory": (18, "H"),
    "arena_size": (20, "I"),
    "n_tensors": (24, "H"),
    "n_operators": (26, "H"),
    "n_inputs": (28, "H"),
    "n_outputs": (30, "H"),
    "tensors_offset": (32, "I"),
    "operators_offset": (36, "I"),
    "io_offset": (40, "I"),
    "labels_offset": (44, "I"),
    "n_labels": (48, "I"),
    "strings_offset": (52, "I"),
    "strings_size": (56, "I"),
    "name": (60, "I"),
}
TENSOR = {
    "dtype": (0, "B"),
    "rank": (1, "B"),
    "place": (2, "B"),
    "start": (3, "B"),
    "offset": (4, "I"),
    "size": (8, "I"),
    **{f"dims[{i}]": (12 + 4 * i, "I") for i in range(6)},
    "scale": (36, "f"),
    "zero_point": (40, "i"),
    "name": (44, "I"),
}
IO = {"tensor": (0, "H"), "image_flags": (2, "H"), "image_table": (4, "I"), "labels": (4, "I")}
OPERATOR = {
    "kernel": (0, "H"),
    "source_index": (2, "H"),
    "input0": (4, "H"),
    "input1": (6, "H"),
    "output": (8, "H"),
    "reserved": (10, "H"),
    "name": (12, "I"),
    "params_offset": (16, "I"),
    "params_size": (20, "I"),
    "scratch_offset": (24, "I"),
    "scratch_size": (28, "I"),
    "macs": (32, "I"),
}
SIZES = {"tensor": 48, "io": 8, "operator": 36, "label": 4}

KERNELS = {kernel.number: kernel.name for kernel in document_kernels().values()}
# by the kernel's number; read as signed, offsets of blocks too
PARAMS = {
    kernel.number: {name: (4 * i, "i") for i, name in enumerate(kernel.fields)}
    for kernel in document_kernels().values()
}


class BlobEditor:
    """A blob's bytes and how to reach its fields. `bytes()` repairs the check sum."""

    def __init__(self, blob: bytes) -> None:
        self.data = bytearray(blob)

    def bytes(self) -> bytes:
        self.write(12, "I", zlib.crc32(self.data[16:]))
        return bytes(self.data)

    def read(self, at: int, kind: str) -> int:
        return struct.unpack_from("<" + kind, self.data, at)[0]

    def write(self, at: int, kind: str, value: int | float | bytes) -> None:
        struct.pack_into("<" + kind, self.data, at, value)

    def place(self, record: str, index: int | str, field: str) -> tuple[int, str]:
        """Where a field is, and its struct format. `record` is header, tensor, io, operator,
        params (of an operator) or label; a kernel's name stands for its first operator."""
        if isinstance(index, str):
            index = self.index(index)
        if record == "header":
            return HEADER[field]
        if record == "params":
            kernel = self.get("operator", index, "kernel")
            at, kind = PARAMS[kernel][field]
            return self.get("operator", index, "params_offset") + at, kind
        start = self.get("header", 0, "io_offset" if record == "io" else f"{record}s_offset")
        start += SIZES[record] * index
        at, kind = {"tensor": TENSOR, "io": IO, "operator": OPERATOR, "label": {"": (0, "I")}}[
            record
        ][field]
        return start + at, kind

    def get(self, record: str, index: int | str, field: str) -> int:
        return self.read(*self.place(record, index, field))

    def set(self, record: str, index: int | str, field: str, value: int | float | bytes) -> None:
        self.write(*self.place(record, index, field), value)

    def kernels(self) -> list[str]:
        """The name of each operator's kernel."""
        count = self.get("header", 0, "n_operators")
        numbers = [self.get("operator", index, "kernel") for index in range(count)]
        return [KERNELS[number] for number in numbers]

    def index(self, kernel: str) -> int:
        """The first operator of a kernel."""
        return self.kernels().index(kernel)

    def called(self, kernel: str) -> str:
        """What a message calls the first operator of a kernel."""
        return f"operator {self.index(kernel)} ({kernel})"

    def append(self, block: bytes) -> int:
        """Where a data block starts that is now the blob's end."""
        self.data += bytes(-len(self.data) % 16)
        start = len(self.data)
        self.data += block
        self.set("header", 0, "blob_size", len(self.data))
        return start
