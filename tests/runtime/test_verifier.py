"""The C verifier: each rule of docs/blob-format.md, broken alone, gives a message that names it.

The good blob is `networks.every_kernel`: its tensor 0 is the input (float32 in the arena), 1 its
int8, 2 the convolution's output, 11 a constant, 20 the output.
"""

from __future__ import annotations

import math
import struct
from typing import Any

import networks
import pytest
from blob_editor import BlobEditor
from refusals import refusal
from tflite_builder import ModelBuilder

from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.plan.image_tables import Pictures

NAN, INFINITY = math.nan, math.inf
BIG = 1 << 28


HEADER_RULES = [
    (
        "magic",
        b"INKK",
        "not a blob: it does not begin with INKL (host_tools pack-model makes one)",
    ),
    ("version", 2, "a blob of a version that this runtime does not read: version is 2, allowed 1"),
    (
        "header_size",
        68,
        "a blob of a version that this runtime does not read: header_size is 68, allowed 64",
    ),
    (
        "target",
        2,
        "header: packed for a target that this runtime does not know: "
        "target is 2, allowed at most 1",
    ),
    ("memory", 2, "header: bad header: memory is 2, allowed at most 1"),
    ("memory", 0xFFFF, "header: bad header: memory is 65535, allowed at most 1"),
    ("arena_size", 8, "header: bad header: arena_size is 8, allowed a multiple of 16"),
    (
        "arena_size",
        BIG + 16,
        f"header: bad header: arena_size is {BIG + 16}, allowed at most {BIG}",
    ),
    ("n_tensors", 0, "header: bad header: n_tensors is 0, allowed 1 or more"),
    ("n_tensors", 4097, "header: bad header: n_tensors is 4097, allowed at most 4096"),
    ("n_operators", 1025, "header: bad header: n_operators is 1025, allowed at most 1024"),
    ("n_inputs", 0, "header: bad header: n_inputs is 0, allowed 1 or more"),
    ("n_inputs", 17, "header: bad header: n_inputs is 17, allowed at most 16"),
    ("n_outputs", 0, "header: bad header: n_outputs is 0, allowed 1 or more"),
    ("n_outputs", 17, "header: bad header: n_outputs is 17, allowed at most 16"),
    ("tensors_offset", 66, "header: bad header: tensors_offset is 66, allowed a multiple of 4"),
    ("tensors_offset", 60, "header: bad header: tensors_offset is 60, allowed 64 or more"),
    ("operators_offset", 0, "header: bad header: operators_offset is 0, allowed 64 or more"),
    ("io_offset", 1, "header: bad header: io_offset is 1, allowed a multiple of 4"),
    ("labels_offset", 12, "header: bad header: labels_offset is 12, allowed 64 or more"),
    ("n_labels", 4, "header: bad header: n_labels is 4, allowed 5"),
    ("strings_offset", 32, "header: bad header: strings_offset is 32, allowed 64 or more"),
    ("strings_size", 0, "header: bad header: strings_size is 0, allowed 1 or more"),
    (
        "strings_size",
        BIG + 1,
        f"header: bad header: strings_size is {BIG + 1}, allowed at most {BIG}",
    ),
]


@pytest.mark.parametrize(("field", "value", "message"), HEADER_RULES)
def test_a_bad_header_field_is_named(
    every_kernel: bytes, field: str, value: int | bytes, message: str
) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("header", 0, field, value)
    assert refusal(editor.bytes()) == message


@pytest.mark.parametrize(
    ("field", "size"),
    [
        ("tensors_offset", 21 * 48),
        ("operators_offset", 17 * 36),
        ("io_offset", 2 * 8),
        ("labels_offset", 5 * 4),
    ],
)
def test_a_part_that_ends_behind_the_blob_is_named(
    every_kernel: bytes, field: str, size: int
) -> None:
    for start in (len(every_kernel) - size + 4, 0xFFFFFFFC):
        editor = BlobEditor(every_kernel)
        editor.set("header", 0, field, start)
        assert refusal(editor.bytes()) == (
            f"header: bad header: {field} ends at {start + size}, "
            f"allowed at most {len(every_kernel)}"
        )


def test_a_wrong_size_and_a_wrong_check_sum_say_what_was_found(every_kernel: bytes) -> None:
    size = len(every_kernel)
    editor = BlobEditor(every_kernel)
    editor.set("header", 0, "blob_size", size + 1)
    assert refusal(editor.bytes()) == (
        f"cut off, or with bytes too many: its size is {size}, allowed {size + 1}"
    )
    changed = bytearray(every_kernel)
    crc = int.from_bytes(changed[12:16], "little")
    changed[12] ^= 1
    assert refusal(bytes(changed)) == (
        f"damaged: the check sum does not fit: crc32 is {crc ^ 1}, allowed {crc}"
    )
    assert refusal(every_kernel[:63]) == (
        "too short to be a blob: its size is 63, allowed 64 or more"
    )


