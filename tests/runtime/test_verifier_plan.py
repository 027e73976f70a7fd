"""The C verifier on the plan: what is read must have been written, parameters must be right.

The good blob is `networks.every_kernel`, as in test_verifier.py.
"""

from __future__ import annotations

import networks
import numpy as np
import pytest
from blob_document import document_blocks
from blob_editor import BlobEditor
from single_operators import RULES
from test_verifier import refusal

from host_tools.host_runtime import HostModel
from host_tools.pack import pack

CONV = "conv_s8"
DEPTHWISE = "depthwise_conv_s8"
MAX_POOL = "max_pool_s8"
AVERAGE_POOL = "average_pool_s8"
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
MOST, LEAST = (1 << 31) - 1, -(1 << 31)
OUT = "parameter out of its range"
SHAPE = "tensors that the kernel does not take"
DATA = "data out of the blob"

# operator, field, bad value, and what the message says after the operator's name
PARAMETER_RULES = [
    *(
        (operator, field, value, f"{OUT}: {field} is {value}, allowed {rule}")
        for operators, fields in (
            ((CONV, DEPTHWISE), "kernel_h kernel_w stride_h stride_w dilation_h dilation_w"),
            ((MAX_POOL, AVERAGE_POOL), "kernel_h kernel_w stride_h stride_w"),
        )
        for operator in operators
        for field in fields.split()
        for value, rule in ((0, "1 or more"), (LEAST, "1 or more"), (32769, "at most 32768"))
    ),
    *(
        (operator, field, -1, f"{OUT}: {field} is -1, allowed 0 or more")
        for operator in (CONV, DEPTHWISE, MAX_POOL, AVERAGE_POOL)
        for field in ("pad_top", "pad_left")
    ),
    *(
        (operator, *rule)
        for operator in (CONV, DEPTHWISE, MAX_POOL, AVERAGE_POOL, ADD, MUL, SUB, DENSE)
        for rule in (
            ("act_min", -129, f"{OUT}: act_min is -129, allowed -128 or more"),
            ("act_max", 128, f"{OUT}: act_max is 128, allowed at most 127"),
            ("act_max", -128, f"{OUT}: act_max is -128, allowed "),
        )
        if rule[1] != -128 or operator in (CONV, DEPTHWISE, MAX_POOL, AVERAGE_POOL)
    ),
    # windows that would not touch the input
    (CONV, "pad_top", 5, f"{OUT}: pad_top is 5, allowed at most 4"),
    (CONV, "pad_left", 2, f"{OUT}: pad_left is 2, allowed at most 1"),
    (MAX_POOL, "pad_top", 2, f"{OUT}: pad_top is 2, allowed at most 1"),
    (AVERAGE_POOL, "pad_left", MOST, f"{OUT}: pad_left is {MOST}, allowed at most 1"),
    (CONV, "stride_h", 2, f"{SHAPE}: the output's height is 6, allowed at most 4"),
    (DEPTHWISE, "stride_w", 3, f"{SHAPE}: the output's width is 3, allowed at most 2"),
    (MAX_POOL, "stride_w", 32768, f"{SHAPE}: the output's width is 3, allowed at most 1"),
    # zero points
    (CONV, "input_offset", -4, f"{OUT}: input_offset is -4, allowed -3"),
    (CONV, "output_offset", 4, f"{OUT}: output_offset is 4, allowed 3"),
    (DENSE, "input_offset", 3, f"{OUT}: input_offset is 3, allowed -3"),
    (DENSE, "output_offset", 1, f"{OUT}: output_offset is 1, allowed 0"),
    (ADD, "input0_offset", 3, f"{OUT}: input0_offset is 3, allowed -3"),
    (ADD, "input1_offset", 3, f"{OUT}: input1_offset is 3, allowed -3"),
    (ADD, "output_offset", 4, f"{OUT}: output_offset is 4, allowed 3"),
    (MUL, "input1_offset", 129, f"{OUT}: input1_offset is 129, allowed at most 128"),
    (MUL, "input0_offset", 0, f"{OUT}: input0_offset is 0, allowed -3"),
    (MUL, "input1_offset", 4, f"{OUT}: input1_offset is 4, allowed -3"),
    (MUL, "output_offset", 2, f"{OUT}: output_offset is 2, allowed 3"),
    (MEAN, "input_offset", 127, f"{OUT}: input_offset is 127, allowed 128"),
    (MEAN, "output_offset", 2, f"{OUT}: output_offset is 2, allowed 3"),
    # multipliers and shifts
    *(
        (operator, field, value, f"{OUT}: {field} is {value}, allowed {rule}")
        for operator, fields in (
            (ADD, "input0_multiplier input1_multiplier output_multiplier"),
            (BROADCAST_ADD, "input0_multiplier input1_multiplier output_multiplier"),
            (MUL, "output_multiplier"),
            (BROADCAST_MUL, "output_multiplier"),
        )
        for field in fields.split()
        for value, rule in (((1 << 30) - 1, "1073741824 or more"), (-1, "0 or more"))
    ),
    *(
        (operator, field, value, f"{OUT}: {field} is {value}, allowed {rule}")
        for operator in (ADD, BROADCAST_ADD, SUB)
        for field in ("input0_shift", "input1_shift", "output_shift")
        for value, rule in ((1, "at most 0"), (-32, "-31 or more"))
    ),
    (ADD, "left_shift", 19, f"{OUT}: left_shift is 19, allowed 20 or more"),
    (ADD, "left_shift", 21, f"{OUT}: left_shift is 21, allowed at most 20"),
    (MUL, "output_shift", 31, f"{OUT}: output_shift is 31, allowed at most 30"),
    (MUL, "output_shift", -32, f"{OUT}: output_shift is -32, allowed -31 or more"),
    (SOFTMAX, "multiplier", 0, f"{OUT}: multiplier is 0, allowed 1073741824 or more"),
    (SOFTMAX, "shift", -1, f"{OUT}: shift is -1, allowed 0 or more"),
    (SOFTMAX, "shift", 31, f"{OUT}: shift is 31, allowed at most 30"),
    (SOFTMAX, "diff_min", 1, f"{OUT}: diff_min is 1, allowed at most 0"),
    (SOFTMAX, "diff_min", -257, f"{OUT}: diff_min is -257, allowed -256 or more"),
    # shapes
    (CONV, "channel_factor", 0, f"{OUT}: channel_factor is 0, allowed 1 or more"),
    (CONV, "channel_factor", 2, f"{SHAPE}: channel_factor, the number of groups, does not"),
    (DEPTHWISE, "channel_factor", 2, f"{SHAPE}: the output's number of channels is 6, allowed 12"),
    (DENSE, "depth", 0, f"{OUT}: depth is 0, allowed 1 or more"),
    (DENSE, "depth", 4, f"{SHAPE}: input 0's number of elements is 6, allowed 4"),
    (DENSE, "depth", 7, f"{SHAPE}: input 0's number of elements is 6, allowed 0"),
    (DENSE, "units", 0, f"{OUT}: units is 0, allowed 1 or more"),
    (DENSE, "units", 6, f"{SHAPE}: the output's number of elements is 5, allowed 6"),
    (DENSE, "per_channel", 2, f"{OUT}: per_channel is 2, allowed at most 1"),
    (DENSE, "filter_offset", 129, f"{OUT}: filter_offset is 129, allowed at most 128"),
    (DENSE, "filter_offset", 1, f"{OUT}: filter_offset is 1, allowed 0"),
    (MEAN, "axes", 16, f"{OUT}: axes is 16, allowed at most 15"),
    (MEAN, "axes", 4, f"{SHAPE}: the output's number of elements is 6, allowed 36"),
    # copies
    (COPY, "element_size", 4, f"{OUT}: element_size is 4, allowed 1"),
    (COPY, "fill", 2, f"{OUT}: fill is 2, allowed at most 1"),
    (COPY, "fill", -1, f"{OUT}: fill is -1, allowed 0 or more"),
    (COPY, "count[0]", 0, f"{OUT}: count is 0, allowed 1 or more"),
    (COPY, "count[5]", MOST, f"{OUT}: count is {MOST}, allowed at most {1 << 28}"),
    (COPY, "count[5]", 25, f"{OUT}: input_start and input_stride lead out of input 0"),
    (COPY, "input_start", 1, f"{OUT}: input_start and input_stride lead out of input 0"),
    (COPY, "input_start", -1, f"{OUT}: input_start and input_stride lead out of input 0"),
    (COPY, "input_stride[5]", 2, f"{OUT}: input_start and input_stride lead out of input 0"),
    (COPY, "input_stride[4]", -24, f"{OUT}: input_start and input_stride lead out of input 0"),
    (COPY, "output_start", 85, f"{OUT}: output_start and output_stride lead out of the output"),
    (COPY, "output_start", LEAST, f"{OUT}: output_start and output_stride lead out of the outp"),
    (COPY, "output_stride[4]", LEAST, f"{OUT}: output_start and output_stride lead out of the"),
    (COPY, "output_stride[5]", MOST, f"{OUT}: output_start and output_stride lead out of the o"),
    # data blocks
    *(
        (operator, field, value, f"{DATA}: {field} {rule}")
        for operator, fields in (
            (CONV, "weights bias multiplier shift"),
            (DEPTHWISE, "weights bias multiplier shift"),
            (DENSE, "weights bias multiplier shift"),
            (LUT, "table"),
            (RESIZE, "rows columns"),
        )
        for field in fields.split()
        for value, rule in (
            (48, "is 48, allowed 64 or more"),
            (68, "is 68, allowed a multiple of 16"),
            (0x7FFFFFF0, "ends at 2147483"),
            (-16, "ends at 4294967"),
        )
    ),
]


