"""Kernels that go through two int8 tensors element by element."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import multiply_by_quantized_multiplier, wrap_int32
from host_tools.kernels.card import Block, Card, Params, by_keyword, fields, swap_fields
from host_tools.kernels.layer import Counts, Layer
from host_tools.kernels.steps import broadcast_rows
from host_tools.kernels.windows import requantize

Int8 = npt.NDArray[np.int8]


def add(input0: Int8, input1: Int8, *, output_shape: tuple[int, ...], **parameters: int) -> Int8:
    """`broadcast_add` of two inputs with as many elements as the output, taken flat."""
    return _sum(
        input0.reshape(output_shape), input1.reshape(output_shape), 1, output_shape, **parameters
    )


def broadcast_add(
    input0: Int8, input1: Int8, *, output_shape: tuple[int, ...], **parameters: int
) -> Int8:
    """int8 inputs that broadcast to `output_shape`, brought to a common scale and added.

    Parameters: the fields of the blob's add_s8.
    """
    return _sum(input0, input1, 1, output_shape, **parameters)


def broadcast_sub(
    input0: Int8, input1: Int8, *, output_shape: tuple[int, ...], **parameters: int
) -> Int8:
    """As `broadcast_add`, with input1 taken from input0."""
    return _sum(input0, input1, -1, output_shape, **parameters)


def broadcast_mul(
    input0: Int8,
    input1: Int8,
    *,
    input0_offset: int,
    input1_offset: int,
    output_offset: int,
    output_multiplier: int,
    output_shift: int,
    act_min: int,
    act_max: int,
    output_shape: tuple[int, ...],
) -> Int8:
    """The product of int8 inputs that broadcast to `output_shape`."""
    product = (input0.astype(np.int64) + input0_offset) * (input1.astype(np.int64) + input1_offset)
    result = requantize(product, output_multiplier, output_shift, output_offset, act_min, act_max)
    return np.array(np.broadcast_to(result, output_shape))


def mul(input0: Int8, input1: Int8, *, output_shape: tuple[int, ...], **parameters: int) -> Int8:
    """`broadcast_mul` of two inputs with as many elements as the output, taken flat."""
    return broadcast_mul(
        input0.reshape(output_shape),
        input1.reshape(output_shape),
        output_shape=output_shape,
        **parameters,
    )


def prelu(
    input0: Int8,
    input1: Int8,
    positive: npt.NDArray[np.generic],
    *,
    input0_offset: int,
    input1_offset: int,
    output_offset: int,
    multiplier: int,
    shift: int,
    output_shape: tuple[int, ...],
) -> Int8:
    """int8 inputs that broadcast to `output_shape`: where the first is negative, their product.

    The rest of it is looked up in `positive`, 256 bytes by the byte read as unsigned.
    """
    values = input0.astype(np.int64) + input0_offset
    product = values * (input1.astype(np.int64) + input1_offset)
    negative = requantize(product, multiplier, shift, output_offset, -128, 127)
    looked_up = positive.view(np.int8)[input0.view(np.uint8)]
    return np.array(np.broadcast_to(np.where(values < 0, negative, looked_up), output_shape))


def maximum(input0: Int8, input1: Int8, *, output_shape: tuple[int, ...]) -> Int8:
    """The greater of int8 inputs that broadcast to `output_shape`."""
    return np.array(np.broadcast_to(np.maximum(input0, input1), output_shape))


def minimum(input0: Int8, input1: Int8, *, output_shape: tuple[int, ...]) -> Int8:
    """The less of int8 inputs that broadcast to `output_shape`."""
    return np.array(np.broadcast_to(np.minimum(input0, input1), output_shape))


def squared_difference(
    input0: Int8, input1: Int8, *, output_shape: tuple[int, ...], **parameters: int
) -> Int8:
    """The squares of the differences of int8 inputs that broadcast to `output_shape`.

    Parameters: the fields of the blob's add_s8.
    """
    scaled0, scaled1 = _scaled(input0, "input0", parameters), _scaled(input1, "input1", parameters)
    return _requantized((scaled0 - scaled1) ** 2, output_shape, parameters)


def _sum(
    input0: Int8,
    input1: Int8,
    sign: int,
    output_shape: tuple[int, ...],
    **parameters: int,
) -> Int8:
    scaled0, scaled1 = _scaled(input0, "input0", parameters), _scaled(input1, "input1", parameters)
    return _requantized(scaled0 + sign * scaled1, output_shape, parameters)


def _scaled(values: Int8, name: str, parameters: Params) -> npt.NDArray[np.int64]:
    wide = values.astype(np.int64) + parameters[f"{name}_offset"]
    multiplier, shift = parameters[f"{name}_multiplier"], parameters[f"{name}_shift"]
    shifted = wrap_int32(wide << parameters["left_shift"])
    return multiply_by_quantized_multiplier(shifted, multiplier, shift).astype(np.int64)


def _requantized(
    values: npt.NDArray[np.int64], output_shape: tuple[int, ...], parameters: Params
) -> Int8:
    names = ("output_multiplier", "output_shift", "output_offset", "act_min", "act_max")
    result = requantize(values, *(parameters[name] for name in names))
    return np.array(np.broadcast_to(result, output_shape))


def _broadcast_counts(layer: Layer) -> Counts:
    """Rows as ink_broadcast.c makes them; input 1 is scaled once a row where it stays in place."""
    rank = len(layer.output)
    shapes = [(1,) * (rank - len(shape)) + shape for shape in layer.inputs]
    repeats = [
        tuple(shape[axis] == 1 for shape in shapes)
        for axis in reversed(range(rank))
        if layer.output[axis] > 1
    ]
    sizes = [size for size in reversed(layer.output) if size > 1]
    along = list(itertools.takewhile(lambda repeat: repeat == repeats[0], repeats))
    elements = math.prod(sizes)
    return {
        "element": elements,
        "row": elements // math.prod(sizes[: len(along)]),
        "both inputs": 0 if along and along[0][1] else elements,
    }


_ADD = fields(
    "input0_offset input0_multiplier input0_shift input1_offset input1_multiplier input1_shift"
    " left_shift output_offset output_multiplier output_shift act_min act_max"
)
_PRELU = fields("input0_offset input1_offset output_offset multiplier shift")
_MUL = fields(
    "input0_offset input1_offset output_offset output_multiplier output_shift act_min act_max"
)

# the first two run flat, over as many elements in each tensor
CARDS = (
    Card(
        *("add_s8", 6, _ADD),
        inputs=2,
        in_place=True,
        swap=swap_fields,
        compute=by_keyword(add),
        rates=(67, 0, 0, 109),
    ),
    Card(
        *("mul_s8", 7, _MUL),
        inputs=2,
        in_place=True,
        swap=swap_fields,
        compute=by_keyword(mul),
        rates=(47, 0, 0, 95),
    ),
    Card(
        *("broadcast_add_s8", 8, _ADD),
        inputs=2,
        compute=by_keyword(broadcast_add),
        rows=broadcast_rows,
        counts=_broadcast_counts,
        rates=(59, 0, 80, 132),
    ),
    Card(
        *("broadcast_sub_s8", 9, _ADD),
        inputs=2,
        compute=by_keyword(broadcast_sub),
        rows=broadcast_rows,
        counts=_broadcast_counts,
        rates=(59, 0, 75, 156),
    ),
    Card(
        *("broadcast_mul_s8", 10, _MUL),
        inputs=2,
        compute=by_keyword(broadcast_mul),
        rows=broadcast_rows,
        rates=(55, 0, 54, 136),
    ),
    Card(
        *("prelu_s8", 18, _PRELU),
        blocks=(Block("positive", "uint8", lambda layer: 256),),
        inputs=2,
        in_place=True,
        compute=by_keyword(prelu),
        rows=broadcast_rows,
        rates=(32, 0, 76, 146),
    ),
    Card(
        *("maximum_s8", 19),
        inputs=2,
        in_place=True,
        swap=swap_fields,
        compute=by_keyword(maximum),
        rows=broadcast_rows,
        rates=(13, 5, 68, 155),
    ),
    Card(
        *("minimum_s8", 20),
        inputs=2,
        in_place=True,
        swap=swap_fields,
        compute=by_keyword(minimum),
        rows=broadcast_rows,
        rates=(13, 5, 68, 155),
    ),
    Card(
        *("squared_difference_s8", 24, _ADD),
        inputs=2,
        in_place=True,
        swap=swap_fields,
        compute=by_keyword(squared_difference),
        rows=broadcast_rows,
        rates=(63, 0, 81, 183),
    ),
)