TENSOR_RULES = [
    (1, "dtype", 0, "bad tensor record: dtype is 0, allowed 1 or more"),
    (1, "dtype", 5, "bad tensor record: dtype is 5, allowed at most 4"),
    (1, "dtype", 4, "bad tensor record: size is 108, allowed 432"),
    (1, "rank", 7, "bad tensor record: rank is 7, allowed at most 6"),
    (1, "place", 3, "bad tensor record: place is 3, allowed at most 2"),
    (1, "start", 1, "bad tensor record: start is 1, allowed 0"),
    (1, "start", 3, "bad tensor record: start is 3, allowed at most 2"),
    (1, "dims[0]", 0, "bad tensor record: a dimension is 0, allowed 1 or more"),
    (1, "dims[1]", 1 << 31, "bad tensor record: a dimension is 2147483648, allowed at most "),
    (1, "dims[4]", 2, "bad tensor record: a dimension is 2, allowed at most 1"),
    (1, "dims[0]", 2, "bad tensor record: size is 108, allowed 216"),
    (1, "size", 109, "bad tensor record: size is 109, allowed 108"),
    (1, "scale", 0.0, "bad tensor record: scale is not a finite number greater than 0"),
    (1, "scale", -0.0, "bad tensor record: scale is not a finite number greater than 0"),
    (1, "scale", -1.0, "bad tensor record: scale is not a finite number greater than 0"),
    (1, "scale", NAN, "bad tensor record: scale is not a finite number greater than 0"),
    (1, "scale", INFINITY, "bad tensor record: scale is not a finite number greater than 0"),
    (0, "scale", 2.0, "bad tensor record: scale of a float32 or int32 tensor is not 1"),
    (0, "zero_point", 1, "bad tensor record: zero_point is 1, allowed 0"),
    (1, "zero_point", 128, "bad tensor record: zero_point is 128, allowed at most 127"),
    (1, "zero_point", -129, "bad tensor record: zero_point is -129, allowed -128 or more"),
    (1, "name", 1 << 20, "bad string: name is 1048576, allowed at most "),
    (1, "offset", 2, "tensor out of the arena or the blob: offset is 2, allowed a multiple of 4"),
    (1, "offset", 0xFFFFFFFC, "tensor out of the arena or the blob: it ends at 4294967400, "),
    (
        11,
        "offset",
        3412,
        "tensor out of the arena or the blob: offset is 3412, allowed a multiple",
    ),
    (11, "offset", 48, "tensor out of the arena or the blob: offset is 48, allowed 64 or more"),
    (11, "offset", 1 << 16, "tensor out of the arena or the blob: offset ends at 65542, allowed"),
]


@pytest.mark.parametrize(("index", "field", "value", "message"), TENSOR_RULES)
def test_a_bad_tensor_field_is_named(
    every_kernel: bytes, index: int, field: str, value: float, message: str
) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("tensor", index, field, value)
    assert refusal(editor.bytes()).startswith(f"tensor {index}: {message}")