@pytest.mark.parametrize(("operator", "field", "value", "message"), PARAMETER_RULES)
def test_a_bad_parameter_is_named(
    every_kernel: bytes, operator: str, field: str, value: int, message: str
) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("params", operator, field, value)
    found = refusal(editor.bytes())
    assert found.startswith(f"{editor.called(operator)}: {message}")


@pytest.mark.parametrize(
    ("kernel", "field", "value", "message"),
    [(kernel, *rule) for kernel, rules in RULES.items() for rule in rules],
)
def test_a_rule_of_a_kernel_broken_alone_is_named(
    blobs: dict[str, bytes], kernel: str, field: str, value: int, message: str
) -> None:
    editors = (BlobEditor(blob) for blob in blobs.values())
    editor = next(editor for editor in editors if kernel in editor.kernels())
    editor.set("params", kernel, field, value)
    blocks = {block.name for block in document_blocks() if block.kernel == kernel}
    status = DATA if field in blocks else OUT
    assert refusal(editor.bytes()).startswith(f"{editor.called(kernel)}: {status}: {message}")


@pytest.mark.parametrize("operator", [CONV, DEPTHWISE, DENSE])
def test_a_bad_multiplier_or_shift_of_any_channel_is_refused(
    every_kernel: bytes, operator: str
) -> None:
    for field, values in (("multiplier", (-1, (1 << 30) - 1)), ("shift", (-32, 31, MOST))):
        for channel in (0, 4):
            for value in values:
                editor = BlobEditor(every_kernel)
                block = editor.get("params", operator, field)
                editor.write(block + 4 * channel, "i", value)
                assert refusal(editor.bytes()).startswith(
                    f"{editor.called(operator)}: {OUT}: {field}'s entry is {value},"
                )


