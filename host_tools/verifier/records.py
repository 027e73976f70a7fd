"""The twin of firmware_module/runtime/ink_verify.c: header, strings, tensors, inputs, outputs."""

from __future__ import annotations

import math
import re
import struct
import zlib
from typing import Any

from host_tools.blob import layout
from host_tools.verifier.check import (
    ARENA,
    BAD_CRC,
    BAD_HEADER,
    BAD_IO,
    BAD_MAGIC,
    BAD_SIZE,
    BAD_STRING,
    BAD_TARGET,
    BAD_TENSOR,
    BAD_VERSION,
    BLOB,
    DATA,
    FLOAT32,
    INT8,
    INT32,
    MOST,
    OUT_OF_RANGE,
    OVERLAP,
    STATE,
    TOO_SHORT,
    WORD,
    Check,
    Tensor,
)
from host_tools.verifier.front_end import verify_front_end

# as in C: controls, directions of writing, breaks of lines, what has no width; joiners after ASCII
_HIDDEN = re.compile(
    "[\x01-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
    "|(?<![\x80-\U0010ffff])[\u200c\u200d]"
)
_NEXT = layout.STARTS["next tensor"]


def verify_records(check: Check) -> None:
    """All but the operators."""
    _start(check)
    _header(check)
    _strings(check)
    check.string("name", check.header["name"])
    _tensors(check)
    _ios(check)
    _labels(check)


def _start(check: Check) -> None:
    size = min(len(check.data), WORD)
    check.between(TOO_SHORT, "its size", size, layout.HEADER.size, WORD)
    if not check.data.startswith(layout.MAGIC):
        check.refuse(BAD_MAGIC)
    check.read_header()
    header = check.header
    check.equal(BAD_VERSION, "version", header["version"], layout.VERSION)
    check.equal(BAD_VERSION, "header_size", header["header_size"], layout.HEADER.size)
    check.equal(BAD_SIZE, "its size", size, header["blob_size"])
    check.between(BAD_SIZE, "its size", size, 0, layout.MAX_BLOB)
    crc = zlib.crc32(memoryview(check.data)[layout.CRC_START :])
    check.equal(BAD_CRC, "crc32", header["crc32"], crc)


def _header(check: Check) -> None:
    header = check.header
    check.place = "header"
    for status, name, least, most in (
        (BAD_TARGET, "target", 0, max(layout.TARGETS.values())),
        (BAD_HEADER, "memory", 0, max(layout.MEMORIES.values())),
        (BAD_HEADER, "arena_size", 0, layout.MAX_ARENA),
        (BAD_HEADER, "n_tensors", 1, layout.MAX_TENSORS),
        (BAD_HEADER, "n_operators", 0, layout.MAX_OPERATORS),
        (BAD_HEADER, "n_inputs", 1, layout.MAX_IO),
        (BAD_HEADER, "n_outputs", 1, layout.MAX_IO),
        (BAD_HEADER, "strings_size", 1, layout.MAX_BLOB),
    ):
        check.field_of(status, name, header[name], least, most)
    check.multiple(BAD_HEADER, "arena_size", header["arena_size"], 16)
    n_ios = header["n_inputs"] + header["n_outputs"]
    for name, size, alignment in (
        ("tensors_offset", header["n_tensors"] * layout.TENSOR.size, 4),
        ("operators_offset", header["n_operators"] * layout.OPERATOR.size, 4),
        ("io_offset", n_ios * layout.IO.size, 4),
        ("labels_offset", header["n_labels"] * 4, 4),
        ("strings_offset", header["strings_size"], 4),
    ):
        check.range(BAD_HEADER, name, header[name], size, alignment)
    ios = [
        layout.IO.unpack_from(check.data, header["io_offset"] + i * layout.IO.size)
        for i in range(n_ios)
    ]
    check.inputs, check.outputs = ios[: header["n_inputs"]], ios[header["n_inputs"] :]


def _strings(check: Check) -> None:
    start = check.header["strings_offset"]
    text = memoryview(check.data)[start : start + check.header["strings_size"]]
    if text[-1] != 0:
        check.refuse(BAD_STRING, "the last byte of the strings is not 0")
    # the first of both is what C meets first
    good, whole = _utf8(text)
    if _HIDDEN.search(good):
        check.refuse(BAD_STRING, "a character of the strings is none that is shown")
    if not whole:
        check.refuse(BAD_STRING, "the strings are not UTF-8")


def _utf8(text: memoryview) -> tuple[str, bool]:
    """What is UTF-8 from the start on, and whether that is all."""
    try:
        return str(text, "utf-8"), True
    except UnicodeDecodeError as error:
        return str(text[: error.start], "utf-8"), False


def _tensors(check: Check) -> None:
    for index in range(check.header["n_tensors"]):
        check.place = f"tensor {index}"
        at = check.header["tensors_offset"] + index * layout.TENSOR.size
        tensor = Tensor.at(check.data, at)
        _tensor(check, tensor)
        check.tensors.append(tensor)
        if tensor.place == STATE:
            check.state_size = max(check.state_size, tensor.offset + tensor.size)
    for index, tensor in enumerate(check.tensors):
        check.place = f"tensor {index}"
        _state(check, tensor, check.tensors[index + 1 : index + 2])


