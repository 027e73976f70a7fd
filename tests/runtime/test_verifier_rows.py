"""The C verifier on kernels over rows and on casts: each rule broken alone is named.

Each blob is one operator, as the packer makes it of a model of one.
"""

from __future__ import annotations

import numpy as np
import pytest
from blob_editor import BlobEditor
from blob_runner import BlobRunner
from refusals import refusal
from tflite_builder import ModelBuilder

from host_tools.host_runtime import HostModel
from host_tools.kernels import KERNELS
from host_tools.pack import pack

OUT = "parameter out of its range"
SHAPE = "tensors that the kernel does not take"
MOST, LEAST = (1 << 31) - 1, -(1 << 31)


def _matmul() -> bytes:
    """[2, 1, 3, 5] by [4, 6, 5] to [2, 4, 3, 6]."""
    builder = ModelBuilder("matmul")
    left = builder.tensor([2, 1, 3, 5], scale=0.1, zero_point=3)
    right = builder.tensor([4, 6, 5], scale=0.1, zero_point=-4)
    target = builder.tensor([2, 4, 3, 6], scale=0.2, zero_point=5)
    builder.operator("BATCH_MATMUL", [left, right], [target], adj_x=False, adj_y=True)
    return builder.build([left, right], [target])


def _unary(kind: str, scale: float, zero_point: int, **options: object) -> bytes:
    """[4, 6] to [4, 6]."""
    builder = ModelBuilder(kind)
    source = builder.tensor([4, 6], scale=0.1, zero_point=3)
    target = builder.tensor([4, 6], scale=scale, zero_point=zero_point)
    builder.operator(kind, [source], [target], **options)
    return builder.build([source], [target])


def _arg_max() -> bytes:
    """[2, 3, 4] to [2, 4]."""
    builder = ModelBuilder("arg max")
    source = builder.tensor([2, 3, 4], scale=0.1)
    target = builder.tensor([2, 4], "int32")
    builder.operator("ARG_MAX", [source, builder.constant([1])], [target])
    return builder.build([source], [target])


def _cast() -> bytes:
    """float32 [4, 6] to int32 [4, 6]."""
    builder = ModelBuilder("cast")
    source, target = builder.tensor([4, 6], "float32"), builder.tensor([4, 6], "int32")
    builder.operator("CAST", [source], [target])
    return builder.build([source], [target])


MODELS = {
    "batch_matmul_s8": _matmul(),
    "log_softmax_s8": _unary("LOG_SOFTMAX", 1 / 16, 127),
    "l2_normalization_s8": _unary(
        "L2_NORMALIZATION", 1 / 128, 0, fused_activation_function="NONE"
    ),
    "arg_max_s8": _arg_max(),
    "cast": _cast(),
}

# kernel, field, bad value, and what the message says after the operator's name
PARAMETER_RULES = [
    ("batch_matmul_s8", "input0_offset", 3, f"{OUT}: input0_offset is 3, allowed -3"),
    ("batch_matmul_s8", "input0_offset", 129, f"{OUT}: input0_offset is 129, allowed at most 128"),
    ("batch_matmul_s8", "input1_offset", 5, f"{OUT}: input1_offset is 5, allowed 4"),
    ("batch_matmul_s8", "output_offset", 4, f"{OUT}: output_offset is 4, allowed 5"),
    ("batch_matmul_s8", "multiplier", -1, f"{OUT}: multiplier is -1, allowed 0 or more"),
    ("batch_matmul_s8", "multiplier", 1, f"{OUT}: multiplier is 1, allowed 1073741824 or more"),
    ("batch_matmul_s8", "shift", 31, f"{OUT}: shift is 31, allowed at most 30"),
    ("batch_matmul_s8", "shift", -32, f"{OUT}: shift is -32, allowed -31 or more"),
    ("log_softmax_s8", "multiplier", 0, f"{OUT}: multiplier is 0, allowed 1073741824 or more"),
    ("log_softmax_s8", "shift", 31, f"{OUT}: shift is 31, allowed at most 30"),
    ("log_softmax_s8", "shift", -1, f"{OUT}: shift is -1, allowed 0 or more"),
    ("log_softmax_s8", "reverse_multiplier", -1, f"{OUT}: reverse_multiplier is -1, allowed 0"),
    ("log_softmax_s8", "reverse_shift", 1, f"{OUT}: reverse_shift is 1, allowed at most 0"),
    ("log_softmax_s8", "reverse_shift", -32, f"{OUT}: reverse_shift is -32, allowed -31 or more"),
    ("log_softmax_s8", "diff_min", 1, f"{OUT}: diff_min is 1, allowed at most 0"),
    ("log_softmax_s8", "diff_min", LEAST, f"{OUT}: diff_min is {LEAST}, allowed "),
    ("log_softmax_s8", "diff_min", -513, f"{OUT}: diff_min is -513, allowed -256 or more"),
    ("l2_normalization_s8", "input_offset", -4, f"{OUT}: input_offset is -4, allowed -3"),
    ("arg_max_s8", "axis", 3, f"{OUT}: axis is 3, allowed at most 2"),
    ("arg_max_s8", "axis", -1, f"{OUT}: axis is -1, allowed 0 or more"),
    ("arg_max_s8", "axis", MOST, f"{OUT}: axis is {MOST}, allowed at most 5"),
    ("arg_max_s8", "axis", 0, f"{SHAPE}: the output's number of elements is 8, allowed 12"),
    ("arg_max_s8", "minimum", 2, f"{OUT}: minimum is 2, allowed at most 1"),
    ("arg_max_s8", "minimum", -1, f"{OUT}: minimum is -1, allowed 0 or more"),
]

