"""The C verifier on the tensors of operators: types, shapes and scales that kernels take.

The good blob is `networks.every_kernel`, as in test_verifier.py.
"""

from __future__ import annotations

import math

import networks
import pytest
from alone import Alone
from blob_editor import BlobEditor
from refusals import refusal
from tflite_builder import ModelBuilder

from host_tools.pack import pack

CONV = "conv_s8"
MAX_POOL = "max_pool_s8"
ADD = "add_s8"
MUL = "mul_s8"
BROADCAST_ADD = "broadcast_add_s8"
SUB = "broadcast_sub_s8"
BROADCAST_MUL = "broadcast_mul_s8"
LUT = "lut_s8"
RESIZE = "resize_nearest_s8"
COPY = "copy"
MEAN = "mean_s8"
DENSE = "fully_connected_s8"
SOFTMAX = "softmax_s8"
DEQUANTIZE = "dequantize_f32"
QUANTIZE = "quantize_f32"
SHAPE = "tensors that the kernel does not take"

FROM, SECOND, TO = "input0", "input1", "output"
REAL = {"dtype": 3, "scale": 1.0, "zero_point": 0}

# operator, which of its tensors, fields to set, and what the message says
SHAPE_RULES = [
    (CONV, FROM, {"dtype": 2, "zero_point": 3}, "input 0's dtype is 2, allowed 1"),
    (CONV, FROM, {"rank": 3, "dims[0]": 6, "dims[2]": 3, "dims[3]": 1}, "input 0's rank is 3, al"),
    (CONV, TO, {"rank": 3, "dims[2]": 36, "dims[3]": 1}, "the output's rank is 3, allowed 4"),
    (CONV, TO, {"dims[0]": 6, "dims[1]": 1}, "the output's batch is 6, allowed 1"),
    (DENSE, TO, {"dtype": 2}, "the output's dtype is 2, allowed 1"),
    (MEAN, TO, {"dtype": 2}, "the output's dtype is 2, allowed 1"),
    (SOFTMAX, TO, {"zero_point": -127}, "the output's zero_point is -127, allowed -128"),
    (SOFTMAX, TO, {"scale": 1 / 128}, "the output's scale is not 1/256"),
    (SOFTMAX, TO, {"dims[1]": 4, "size": 4}, "input 0's number of elements is 5, allowed 4"),
    (MAX_POOL, TO, {"zero_point": 4}, "the output's zero_point is 4, allowed 3"),
    (MAX_POOL, TO, {"dims[3]": 9, "dims[2]": 2}, "the output's number of channels is 9, allowed"),
    (ADD, TO, {"dims[1]": 2, "size": 36, "offset": 480}, "input 0's number of elements is 5"),
    (ADD, TO, {"dtype": 2, "offset": 480}, "the output's dtype is 2, allowed 1"),
    (MUL, TO, {"dims[1]": 2, "size": 36, "offset": 480}, "input 0's number of elements is 5"),
    (MUL, TO, {"dtype": 2, "offset": 480}, "the output's dtype is 2, allowed 1"),
    (BROADCAST_MUL, TO, {"dims[1]": 1, "dims[2]": 9}, "input 0 does not broadcast to the outp"),
    (BROADCAST_ADD, SECOND, {"dims[0]": 5, "size": 5}, "input 1 does not broadcast to the outp"),
    (BROADCAST_ADD, TO, {"rank": 3, "dims[0]": 3, "dims[2]": 6, "dims[3]": 1}, "input 0 does not"),
    (SUB, TO, {"dims[1]": 1, "dims[2]": 9}, "input 0 does not broadcast to the output's shape"),
    (LUT, TO, {"dims[0]": 3, "size": 162, "offset": 256}, "input 0's number of elements is"),
    (LUT, TO, {**REAL, "size": 216, "offset": 256}, "the output's dtype is 3, allowed at most 2"),
    (QUANTIZE, TO, {**REAL, "size": 432, "offset": 544}, "the output's dtype is 3, allowed"),
    (RESIZE, TO, {"dims[2]": 8, "dims[3]": 3}, "the output's number of channels is 3, allowed 6"),
    (COPY, TO, {"dtype": 2, "zero_point": 0}, "the output's dtype is 2, allowed 1"),
    (MEAN, TO, {"dims[1]": 3, "size": 3}, "the output's number of elements is 3, allowed 6"),
    (DEQUANTIZE, TO, {"dims[1]": 4, "size": 16}, "input 0's number of elements is 5, allowed 4"),
    (DEQUANTIZE, TO, {"dtype": 1, "size": 5}, "the output's dtype is 1, allowed 3"),
    (QUANTIZE, FROM, {"dtype": 1, "size": 108}, "input 0's dtype is 1, allowed 3"),
]


