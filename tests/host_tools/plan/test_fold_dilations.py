"""SPACE_TO_BATCH_ND, a convolution and BATCH_TO_SPACE_ND run as one dilated convolution."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import LiteRt, random_inputs
from tflite_builder import ModelBuilder

from host_tools.host_runtime import HostModel
from host_tools.pack import pack
from host_tools.plan import make_plan
from host_tools.tflite import read_model

GIVEN = {"scale": 0.1, "zero_point": -7}
RESULT = {"scale": 0.3, "zero_point": 4}


def dilated(
    block: list[int],
    kernel: list[int],
    sides: list[int],
    paddings: list[list[int]],
    crops: list[list[int]],
    kind: str = "CONV_2D",
    between: bool = False,
    back: list[int] | None = None,
) -> bytes:
    """The three operators on `sides` of 3 channels; `between` gives an operator more.

    `back` is BATCH_TO_SPACE_ND's block, where it is another.

    With one side, a RESHAPE stands before and after the convolution.
    """
    builder = ModelBuilder()
    source = builder.tensor([1, *sides, 3], **GIVEN)
    batches = int(np.prod(block))
    lengths = [(n + sum(p)) // b for n, p, b in zip(sides, paddings, block, strict=True)]
    batched = builder.tensor([batches, *lengths, 3], **GIVEN)
    constants = [builder.constant(block), builder.constant(paddings)]
    builder.operator("SPACE_TO_BATCH_ND", [source, *constants], [batched])
    ones = [] if len(sides) == 2 else [1]
    given = batched
    if ones:
        given = builder.tensor([batches, *ones, *lengths, 3], **GIVEN)
        builder.operator("EXPAND_DIMS", [batched, builder.constant(1)], [given])
    rng = np.random.default_rng(3)
    units = 5 if kind == "CONV_2D" else 3
    dims = [*ones, *kernel]
    dims = [units, *dims, 3] if kind == "CONV_2D" else [1, *dims, units]
    weights = builder.tensor(dims, scale=0.01, data=rng.integers(-127, 128, dims))
    bias = builder.tensor([units], "int32", scale=0.001, data=rng.integers(-999, 999, units))
    results = [n - k + 1 for n, k in zip(lengths, kernel, strict=True)]
    result = builder.tensor([batches, *ones, *results, units], **RESULT)
    options = {} if kind == "CONV_2D" else {"depth_multiplier": 1}
    builder.operator(
        kind,
        [given, weights, bias],
        [result],
        padding="VALID",
        stride_h=1,
        stride_w=1,
        dilation_h_factor=1,
        dilation_w_factor=1,
        fused_activation_function="RELU",
        **options,
    )
    if ones:
        flat = builder.tensor([batches, *results, units], **RESULT)
        builder.operator("SQUEEZE", [result], [flat], squeeze_dims=[1])
        result = flat
    if between:
        abs_ = builder.tensor([batches, *results, units], **RESULT)
        builder.operator("ABS", [result], [abs_])
        result = abs_
    block = back or block
    whole = [n * b - sum(c) for n, b, c in zip(results, block, crops, strict=True)]
    target = builder.tensor([1, *whole, units], **RESULT)
    constants = [builder.constant(block), builder.constant(crops)]
    builder.operator("BATCH_TO_SPACE_ND", [result, *constants], [target])
    return builder.build([source], [target])


def _check(model: bytes) -> list[str]:
    """The plan's kernels; LiteRT gives the same bytes."""
    graph = read_model(model)
    blob, oracle = HostModel(pack(graph)), LiteRt(model)
    rng = np.random.default_rng(1)
    for _ in range(3):
        inputs = random_inputs(graph, rng)
        np.testing.assert_array_equal(blob.run(inputs)[0], oracle.run(inputs)[0])
    return [operator.kernel for operator in make_plan(graph).operators]


SAME = ([2, 3], [3, 3], [9, 10], [[2, 3], [3, 5]], [[0, 1], [0, 2]])
LINE = ([4], [3], [30], [[8, 2]], [[0, 2]])
VALID = ([2, 2], [3, 2], [8, 9], [[0, 0], [0, 1]], [[0, 0], [0, 1]])


@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D"])
@pytest.mark.parametrize("shapes", [SAME, VALID])
def test_the_three_are_one_dilated_convolution(kind: str, shapes: tuple) -> None:
    kernel = "conv_s8" if kind == "CONV_2D" else "depthwise_conv_s8"
    assert _check(dilated(*shapes, kind=kind)) == [kernel]


def test_a_one_dimensional_convolution_is_one_too() -> None:
    model = dilated(*LINE)
    # kernels of one row do not pad for themselves
    assert _check(model) == ["copy", "conv_s8"]
    _, convolution = make_plan(read_model(model)).operators
    assert (convolution.params["dilation_h"], convolution.params["dilation_w"]) == (1, 4)


def test_crops_that_leave_windows_out_keep_the_three() -> None:
    kernels = _check(dilated([2, 2], [3, 3], [9, 9], [[2, 3], [2, 3]], [[3, 1], [0, 1]]))
    assert "conv_s8" in kernels and len(kernels) > 1


def test_blocks_that_differ_keep_the_three() -> None:
    kernels = _check(dilated([2, 4], [1, 1], [8, 4], [[0, 0], [0, 4]], [[0, 0]] * 2, back=[4, 2]))
    assert len(kernels) > 1


def test_an_operator_in_between_keeps_the_three() -> None:
    assert "lut_s8" in _check(dilated(*SAME, between=True))