LEFT_SHAPE = f"{SHAPE}: input 0's shape is not [..., rows, depth]"
RIGHT_SHAPE = f"{SHAPE}: input 1's shape is not [..., columns, depth]"

# kernel, tensor (input0, input1 or output), its fields, and what the message says
TENSOR_RULES = [
    ("batch_matmul_s8", "input0", {"dims[0]": 1, "dims[1]": 2}, LEFT_SHAPE),
    ("batch_matmul_s8", "input0", {"dims[2]": 5, "dims[3]": 3}, LEFT_SHAPE),
    ("batch_matmul_s8", "input1", {"dims[0]": 6, "dims[1]": 4}, RIGHT_SHAPE),
    ("batch_matmul_s8", "input1", {"dims[1]": 5, "dims[2]": 6}, RIGHT_SHAPE),
    ("batch_matmul_s8", "input1", {"dims[0]": 2, "dims[1]": 12}, RIGHT_SHAPE),
    (
        *("batch_matmul_s8", "input0"),
        {"rank": 1, "dims[0]": 30, "dims[2]": 1, "dims[3]": 1},
        f"{SHAPE}: input 0's rank is 1, allowed 2 or more",
    ),
    (
        *("batch_matmul_s8", "input1"),
        {"rank": 5, "dims[3]": 1},
        f"{SHAPE}: input 1's rank is 5, allowed at most 4",
    ),
    (
        *("batch_matmul_s8", "output"),
        {"rank": 1, "dims[0]": 144, "dims[1]": 1, "dims[2]": 1, "dims[3]": 1},
        f"{SHAPE}: the output's rank is 1, allowed 2 or more",
    ),
    (
        *("batch_matmul_s8", "input1"),
        {"dtype": 2, "zero_point": 4},
        f"{SHAPE}: input 1's dtype is 2, allowed 1",
    ),
    (
        *("log_softmax_s8", "input0"),
        {"rank": 0, "dims[0]": 1, "dims[1]": 1, "size": 1},
        f"{SHAPE}: input 0's number of elements is 1, allowed 24",
    ),
    *(
        (kernel, "input0", {"dtype": 2}, f"{SHAPE}: input 0's dtype is 2, allowed 1")
        for kernel in ("log_softmax_s8", "l2_normalization_s8")
    ),
    (
        *("log_softmax_s8", "output"),
        {"zero_point": 126},
        f"{SHAPE}: the output's zero_point is 126, allowed 127",
    ),
    (
        *("log_softmax_s8", "output"),
        {"scale": 1 / 32},
        f"{SHAPE}: the output's scale is not 1/16",
    ),
    (
        *("l2_normalization_s8", "input0"),
        {"dims[1]": 5, "size": 20},
        f"{SHAPE}: input 0's number of elements is 20, allowed 24",
    ),
    (
        *("l2_normalization_s8", "output"),
        {"zero_point": 1},
        f"{SHAPE}: the output's zero_point is 1, allowed 0",
    ),
    (
        *("l2_normalization_s8", "output"),
        {"scale": 1 / 64},
        f"{SHAPE}: the output's scale is not 1/128",
    ),
    (
        *("arg_max_s8", "input0"),
        {"dtype": 2},
        f"{SHAPE}: input 0's dtype is 2, allowed 1",
    ),
    (
        *("arg_max_s8", "output"),
        {"dtype": 3},
        f"{SHAPE}: the output's dtype is 3, allowed 4",
    ),
    (
        *("arg_max_s8", "output"),
        {"dims[1]": 3, "size": 24},
        f"{SHAPE}: the output's number of elements is 6, allowed 8",
    ),
    (
        *("cast", "output"),
        {"dims[1]": 5, "size": 80},
        f"{SHAPE}: input 0's number of elements is 24, allowed 20",
    ),
]


