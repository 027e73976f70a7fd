"""What cannot be packed is refused, all at once, and the message says what and why."""

from __future__ import annotations

import numpy as np
import pytest
from tflite_builder import ModelBuilder

from host_tools.blob.layout import MAX_WORK
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Quantization, Tensor
from host_tools.pack import pack
from host_tools.plan import make_plan


def refusal(builder: ModelBuilder, inputs: list[int], outputs: list[int]) -> str:
    builder.build(inputs, outputs)
    with pytest.raises(CommandError) as caught:
        make_plan(builder.graph)
    return str(caught.value)


def test_one_message_names_every_unsupported_operator_and_where_it_is() -> None:
    builder = ModelBuilder()
    names = ["x", "floored", "widened", "y"]
    dtypes = ["int8", "int8", "int16", "int8"]
    x, a, b, y = (
        builder.tensor([1, 4], dtype, scale=0.1, name=name)
        for name, dtype in zip(names, dtypes, strict=True)
    )
    builder.operator("FLOOR", [x], [a], version=3)
    builder.operator("RELU", [a], [b], version=2)
    builder.operator("CUSTOM:Mine", [b], [y])
    assert refusal(builder, [x], [y]).splitlines() == [
        "3 operators cannot be packed:",
        "  1 x FLOOR: this operator is not supported (operator 0, output 'floored')",
        "  1 x RELU: tensor 2 (widened) is int16; int8 is needed here (operator 1, output "
        "'widened')",
        "  1 x CUSTOM:Mine: this custom operator is not supported: convert the model without it; "
        "where a compiler for another processor wrote it, take the .tflite file before that step "
        "(operator 2, output 'y')",
        "  how to quantize all of a model: docs/quantize.md",
    ]


def test_operators_of_one_kind_that_lack_the_same_are_one_line() -> None:
    builder = ModelBuilder()
    x, a, b, c, d, e, y = (
        builder.tensor([1, 4], "int16" if name in "bd" else "int8", scale=0.1, name=name)
        for name in "xabcdey"
    )
    for kind, given, made in (
        ("FLOOR", x, a),
        ("RELU", a, b),
        ("FLOOR", b, c),
        ("RELU", c, d),
        ("RELU", d, e),
        ("FLOOR", e, y),
    ):
        builder.operator(kind, [given], [made])
    assert refusal(builder, [x], [y]).splitlines() == [
        "6 operators cannot be packed:",
        "  3 x FLOOR: this operator is not supported (the first: operator 0, output 'a')",
        "  3 x RELU: tensor 2 (b) is int16; int8 is needed here (the first: operator 1, "
        "output 'b')",
        "  how to quantize all of a model: docs/quantize.md",
    ]


def test_different_reasons_of_one_kind_are_different_lines() -> None:
    builder = ModelBuilder()
    x = builder.tensor([1, 4], scale=0.1, name="x")
    outputs = [builder.tensor([1, 4], scale=scale, name=f"y{scale}") for scale in (0.2, 0.3)]
    wide = builder.tensor([1, 4], "int16", scale=0.1, name="wide" * 40)
    for output in (*outputs, wide):
        builder.operator("RESHAPE", [x, builder.constant([1, 4])], [output])
    lines = refusal(builder, [x], [*outputs, wide]).splitlines()
    assert [line[:13] for line in lines[1:3]] == ["  2 x RESHAPE", "  1 x RESHAPE"]
    assert lines[1].endswith("(the first: operator 0, output 'y0.2')")
    assert lines[2].endswith(f"(operator 2, output '{'wide' * 14}w...')")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("FlexErf", "convert the model without SELECT_TF_OPS"),
        ("TFLite_Detection_PostProcess", "end the network at its inputs"),
    ],
)
def test_a_custom_operator_that_is_known_says_what_helps(code: str, reason: str) -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 4], scale=0.1), builder.tensor([1, 4], scale=0.1)
    builder.operator(f"CUSTOM:{code}", [x], [y])
    assert reason in refusal(builder, [x], [y])


def test_a_single_refusal_is_counted_as_one() -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 4], scale=0.1), builder.tensor([1, 4], scale=0.1)
    builder.operator("FLOOR", [x], [y])
    assert refusal(builder, [x], [y]).startswith("1 operator cannot be packed:\n")


def float32_model(last: str) -> str:
    """The refusal of a float32 network with int8 weights, as dynamic-range quantization makes."""
    builder = ModelBuilder()
    x, a, y = (builder.tensor([1, 4], "float32", name=name) for name in ("x", "a", "y"))
    weights = builder.tensor([4, 4], scale=0.1, data=np.ones((4, 4)))
    builder.operator("FULLY_CONNECTED", [x, weights, -1], [a])
    builder.operator(last, [a], [y])
    return refusal(builder, [x], [y])


def test_a_model_that_is_not_int8_is_refused_in_one_sentence() -> None:
    assert float32_model("RELU") == (
        "the model is not quantized to int8: it computes in float32; "
        "convert it with int8 post-training quantization: docs/quantize.md says how"
    )


