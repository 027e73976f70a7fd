"""The blob's records as docs/blob-format.md lays them out. Numbers only; nothing reads or writes.

The C side has its own, firmware_module/runtime/ink_blob.h: neither is made from the other.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"INKL"
VERSION = 1
NO_TENSOR = 0xFFFF
DATA_ALIGNMENT = 16
MAX_RANK = 6
MAX_TENSORS = 4096
MAX_OPERATORS = 1024
MAX_IO = 16
MAX_ARENA = 1 << 28
MAX_BLOB = 1 << 28
MAX_WORK = 1 << 31
MAX_WINDOW = 1 << 15  # sides of windows, strides, dilations
MAX_PICTURE = 65_535  # heights, widths and channels that windows slide over
MAX_AVERAGED = 1 << 23  # elements of one mean

DTYPES = {"int8": 1, "uint8": 2, "float32": 3}
PLACES = {"arena": 0, "blob": 1}
TARGETS = {"portable": 0, "cortex-m7": 1}

# magic version header_size blob_size crc32 target arena_size n_tensors n_operators n_inputs
# n_outputs tensors operators io labels n_labels strings strings_size name
HEADER = struct.Struct("<4sHHIIIIHHHHIIIIIIII")
# dtype rank place reserved offset size dims[6] scale zero_point name
TENSOR = struct.Struct("<BBBBII6IfiI")
# tensor image_flags (image_table, or an output's labels)
IO = struct.Struct("<HHI")
# image_flags: a table for each channel; blue, green, red
CHANNEL_TABLES = 1
BGR = 2
# kernel source_index input0 input1 output reserved name params_offset params_size scratch_offset
# scratch_size macs
OPERATOR = struct.Struct("<HHHHHHIIIIII")
# where in the header the bytes begin that its CRC is of
CRC_START = 16


@dataclass(frozen=True)
class Kernel:
    """A kernel's number and its parameters in order.

    Each of `params` is i32, or six i32 where its name is in `vectors`; then `data` follows: the
    dtype of each block whose offset is a field.
    """

    number: int
    params: tuple[str, ...] = ()
    data: tuple[tuple[str, str], ...] = ()
    vectors: tuple[str, ...] = ()
    in_place: bool = False
    inputs: int = 1

    @property
    def record(self) -> struct.Struct:
        return struct.Struct(
            "<"
            + "".join("6i" if name in self.vectors else "i" for name in self.params)
            + "I" * len(self.data)
        )


def _fields(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_WINDOW = "kernel_h kernel_w stride_h stride_w"
_WEIGHTS = (("weights", "int8"), ("bias", "int32"), ("multiplier", "int32"), ("shift", "int32"))
_CONV = _fields(
    f"{_WINDOW} dilation_h dilation_w pad_top pad_left channel_factor"
    " input_offset output_offset act_min act_max"
)
_PACKED_CONV = _fields(f"{_WINDOW} pad_top pad_left act_min act_max")
_PACKED = (("weights", "uint8"),)
_POOL = _fields(f"{_WINDOW} pad_top pad_left act_min act_max")
_ADD = _fields(
    "input0_offset input0_multiplier input0_shift input1_offset input1_multiplier input1_shift"
    " left_shift output_offset output_multiplier output_shift act_min act_max"
)
_MUL = _fields(
    "input0_offset input1_offset output_offset output_multiplier output_shift act_min act_max"
)

KERNELS = {
    "conv_s8": Kernel(1, _CONV, _WEIGHTS),
    "depthwise_conv_s8": Kernel(2, _CONV, _WEIGHTS),
    "fully_connected_s8": Kernel(
        3,
        _fields(
            "depth units per_channel input_offset filter_offset output_offset act_min act_max"
        ),
        _WEIGHTS,
    ),
    "average_pool_s8": Kernel(4, _POOL),
    "max_pool_s8": Kernel(5, _POOL),
    "add_s8": Kernel(6, _ADD, in_place=True, inputs=2),
    "mul_s8": Kernel(7, _MUL, in_place=True, inputs=2),
    "broadcast_add_s8": Kernel(8, _ADD, inputs=2),
    "broadcast_sub_s8": Kernel(9, _ADD, inputs=2),
    "broadcast_mul_s8": Kernel(10, _MUL, inputs=2),
    "softmax_s8": Kernel(11, _fields("multiplier shift diff_min")),
    "lut_s8": Kernel(12, data=(("table", "uint8"),), in_place=True),
    "copy": Kernel(
        13,
        _fields(
            "element_size count input_start input_stride output_start output_stride"
            " fill fill_value"
        ),
        vectors=("count", "input_stride", "output_stride"),
    ),
    "mean_s8": Kernel(14, _fields("axes input_offset output_offset multiplier shift")),
    "resize_nearest_s8": Kernel(15, data=(("rows", "uint16"), ("columns", "uint16"))),
    "quantize_f32": Kernel(16),
    "dequantize_f32": Kernel(17),
    "conv_packed_s8": Kernel(32, _PACKED_CONV, _PACKED),
    "depthwise_3x3_s8": Kernel(33, _PACKED_CONV, _PACKED),
    "fully_connected_packed_s8": Kernel(
        34, _fields("depth units blocks act_min act_max"), _PACKED
    ),
    "add_table_s8": Kernel(35, _fields("act_min act_max"), _PACKED, in_place=True, inputs=2),
    "max_pool_simd_s8": Kernel(36, _POOL),
    "average_pool_simd_s8": Kernel(37, _POOL),
    "winograd_f2_s8": Kernel(38, _PACKED_CONV, _PACKED),
    "winograd_f4_s8": Kernel(39, _PACKED_CONV, _PACKED),
    "depthwise_packed_s8": Kernel(40, _PACKED_CONV, _PACKED),
}