def test_a_tensor_that_ends_behind_the_arena_is_named(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    arena_size = editor.get("header", 0, "arena_size")
    editor.set("tensor", 1, "offset", arena_size - 104)
    assert refusal(editor.bytes()) == (
        "tensor 1: tensor out of the arena or the blob: "
        f"it ends at {arena_size + 4}, allowed at most {arena_size}"
    )


def test_dimensions_whose_product_overflows_are_refused(every_kernel: bytes) -> None:
    for dims in ((65536, 65536), (65536, 65536, 65536, 65536), (2147483647, 2147483647, 4)):
        editor = BlobEditor(every_kernel)
        for i, size in enumerate(dims):
            editor.set("tensor", 1, f"dims[{i}]", size)
        for size in (0, 108):
            editor.set("tensor", 1, "size", size)
            assert refusal(editor.bytes()).startswith(
                f"tensor 1: bad tensor record: size is {size}, allowed 4294967295"
            )


IO_RULES = [
    (0, "tensor", 21, "input 0: bad input or output record: tensor is 21, allowed at most 20"),
    (1, "tensor", 99, "output 0: bad input or output record: tensor is 99, allowed at most 20"),
    (0, "tensor", 11, "input 0: bad input or output record: its place is 1, allowed 0"),
    (1, "tensor", 11, "output 0: bad input or output record: its place is 1, allowed 0"),
    (1, "labels", 64, "output 0: bad input or output record: labels is 64, allowed 0"),
    (1, "image_flags", 1, "output 0: bad input or output record: image_flags is 1, allowed at"),
    (0, "image_flags", 128, "input 0: bad input or output record: image_flags is 128, allowed at"),
    (0, "image_table", 72, "input 0: data out of the blob: image_table is 72, allowed a multiple"),
    (0, "image_table", 1 << 20, "input 0: data out of the blob: image_table ends at 1049600,"),
]


@pytest.mark.parametrize(("index", "field", "value", "message"), IO_RULES)
def test_a_bad_input_or_output_is_named(
    every_kernel: bytes, index: int, field: str, value: int, message: str
) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("io", index, field, value)
    assert refusal(editor.bytes()).startswith(message)


def test_an_int32_tensor_has_neither_scale_nor_picture_table(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("tensor", 0, "dtype", 4)
    assert refusal(editor.bytes()) == (
        "input 0: bad input or output record: it has an image_table, but is int32"
    )
    editor.set("tensor", 0, "zero_point", 1)
    assert refusal(editor.bytes()) == ("tensor 0: bad tensor record: zero_point is 1, allowed 0")
    editor.set("tensor", 0, "scale", 0.5)
    assert refusal(editor.bytes()) == (
        "tensor 0: bad tensor record: scale of a float32 or int32 tensor is not 1"
    )


def test_a_picture_table_needs_an_input_of_a_pictures_shape(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    assert editor.get("io", 0, "image_table") != 0
    editor.set("tensor", 0, "dims[2]", 3)
    editor.set("tensor", 0, "dims[3]", 6)
    assert refusal(editor.bytes()) == (
        "input 0: bad input or output record: it has an image_table, "
        "but its shape is not [1, height, width, 1 or 3]"
    )


def test_inputs_that_overlap_are_refused(two_inputs: bytes) -> None:
    editor = BlobEditor(two_inputs)
    editor.set("tensor", 1, "offset", editor.get("tensor", 0, "offset") + 20)
    assert refusal(editor.bytes()) == ("input 1: overlap in the arena: it overlaps another input")


def test_scratch_over_the_second_input_is_refused(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    second = editor.get("operator", "add_s8", "input1")
    editor.set("operator", "add_s8", "scratch_offset", editor.get("tensor", second, "offset") + 48)
    editor.set("operator", "add_s8", "scratch_size", 4)
    assert refusal(editor.bytes()) == (
        f"{editor.called('add_s8')}: overlap in the arena: scratch and input 1"
    )


OPERATOR_RULES = [
    ("conv_s8", "kernel", 0, "kernel that this runtime does not have"),
    ("conv_s8", "kernel", 999, "kernel that this runtime does not have"),
    ("conv_s8", "reserved", 5, "bad operator record: reserved is 5, allowed 0"),
    ("conv_s8", "input0", 21, "bad operator record: input0 is 21, allowed at most 20"),
    ("conv_s8", "input1", 1, "bad operator record: input1 is 1, allowed 65535"),
    ("add_s8", "input1", 0xFFFF, "bad operator record: input1 is 65535, allowed at most 20"),
    ("conv_s8", "output", 21, "bad operator record: output is 21, allowed at most 20"),
    ("conv_s8", "output", 11, "bad operator record: the output is a constant"),
    ("conv_s8", "name", 1 << 24, "bad string: name is 16777216, allowed at most "),
    ("conv_s8", "params_size", 64, "bad operator record: params_size is 64, allowed 68"),
    ("conv_s8", "params_offset", 66, "bad operator record: params_offset is 66, allowed a mul"),
    ("conv_s8", "params_offset", 4, "bad operator record: params_offset is 4, allowed 64 or"),
    ("conv_s8", "params_offset", BIG, f"bad operator record: params_offset ends at {BIG + 68},"),
    ("conv_s8", "scratch_offset", 8, "bad operator record: scratch_offset is 8, allowed a mul"),
    ("conv_s8", "scratch_offset", 1 << 20, "bad operator record: scratch ends at 1048656, al"),
    ("conv_s8", "scratch_size", 1 << 20, "bad operator record: scratch ends at 1048800, al"),
    ("conv_s8", "scratch_offset", 432, "overlap in the arena: scratch and input 0"),
    ("conv_s8", "scratch_offset", 0, "overlap in the arena: scratch and the output"),
    ("conv_s8", "output", 1, "overlap in the arena: the output and input 0"),
    ("add_s8", "output", 4, "overlap in the arena: the output and input 1"),
]


@pytest.mark.parametrize(("kernel", "field", "value", "message"), OPERATOR_RULES)
def test_a_bad_operator_field_is_named(
    every_kernel: bytes, kernel: str, field: str, value: int, message: str
) -> None:
    editor = BlobEditor(every_kernel)
    called = editor.called(kernel)
    editor.set("operator", kernel, field, value)
    if field == "kernel":
        called = called.replace(kernel, f"kernel {value}")
    assert refusal(editor.bytes()).startswith(f"{called}: {message}")


def pictures(channels: int, **options: Any) -> bytes:
    """A blob of one ABS on a picture."""
    builder = ModelBuilder()
    x, y = (builder.tensor([1, 2, 2, channels], scale=0.5) for _ in range(2))
    builder.operator("ABS", [x], [y])
    return pack(builder.build([x], [y]), pictures=Pictures(**options))


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        ({}, 0),
        ({"bgr": True}, 2),
        ({"mean": [0.1, 0.2, 0.3]}, 1),
        ({"mean": [0.1, 0.2, 0.3], "bgr": True}, 3),
        ({"std": [0.5, 0.5, 0.5]}, 0),
    ],
)
def test_flags_say_how_the_table_is_read_and_a_table_ends_in_the_blob(
    options: dict[str, Any], flags: int
) -> None:
    blob = pictures(3, **options)
    editor = BlobEditor(blob)
    assert editor.get("io", 0, "image_flags") == flags
    assert HostModel(blob).name == "model"
    size = 256 * (3 if flags & 1 else 1)
    last = len(blob) - size
    editor.set("io", 0, "image_table", last - last % 16)
    HostModel(editor.bytes())
    editor.set("io", 0, "image_table", last - last % 16 + 16)
    assert refusal(editor.bytes()).startswith(
        f"input 0: data out of the blob: image_table ends at {last - last % 16 + 16 + size}, "
    )


def test_flags_say_how_pictures_are_fitted_and_scaled() -> None:
    for channels, fit, scaling, flags in (
        (1, "crop", "bilinear", 32),
        (3, "squeeze", "average", 8),
        (1, "border", "bilinear", 48),
        (3, "squeeze", "openmv", 72),
    ):
        blob = pictures(channels, fit=fit, scaling=scaling)
        assert BlobEditor(blob).get("io", 0, "image_flags") == flags
        assert HostModel(blob).name == "model"


def test_flags_that_contradict_each_other_or_are_unknown_are_refused() -> None:
    editor = BlobEditor(pictures(3))
    for flags, allowed in ((24, 8), (96, 32), (128, 0), (4 | 32, 32), (59, 43), (0x8003, 3)):
        editor.set("io", 0, "image_flags", flags)
        text = f"image_flags is {flags}, allowed at most {allowed}"
        assert refusal(editor.bytes()) == f"input 0: bad input or output record: {text}"


def test_image_flags_need_three_channels_and_a_table() -> None:
    for blob, table in ((pictures(1), None), (pictures(3), 0)):
        editor = BlobEditor(blob)
        for flags in (1, 2, 3):
            editor.set("io", 0, "image_flags", flags)
            if table is not None:
                editor.set("io", 0, "image_table", table)
            assert refusal(editor.bytes()) == (
                f"input 0: bad input or output record: image_flags is {flags}, allowed at most 0"
            )


def test_tables_that_many_operators_share_are_looked_at_so_often_and_no_more() -> None:
    builder = ModelBuilder("shared")
    shape = (1, 1, 2_000, 1)
    last = first = builder.tensor(shape, scale=1.0, zero_point=0)
    sizes = builder.constant([1, 2_000])
    for _ in range(60):
        source, last = last, builder.tensor(shape, scale=1.0, zero_point=0)
        builder.operator(
            "RESIZE_NEAREST_NEIGHBOR",
            [source, sizes],
            [last],
            align_corners=False,
            half_pixel_centers=True,
        )
    blob = pack(builder.build([first], [last]), target="portable")
    words = "too much work: it would look like a hang: the bytes looked at up to here is"
    assert f"(resize_nearest_s8): {words}" in refusal(blob)


def test_operators_look_back_at_so_many_others_and_no_more() -> None:
    HostModel(pack(networks.first_again(280), target="portable"))
    words = "too much work: it would look like a hang: the bytes looked at up to here is"
    assert f"operator 292 (add_s8): {words}" in refusal(
        pack(networks.first_again(300), target="portable")
    )


def test_a_copy_moves_no_more_elements_than_the_output_has(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    index = next(i for i in range(99) if editor.get("operator", i, "kernel") == 13)
    start = editor.get("operator", index, "params_offset") + 4
    elements = 1 << 20
    editor.data[start : start + 24] = struct.pack("<6i", 1, 1, 1, 1, 1, elements)
    editor.data[start + 28 : start + 52] = bytes(24)
    editor.data[start + 56 : start + 80] = bytes(24)
    assert f"parameter out of its range: the product of count is {elements}" in refusal(
        editor.bytes()
    )