@pytest.mark.parametrize(("operator", "which", "fields", "message"), SHAPE_RULES)
def test_tensors_that_a_kernel_does_not_take_are_named(
    every_kernel: bytes, operator: str, which: str, fields: dict[str, float], message: str
) -> None:
    editor = BlobEditor(every_kernel)
    # nothing else to stumble over: no labels, no table for pictures
    editor.set("header", 0, "n_labels", 0)
    editor.set("io", 0, "image_table", 0)
    editor.set("header", 0, "arena_size", 1024)
    tensor = editor.get("operator", operator, which)
    for field, value in fields.items():
        editor.set("tensor", tensor, field, value)
    assert refusal(editor.bytes()).startswith(f"{editor.called(operator)}: {SHAPE}: {message}")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"dtype": 2, "zero_point": 5}, "input 1's dtype is 2, allowed 1"),
        ({"dims[2]": 3, "size": 18}, "input 1's number of elements is 18, allowed 24"),
    ],
)
def test_a_second_input_that_a_kernel_does_not_take_is_named(
    two_inputs: bytes, fields: dict[str, float], message: str
) -> None:
    editor = BlobEditor(two_inputs)
    for field, value in fields.items():
        editor.set("tensor", 1, field, value)
    editor.set("params", ADD, "input1_offset", -editor.get("tensor", 1, "zero_point"))
    assert refusal(editor.bytes()) == f"{editor.called(ADD)}: {SHAPE}: {message}"


