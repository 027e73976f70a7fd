"""The blob's records as docs/blob-format.md lays them out; nothing here reads or writes a whole
blob. The kernels' own parameters are on their cards (host_tools/kernels).

The C side has its own, firmware_module/runtime/ink_blob.h: neither is made from the other.
"""

from __future__ import annotations

import struct

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
MAX_WORK = 4_000_000_000
MAX_WINDOW = 1 << 15  # sides of windows, strides, dilations
MAX_PICTURE = 65_535  # heights, widths and channels that windows slide over
MAX_REDUCED = 1 << 23  # values that one output is made of without weights
MAX_COUNT = 1 << 24  # of a copy, along a dimension

DTYPES = {"int8": 1, "uint8": 2, "float32": 3, "int32": 4}
PLACES = {"arena": 0, "blob": 1, "state": 2}
# what a state begins with
STARTS = {"elsewhere": 0, "zero point": 1, "next tensor": 2}
TARGETS = {"portable": 0, "cortex-m7": 1}
# where the header says that a blob is to be used: where it lies, or in RAM
MEMORIES = {"any": 0, "ram": 1}

# magic version header_size blob_size crc32 target memory arena_size n_tensors n_operators n_inputs
# n_outputs tensors operators io labels n_labels strings strings_size name
HEADER = struct.Struct("<4sHHIIHHIHHHHIIIIIIII")
# dtype rank place start offset size dims[6] scale zero_point name
TENSOR = struct.Struct("<BBBBII6IfiI")
# tensor image_flags (image_table or front_end, or an output's labels)
IO = struct.Struct("<HHI")
# image_flags: a table for each channel; blue, green, red
CHANNEL_TABLES = 1
BGR = 2
# image_flags: how a picture is fitted and scaled (host_tools/images.py)
SQUEEZE = 8
BORDER = 16
BILINEAR = 32
OPENMV = 64
FITS = {"crop": 0, "squeeze": SQUEEZE, "border": BORDER}
SCALINGS = {"average": 0, "bilinear": BILINEAR, "openmv": OPENMV}
# image_flags: no table, but a front end (host_tools/audio/front_end.py)
FRONT_END = 4
# kernel source_index input0 input1 output reserved name params_offset params_size scratch_offset
# scratch_size macs
OPERATOR = struct.Struct("<HHHHHHIIIIII")
# where in the header the bytes begin that its CRC is of
CRC_START = 16
# where in the header the memory is, u16, and the size of the arena, u32
MEMORY_AT, ARENA_AT = 18, 20


def arena_bytes(blob: bytes) -> int:
    """What its header says of the arena; nothing is checked."""
    return int.from_bytes(blob[ARENA_AT : ARENA_AT + 4], "little")


def is_for_ram(blob: bytes) -> bool:
    """Whether its header says that the board copies it to RAM; nothing is checked."""
    return int.from_bytes(blob[MEMORY_AT : MEMORY_AT + 2], "little") == MEMORIES["ram"]


def picture_ways(flags: int) -> tuple[str, str]:
    """How an input with these image_flags takes pictures: its fit and its scaling."""
    fits = {flag: fit for fit, flag in FITS.items()}
    scalings = {flag: scaling for scaling, flag in SCALINGS.items()}
    return fits[flags & (SQUEEZE | BORDER)], scalings[flags & (BILINEAR | OPENMV)]