def test_a_model_that_is_not_int8_is_told_of_the_operators_that_int8_would_not_help() -> None:
    assert float32_model("FLOOR").splitlines() == [
        "the model is not quantized to int8: it computes in float32; convert it with int8 "
        "post-training quantization: docs/quantize.md says how; besides, 1 operator cannot be "
        "packed:",
        "  1 x FLOOR: this operator is not supported (operator 1, output 'y')",
    ]


@pytest.mark.parametrize(
    "kind", ["PAD", "TRANSPOSE", "CONCATENATION", "SPLIT", "STRIDED_SLICE", "RESHAPE"]
)
def test_moving_bytes_between_tensors_of_different_scale_is_refused(kind: str) -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([2, 4], scale=0.1), builder.tensor([2, 4], scale=0.2)
    four = {"begin_mask": 0, "end_mask": 0, "ellipsis_mask": 0, "new_axis_mask": 0}
    inputs, options = {
        "PAD": ([x, builder.constant([[0, 0], [0, 0]])], {}),
        "TRANSPOSE": ([x, builder.constant([0, 1])], {}),
        "CONCATENATION": ([x], {"axis": 0, "fused_activation_function": "NONE"}),
        "SPLIT": ([builder.constant(0), x], {"num_splits": 1}),
        "STRIDED_SLICE": (
            [x, *(builder.constant(numbers) for numbers in ([0, 0], [2, 4], [1, 1]))],
            {**four, "shrink_axis_mask": 0, "offset": False},
        ),
        "RESHAPE": ([x, builder.constant([2, 4])], {}),
    }[kind]
    builder.operator(kind, inputs, [y], **options)
    assert "scale" in refusal(builder, [x], [y])


def test_a_constant_output_is_refused() -> None:
    builder = ModelBuilder()
    x = builder.tensor([1, 4], scale=0.1)
    constant = builder.tensor([1, 4], scale=0.1, data=[1, 2, 3, 4])
    y = builder.tensor([1, 4], scale=0.1, name="fixed")
    builder.operator("RELU", [constant], [y])
    assert "output tensor 2 (fixed) is a constant" in refusal(builder, [x], [y])


def test_an_input_that_a_blob_cannot_hold_is_refused() -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 4], "int64", name="ids"), builder.tensor([1, 4], scale=0.1)
    a = builder.tensor([1, 4], scale=0.1)
    builder.operator("RELU", [a], [y])
    message = refusal(builder, [x, a], [y])
    assert message == (
        "the model's input: tensor 0 (ids) is int64; only int8, uint8, float32, int32 are "
        "supported; make it int32 in the model"
    )


def test_a_tensor_with_an_empty_dimension_is_refused() -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 0], scale=0.1), builder.tensor([1, 0], scale=0.1)
    builder.operator("RELU", [x], [y])
    assert "has shape [1, 0]; at most 6 dimensions, each 1 or more" in refusal(builder, [x], [y])


def graph_of(shape: tuple[int, ...], operators: int) -> Graph:
    """A chain of SOFTMAX, made without a file so that it can be as large as one likes."""
    quantization = Quantization(np.float32([1 / 256]), np.int64([-128]))
    tensors = [Tensor(i, f"t{i}", shape, "int8", quantization) for i in range(operators + 1)]
    chain = [Operator(i, "SOFTMAX", 1, (i,), (i + 1,), {"beta": 1.0}) for i in range(operators)]
    return Graph("chain", tensors, chain, (0,), (operators,))


def test_a_plan_that_would_look_like_a_hang_is_refused() -> None:
    with pytest.raises(CommandError, match=rf"instructions; at most {MAX_WORK} are allowed"):
        make_plan(graph_of((1, 1 << 20), 20))


def test_more_operators_than_a_blob_can_hold_are_refused() -> None:
    with pytest.raises(CommandError, match="1025 operators; a blob has 0 to 1024"):
        make_plan(graph_of((1, 4), 1025))


def test_more_memory_than_a_blob_can_ask_for_is_refused() -> None:
    with pytest.raises(CommandError, match="at most 268435456 fit"):
        make_plan(graph_of((1, (1 << 28) + 16), 1))


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(CommandError, match="'m4' is not known; give portable or cortex-m7"):
        make_plan(graph_of((1, 4), 1), target="m4")


def test_the_message_about_a_file_begins_with_its_path(tmp_path) -> None:
    builder = ModelBuilder()
    x, y = builder.tensor([1, 4], scale=0.1), builder.tensor([1, 4], scale=0.1)
    builder.operator("FLOOR", [x], [y])
    path = tmp_path / "net.tflite"
    path.write_bytes(builder.build([x], [y]))
    with pytest.raises(CommandError, match=f"^{path}: 1 operator cannot be packed:"):
        pack(path)


@pytest.mark.parametrize("dtype", ["variant", "string"])
def test_a_variable_that_is_no_number_is_refused(dtype: str) -> None:
    builder = ModelBuilder()
    handle = builder.variable("last")
    given, result = (builder.tensor([1, 4], scale=0.1) for _ in range(2))
    held = builder.tensor([1, 4], dtype)
    builder.operator("READ_VARIABLE", [handle], [held])
    builder.operator("TANH", [held], [result])
    builder.operator("ASSIGN_VARIABLE", [handle, given], [])
    with pytest.raises(CommandError, match=dtype):
        pack(builder.build([given], [result]))