def test_a_table_does_not_take_floats(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    quantize, lut = editor.index(QUANTIZE), editor.index(LUT)
    for field in ("kernel", "params_size", "params_offset"):
        editor.set("operator", quantize, field, editor.get("operator", lut, field))
    assert refusal(editor.bytes()) == (
        f"operator {quantize} (lut_s8): {SHAPE}: input 0's dtype is 3, allowed at most 2"
    )


def test_a_mean_of_too_many_elements_is_refused(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("header", 0, "arena_size", 1 << 28)
    editor.set("tensor", 16, "offset", 1 << 20)
    editor.set("tensor", 16, "dims[1]", 4096)
    editor.set("tensor", 16, "dims[2]", 2049)
    editor.set("tensor", 16, "size", 4096 * 2049 * 6)
    assert refusal(editor.bytes()) == (
        f"{editor.called(MEAN)}: {SHAPE}: "
        f"the number of elements averaged is {4096 * 2049}, allowed at most {1 << 23}"
    )


REDUCED = 1 << 23
LONG = {"dims[0]": REDUCED + 1, "dims[1]": 1, "dims[2]": 1, "dims[3]": 1}


@pytest.mark.parametrize(
    ("kernel", "tensor", "params", "message"),
    [
        *(
            (kernel, {"dims[1]": 4096, "dims[2]": 2049}, {}, "values in a picture")
            for kernel in (MAX_POOL, "average_pool_s8", "max_pool_simd_s8", "average_pool_simd_s8")
        ),
        ("arg_max_s8", LONG, {"axis": 0}, "elements compared"),
        ("depthwise_conv_s8", {}, {"kernel_h": 4096, "kernel_w": 2049}, "weights"),
    ],
)
def test_what_would_go_over_too_much_before_it_can_be_left_is_refused(
    blobs: dict[str, bytes],
    kernel: str,
    tensor: dict[str, int],
    params: dict[str, int],
    message: str,
) -> None:
    layer = Alone(blobs, kernel)
    layer.make_room()
    editor = layer.editor
    source = editor.get("operator", 0, FROM)
    for field, value in tensor.items():
        editor.set("tensor", source, field, value)
    for field, value in params.items():
        editor.set("params", 0, field, value)
    editor.set("tensor", source, "size", math.prod(layer.dims(source)))
    editor.set("header", 0, "arena_size", 1 << 28)
    said = refusal(editor.bytes())
    assert f"{SHAPE}: the number of {message} is " in said
    assert said.endswith(f", allowed at most {REDUCED}")


@pytest.mark.parametrize(
    ("sides", "name"),
    [((65536, 1, 3), "a height"), ((1, 65536, 3), "a width"), ((1, 1, 65536), "a number of chan")],
)
def test_a_picture_with_too_long_a_side_is_refused(sides: tuple[int, ...], name: str) -> None:
    editor = BlobEditor(pack(networks.separable()))
    for i, side in enumerate(sides):
        editor.set("tensor", 0, f"dims[{i + 1}]", side)
    editor.set("tensor", 0, "size", sides[0] * sides[1] * sides[2])
    editor.set("tensor", 0, "offset", 1 << 20)
    editor.set("header", 0, "arena_size", 1 << 21)
    editor.set("io", 0, "image_table", 0)
    assert refusal(editor.bytes()).startswith(f"{editor.called(CONV)}: {SHAPE}: {name}")


def test_a_picture_made_with_too_long_a_side_is_refused() -> None:
    editor = BlobEditor(pack(networks.separable()))
    output = editor.get("operator", CONV, "output")
    height, width = (editor.get("tensor", output, f"dims[{i}]") for i in (1, 2))
    editor.set("tensor", output, "dims[3]", 65536)
    editor.set("tensor", output, "size", height * width * 65536)
    editor.set("tensor", output, "offset", 1 << 20)
    editor.set("header", 0, "arena_size", 1 << 28)
    assert refusal(editor.bytes()) == (
        f"{editor.called(CONV)}: {SHAPE}: a number of channels is 65536, allowed at most 65535"
    )


@pytest.mark.parametrize("axis", [1, 2])
def test_a_picture_smoothly_resized_from_too_long_a_side_is_refused(axis: int) -> None:
    builder = ModelBuilder("resized")
    small, large = (builder.tensor((1, side, side, 1), scale=1.0) for side in (4, 8))
    ways = {"align_corners": False, "half_pixel_centers": True}
    builder.operator("RESIZE_BILINEAR", [small, builder.constant([8, 8])], [large], **ways)
    editor = BlobEditor(pack(builder.build([small], [large])))
    editor.set("tensor", 0, f"dims[{axis}]", 65536)
    editor.set("tensor", 0, "size", 65536 * 4)
    editor.set("tensor", 0, "offset", 1 << 20)
    editor.set("header", 0, "arena_size", 1 << 21)
    assert refusal(editor.bytes()) == (
        f"{editor.called('resize_bilinear_s8')}: {SHAPE}: "
        "a side of input 0 is 65536, allowed at most 65535"
    )


def test_a_softmax_of_a_scalar_is_refused(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("header", 0, "n_labels", 0)
    editor.set("params", DENSE, "units", 1)
    for tensor in (18, 19):
        for field, value in (("rank", 0), ("dims[1]", 1), ("size", 1)):
            editor.set("tensor", tensor, field, value)
    assert refusal(editor.bytes()) == (
        f"{editor.called(SOFTMAX)}: {SHAPE}: input 0's rank is 0, allowed 1 or more"
    )
