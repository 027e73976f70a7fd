"""Changes single fields of a blob, after docs/blob-format.md; shares no code with the writer."""

from __future__ import annotations

import struct
import zlib

HEADER = {
    "magic": (0, "4s"),
    "version": (4, "H"),
    "header_size": (6, "H"),
    "blob_size": (8, "I"),
    "crc32": (12, "I"),
    "target": (16, "I"),
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
    "reserved": (3, "B"),
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

_CONV = (
    "kernel_h kernel_w stride_h stride_w dilation_h dilation_w pad_top pad_left channel_factor "
    "input_offset output_offset act_min act_max weights bias multiplier shift"
)
_POOL = "kernel_h kernel_w stride_h stride_w pad_top pad_left act_min act_max"
_ADD = (
    "input0_offset input0_multiplier input0_shift input1_offset input1_multiplier input1_shift "
    "left_shift output_offset output_multiplier output_shift act_min act_max"
)
_MUL = "input0_offset input1_offset output_offset output_multiplier output_shift act_min act_max"
_PACKED = "kernel_h kernel_w stride_h stride_w pad_top pad_left act_min act_max weights"


def _six(name: str) -> str:
    return " ".join(f"{name}[{i}]" for i in range(6))


PARAMS = {
    number: {name: (4 * i, "i") for i, name in enumerate(names.split())}
    for number, names in {
        1: _CONV,
        2: _CONV,
        3: "depth units per_channel input_offset filter_offset output_offset act_min act_max "
        "weights bias multiplier shift",
        4: _POOL,
        5: _POOL,
        6: _ADD,
        8: _ADD,
        9: _ADD,
        7: _MUL,
        10: _MUL,
        11: "multiplier shift diff_min",
        12: "table",
        13: f"element_size {_six('count')} input_start {_six('input_stride')} output_start "
        f"{_six('output_stride')} fill fill_value",
        14: "axes input_offset output_offset multiplier shift",
        15: "rows columns",
        16: "",
        17: "",
        32: _PACKED,
        33: _PACKED,
        34: "depth units blocks act_min act_max weights",
        35: "act_min act_max weights",
        36: _POOL,
        37: _POOL,
        38: _PACKED,
        39: _PACKED,
        40: _PACKED,
    }.items()
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

    def place(self, record: str, index: int, field: str) -> tuple[int, str]:
        """Where a field is, and its struct format. `record` is header, tensor, io, operator,
        params (of an operator) or label."""
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

    def get(self, record: str, index: int, field: str) -> int:
        return self.read(*self.place(record, index, field))

    def set(self, record: str, index: int, field: str, value: int | float | bytes) -> None:
        self.write(*self.place(record, index, field), value)

    def kernels(self) -> list[int]:
        """The kernel's number of each operator."""
        count = self.get("header", 0, "n_operators")
        return [self.get("operator", index, "kernel") for index in range(count)]
