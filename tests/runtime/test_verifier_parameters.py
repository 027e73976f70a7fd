"""The C verifier on operators' parameters: each field, table and block in its range.

The good blob is `networks.every_kernel`, as in test_verifier.py.
"""

from __future__ import annotations

import numpy as np
import pytest
from blob_document import document_blocks
from blob_editor import BlobEditor
from refusals import refusal
from single_operators import RULES

from host_tools.blob.reader import read_blob
from host_tools.host_runtime import HostModel
from host_tools.kernels import KERNELS

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
    (COPY, "count[5]", MOST, f"{OUT}: count is {MOST}, allowed at most {1 << 24}"),
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


def test_a_copy_of_more_than_its_output_is_refused(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    for i in range(6):
        editor.set("params", COPY, f"count[{i}]", 1)
        editor.set("params", COPY, f"input_stride[{i}]", 0)
        editor.set("params", COPY, f"output_stride[{i}]", 0)
    editor.set("params", COPY, "count[0]", (1 << 24) + 1)
    assert refusal(editor.bytes()).endswith("count is 16777217, allowed at most 16777216")
    editor.set("params", COPY, "count[0]", 1 << 24)
    editor.set("params", COPY, "count[1]", 128)
    assert refusal(editor.bytes()) == (
        f"{editor.called(COPY)}: parameter out of its range: the product of count is 2147483648, "
        "allowed at most 216"
    )
    editor.set("params", COPY, "count[0]", 216)
    editor.set("params", COPY, "count[1]", 1)
    HostModel(editor.bytes())


@pytest.mark.parametrize(("start", "stride", "each"), [(72, 36, 1), (73, 36, 5), (72, 37, 5)])
def test_a_copy_whose_places_are_no_words_is_more_work(
    every_kernel: bytes, start: int, stride: int, each: int
) -> None:
    editor = BlobEditor(every_kernel)
    for field in ("input_stride", "output_stride"):
        assert editor.get("params", COPY, f"{field}[5]") == 1
    assert editor.get("params", COPY, "count[4]") == 4
    assert editor.get("params", COPY, "count[5]") == 24
    editor.set("params", COPY, "fill", 0)
    editor.set("params", COPY, "output_start", start)
    editor.set("params", COPY, "output_stride[4]", stride)
    read = read_blob(editor.bytes())
    copy = next(op for op in read.operators if op.kernel == COPY)
    assert KERNELS[COPY].steps(read.layer(copy)) == (96 // 16 + 6 * 4) * each
    works = (KERNELS[op.kernel].work(read.layer(op)) for op in read.operators)
    assert HostModel(editor.bytes()).work == sum(works)


def test_windows_of_the_largest_size_do_not_overflow(every_kernel: bytes) -> None:
    editor = BlobEditor(every_kernel)
    for field in ("kernel_h", "kernel_w"):
        editor.set("params", MAX_POOL, field, 32768)
    for field in ("pad_top", "pad_left"):
        editor.set("params", MAX_POOL, field, 32767)
    picture = np.zeros((1, 6, 6, 3), np.float32)
    HostModel(editor.bytes()).run([picture])