def _tensor(check: Check, tensor: Tensor) -> None:
    check.field_of(BAD_TENSOR, "dtype", tensor.dtype, INT8, INT32)
    check.field_of(BAD_TENSOR, "rank", tensor.rank, 0, layout.MAX_RANK)
    check.field_of(BAD_TENSOR, "place", tensor.place, 0, STATE)
    check.field_of(BAD_TENSOR, "start", tensor.start, 0, _NEXT)
    size = tensor.item_size
    for index, dim in enumerate(tensor.dims):
        most = MOST if index < tensor.rank else 1
        check.between(BAD_TENSOR, "a dimension", dim, 1, most)
        size = min(size * dim, WORD)
    check.equal(BAD_TENSOR, "size", tensor.size, size)
    _quantization(check, tensor)
    check.string("name", tensor.name)
    if tensor.place == BLOB:
        check.range(OUT_OF_RANGE, "offset", tensor.offset, size, layout.DATA_ALIGNMENT)
    else:
        check.multiple(OUT_OF_RANGE, "offset", tensor.offset, 4)
        check.ends(OUT_OF_RANGE, "it", tensor.offset, size, check.header["arena_size"])


def _quantization(check: Check, tensor: Tensor) -> None:
    if not (tensor.scale > 0 and math.isfinite(tensor.scale)):
        check.refuse(BAD_TENSOR, "scale is not a finite number greater than 0")
    if tensor.dtype >= FLOAT32:
        if tensor.scale != 1:
            check.refuse(BAD_TENSOR, "scale of a float32 or int32 tensor is not 1")
        check.equal(BAD_TENSOR, "zero_point", tensor.zero_point, 0)
        return
    least = -128 if tensor.dtype == INT8 else 0
    check.between(BAD_TENSOR, "zero_point", tensor.zero_point, least, least + 255)


def _state(check: Check, tensor: Tensor, following: list[Tensor]) -> None:
    if tensor.place != STATE:
        check.equal(BAD_TENSOR, "start", tensor.start, 0)
        if tensor.place != BLOB:
            check.between(OVERLAP, "offset", tensor.offset, check.state_size, WORD)
    elif tensor.start == _NEXT and not any(
        other.place == BLOB and other.size == tensor.size for other in following
    ):
        check.refuse(BAD_TENSOR, "start is 2, but the next tensor is no constant of its size")


def _io(check: Check, record: tuple[Any, ...], *, output: bool, index: int) -> None:
    number, flags, offset = record
    check.between(BAD_IO, "tensor", number, 0, len(check.tensors) - 1)
    tensor = check.tensors[number]
    check.equal(BAD_IO, "its place", tensor.place, ARENA)
    if not output and flags == layout.FRONT_END:
        verify_front_end(check, tensor, offset)
        return
    known = 0
    if not output and offset != 0:
        known = layout.SQUEEZE | layout.BORDER | layout.BILINEAR | layout.OPENMV
        known |= layout.CHANNEL_TABLES | layout.BGR if tensor.dims[3] == 3 else 0
        known &= ~layout.BORDER if flags & layout.SQUEEZE else known
        known &= ~layout.OPENMV if flags & layout.BILINEAR else known
    check.between(BAD_IO, "image_flags", flags, 0, flags & known)
    if offset == 0:
        return
    if output:
        if index == 0:
            check.equal(BAD_IO, "labels", offset, 0)
        check.range(DATA, "labels", offset, tensor.elements * 4, 4)
        return
    if tensor.dtype == INT32:
        check.refuse(BAD_IO, "it has an image_table, but is int32")
    if not (tensor.rank == 4 and tensor.dims[0] == 1 and tensor.dims[3] in (1, 3)):
        check.refuse(
            BAD_IO, "it has an image_table, but its shape is not [1, height, width, 1 or 3]"
        )
    entries = 3 * 256 if flags & layout.CHANNEL_TABLES else 256
    check.block("image_table", offset, entries * tensor.item_size)


def _ios(check: Check) -> None:
    seen: list[Tensor] = []
    for index, record in enumerate(check.inputs):
        check.place = f"input {index}"
        _io(check, record, output=False, index=index)
        tensor = check.tensors[record[0]]
        if any(overlap(tensor, other.offset, other.size) for other in seen):
            check.refuse(OVERLAP, "it overlaps another input")
        seen.append(tensor)
    for index, record in enumerate(check.outputs):
        check.place = f"output {index}"
        _io(check, record, output=True, index=index)


def _labels(check: Check) -> None:
    header = check.header
    given = header["n_labels"]
    check.place = "header"
    if given != 0:
        elements = check.tensors[check.outputs[0][0]].elements
        check.equal(BAD_HEADER, "n_labels", given, elements)
    strings = check.data[: header["strings_offset"] + header["strings_size"]]
    length = 0
    for output, (number, _, offset) in enumerate(check.outputs):
        if output == 0:
            offset = header["labels_offset"] if given else 0
        if offset == 0:
            continue
        count = check.tensors[number].elements
        for index, (start,) in enumerate(
            struct.iter_unpack("<I", memoryview(check.data)[offset : offset + 4 * count])
        ):
            check.place = f"label {index}"
            check.string("its string", start)
            begin = header["strings_offset"] + start
            length += strings.index(0, begin) + 1 - begin
            words = "the length of the labels up to here"
            check.between(BAD_STRING, words, length, 0, header["strings_size"])


def overlap(tensor: Tensor, offset: int, size: int) -> bool:
    """Whether a tensor's bytes are among these, of the arena or of the blob as it is."""
    return tensor.offset < offset + size and offset < tensor.offset + tensor.size