def test_a_multiplier_of_zero_is_taken(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    editor.write(editor.get("params", CONV, "multiplier"), "i", 0)
    HostModel(editor.bytes())


def test_a_row_or_column_behind_the_input_is_refused(every_kernel: bytes) -> None:
    for field, index in (("rows", 3), ("columns", 0)):
        editor = BlobEditor(every_kernel)
        other = bytearray(16)
        np.frombuffer(other, "<u2")
        other[2 * index : 2 * index + 2] = (3).to_bytes(2, "little")
        size = len(editor.data)
        editor.data += bytes(-size % 16) + other
        editor.set("header", 0, "blob_size", len(editor.data))
        editor.set("params", RESIZE, field, len(editor.data) - 16)
        assert refusal(editor.bytes()) == (
            f"{editor.called(RESIZE)}: {OUT}: {field} is 3, allowed at most 2"
        )


def test_a_place_before_or_behind_the_input_is_refused(blobs: dict[str, bytes]) -> None:
    kernel = "resize_bilinear_s8"
    for field, side in (("rows", "dims[1]"), ("columns", "dims[2]")):
        good = BlobEditor(blobs["RESIZE_BILINEAR"])
        table = good.get("params", kernel, field)
        last = 1024 * (good.get("tensor", good.get("operator", 0, "input0"), side) - 1)
        count = good.get("tensor", good.get("operator", 0, "output"), side)
        for index in (0, count - 1):
            for value, rule in ((-1, "0 or more"), (last + 1, f"at most {last}")):
                editor = BlobEditor(bytes(good.data))
                editor.write(table + 4 * index, "i", last)
                HostModel(editor.bytes())
                editor.write(table + 4 * index, "i", value)
                assert refusal(editor.bytes()) == (
                    f"{editor.called(kernel)}: {OUT}: {field} is {value}, allowed {rule}"
                )


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


def test_reading_what_nobody_wrote_is_refused(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("operator", MAX_POOL, "input0", 9)
    editor.set("tensor", 9, "offset", 480)
    assert refusal(editor.bytes()) == (
        f"{editor.called(MAX_POOL)}: read of what is not there: "
        "input 0 is not written, or written over"
    )
    editor = BlobEditor(every_kernel)
    editor.set("operator", ADD, "input1", 15)
    assert refusal(editor.bytes()) == (
        f"{editor.called(ADD)}: read of what is not there: input 1 is not written, or written over"
    )


def test_reading_what_was_written_over_is_refused(two_inputs: bytes) -> None:
    # the table reads tensor 2; what is written before, tensor 5, may touch either end of it
    for offset in (0, 4, 20):
        editor = BlobEditor(two_inputs)
        assert editor.get("tensor", 2, "offset") == 0
        assert editor.get("tensor", 2, "size") == 24
        editor.set("tensor", 5, "offset", offset)
        assert refusal(editor.bytes()) == (
            f"{editor.called(LUT)}: read of what is not there: "
            "input 0 is not written, or written over"
        )
    # beside it is no harm
    editor = BlobEditor(two_inputs)
    editor.set("tensor", 5, "offset", 24)
    HostModel(editor.bytes())


def test_a_network_input_that_was_written_over_is_refused(two_inputs: bytes) -> None:
    editor = BlobEditor(two_inputs)
    for tensor in (3, 4):
        editor.set("tensor", tensor, "offset", editor.get("tensor", 1, "offset") + 4)
    HostModel(editor.bytes())
    editor.set("operator", LUT, "input0", 1)
    assert refusal(editor.bytes()).startswith(f"{editor.called(LUT)}: read of what is not there")


def test_scratch_writes_over_what_it_touches(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    # tensor 4 must outlive the average pool, whose scratch now lies over it
    editor.set("operator", AVERAGE_POOL, "scratch_offset", editor.get("tensor", 4, "offset"))
    assert refusal(editor.bytes()) == (
        f"{editor.called(ADD)}: read of what is not there: input 1 is not written, or written over"
    )


def test_an_output_that_nobody_wrote_is_refused(every_kernel: bytes, two_inputs: bytes) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("io", 1, "tensor", 15)
    editor.set("header", 0, "n_labels", 0)
    assert refusal(editor.bytes()) == (
        "output 0: read of what is not there: it is not written, or written over"
    )
    # the same bytes under another type are not the same tensor
    editor = BlobEditor(two_inputs)
    editor.set("io", 3, "tensor", 2)
    assert refusal(editor.bytes()).startswith("output 1: read of what is not there")


def test_an_operator_too_early_is_refused(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    at = editor.get("header", 0, "operators_offset")
    called = f"operator {editor.index(MEAN)} ({DENSE})"
    first, second = (at + 36 * editor.index(kernel) for kernel in (MEAN, DENSE))
    data = editor.data
    data[first : first + 36], data[second : second + 36] = (
        data[second : second + 36],
        data[first : first + 36],
    )
    assert refusal(editor.bytes()).startswith(f"{called}: read of what is not there: input 0")


def test_a_constant_is_read_at_any_time_and_never_written(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    editor.set("operator", BROADCAST_ADD, "input1", 12)
    HostModel(editor.bytes())
    editor.set("operator", BROADCAST_ADD, "output", 11)
    assert refusal(editor.bytes()).endswith("the output is a constant")


def test_a_copy_of_more_than_its_output_is_refused(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    for i in range(6):
        editor.set("params", COPY, f"count[{i}]", 1)
        editor.set("params", COPY, f"input_stride[{i}]", 0)
        editor.set("params", COPY, f"output_stride[{i}]", 0)
    editor.set("params", COPY, "count[0]", 1 << 28)
    editor.set("params", COPY, "count[1]", 8)
    assert refusal(editor.bytes()) == (
        f"{editor.called(COPY)}: parameter out of its range: the product of count is 2147483648, "
        "allowed at most 216"
    )
    editor.set("params", COPY, "count[0]", 216)
    editor.set("params", COPY, "count[1]", 1)
    HostModel(editor.bytes())


def test_windows_of_the_largest_size_do_not_overflow(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    for field in ("kernel_h", "kernel_w"):
        editor.set("params", MAX_POOL, field, 32768)
    for field in ("pad_top", "pad_left"):
        editor.set("params", MAX_POOL, field, 32767)
    assert "too much work" in refusal(editor.bytes())
    editor.set("params", MAX_POOL, "kernel_w", 2)
    editor.set("params", MAX_POOL, "pad_left", 0)
    picture = np.zeros((1, 6, 6, 3), np.float32)
    HostModel(editor.bytes()).run([picture])