def _refusal(editor: BlobEditor) -> str:
    return refusal(editor.bytes())


@pytest.mark.parametrize("kernel", MODELS)
def test_the_blobs_are_good_before_a_rule_is_broken(kernel: str) -> None:
    blob = pack(MODELS[kernel])
    assert BlobEditor(blob).kernels() == [kernel]
    HostModel(blob)


@pytest.mark.parametrize(("kernel", "field", "value", "message"), PARAMETER_RULES)
def test_a_bad_parameter_is_named(kernel: str, field: str, value: int, message: str) -> None:
    editor = BlobEditor(pack(MODELS[kernel]))
    editor.set("params", kernel, field, value)
    assert _refusal(editor).startswith(f"operator 0 ({kernel}): {message}")


@pytest.mark.parametrize(("kernel", "tensor", "values", "message"), TENSOR_RULES)
def test_tensors_that_do_not_fit_are_named(
    kernel: str, tensor: str, values: dict[str, float], message: str
) -> None:
    editor = BlobEditor(pack(MODELS[kernel]))
    index = editor.get("operator", 0, tensor)
    for field, value in values.items():
        editor.set("tensor", index, field, value)
    assert _refusal(editor).startswith(f"operator 0 ({kernel}): {message}")


@pytest.mark.parametrize(
    ("kernel", "zero_point", "most"),
    [
        ("log_softmax_s8", 3, 4095),
        ("l2_normalization_s8", 0, 131071),
        ("l2_normalization_s8", -128, 33025),
        ("l2_normalization_s8", 127, 33025),
        ("l2_normalization_s8", 100, 41310),
    ],
)
def test_a_row_whose_sum_could_overflow_is_refused(
    kernel: str, zero_point: int, most: int
) -> None:
    editor = BlobEditor(pack(MODELS[kernel]))
    editor.set("header", 0, "arena_size", 1 << 20)
    if kernel == "l2_normalization_s8":
        editor.set("params", kernel, "input_offset", -zero_point)
        editor.set("tensor", editor.get("operator", 0, "input0"), "zero_point", zero_point)
    for offset, tensor in enumerate(("input0", "output")):
        index = editor.get("operator", 0, tensor)
        editor.set("tensor", index, "offset", offset << 19)
        editor.set("tensor", index, "dims[0]", 1)
        for field in ("dims[1]", "size"):
            editor.set("tensor", index, field, most)
    HostModel(editor.bytes())
    for tensor in ("input0", "output"):
        for field in ("dims[1]", "size"):
            editor.set("tensor", editor.get("operator", 0, tensor), field, most + 1)
    assert _refusal(editor) == (
        f"operator 0 ({kernel}): {SHAPE}: input 0's last dimension is {most + 1}, "
        f"allowed at most {most}"
    )


def test_a_scalar_has_no_last_dimension() -> None:
    for kernel in ("log_softmax_s8", "l2_normalization_s8"):
        editor = BlobEditor(pack(MODELS[kernel]))
        for tensor in ("input0", "output"):
            index = editor.get("operator", 0, tensor)
            for field, value in (("rank", 0), ("dims[0]", 1), ("dims[1]", 1), ("size", 1)):
                editor.set("tensor", index, field, value)
        assert _refusal(editor) == (
            f"operator 0 ({kernel}): {SHAPE}: input 0's rank is 0, allowed 1 or more"
        )


def test_a_product_of_matrices_counts_its_multiplications_as_work() -> None:
    # 24 rows of 6 columns, two of which are left of four, 144 outputs of depth 5
    counts = (24 * (6 + 2 * 2) * 5, 144, 24, 1)
    rates = KERNELS["batch_matmul_s8"].rates
    work = sum(n * rate**2 for n, rate in zip(counts, rates, strict=True)) >> 6
    assert HostModel(pack(MODELS["batch_matmul_s8"])).work == work


def test_a_product_of_matrices_takes_every_multiplier_and_shift() -> None:
    rng = np.random.default_rng(1)
    for shift in range(-31, 31):
        for multiplier in (0, 1 << 30, 1518500250, MOST):
            editor = BlobEditor(pack(MODELS["batch_matmul_s8"]))
            editor.set("params", 0, "multiplier", multiplier)
            editor.set("params", 0, "shift", shift)
            blob = editor.bytes()
            inputs = [
                rng.integers(-128, 128, shape).astype(np.int8)
                for shape in ((2, 1, 3, 5), (4, 6, 5))
            ]
            [expected] = BlobRunner(blob).run(inputs)
            np.testing.assert_array_equal(HostModel(blob).run(inputs)[0], expected)
