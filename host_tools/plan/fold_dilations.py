"""Makes one dilated convolution of the three operators that older converters write for it.

SPACE_TO_BATCH_ND puts every n-th row and column into a batch of its own, a convolution runs on
each batch, and BATCH_TO_SPACE_ND puts them together again. The same products are summed up, and
padding adds nothing to a sum in either form, so the bits are the same. The convolution of a
one-dimensional one stands between two reshapes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.operators import OPERATORS
from host_tools.operators.arguments import integers

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
# between three dimensions and four: their bytes stay where they are
RESHAPES = ("EXPAND_DIMS", "RESHAPE", "SQUEEZE")


@dataclass(frozen=True)
class Found:
    """The operators of one dilated convolution; `reshapes` are those between."""

    to_batch: Operator
    convolution: Operator
    to_space: Operator
    reshapes: tuple[Operator, ...]


def fold_dilations(graph: Graph) -> Graph:
    """The graph with each such three operators made one, and a PAD before it where it pads."""
    tensors = list(graph.tensors)
    writers = {index: op for op in graph.operators for index in op.outputs}
    operators: list[Operator] = []
    for operator in graph.operators:
        found = _find(graph, writers, operator)
        operators += (found and _folded(graph, tensors, found)) or [operator]
    return dataclasses.replace(graph, tensors=tensors, operators=operators)


def _find(graph: Graph, writers: dict[int, Operator], to_space: Operator) -> Found | None:
    """The three operators that end with `to_space`, if it is the last of such."""
    if to_space.kind != "BATCH_TO_SPACE_ND":
        return None
    reshapes: list[Operator] = []
    chain = [to_space]
    for kinds in (CONVOLUTIONS, ("SPACE_TO_BATCH_ND",)):
        before = _writer(writers, chain[-1])
        if before is not None and before.kind in RESHAPES:
            reshapes.append(before)
            before = _writer(writers, before)
        if before is None or before.kind not in kinds:
            return None
        chain.append(before)
    _, convolution, to_batch = chain
    wanted = {"padding": "VALID", "stride_h": 1, "stride_w": 1}
    wanted |= {"dilation_h_factor": 1, "dilation_w_factor": 1}
    if any(convolution.options[name] != value for name, value in wanted.items()):
        return None
    return Found(to_batch, convolution, to_space, tuple(reshapes))


def _writer(writers: dict[int, Operator], operator: Operator) -> Operator | None:
    """Who writes the operator's first input, if any does."""
    return writers.get(operator.inputs[0]) if operator.inputs else None


def _folded(graph: Graph, tensors: list[Tensor], found: Found) -> list[Operator] | None:
    """The operators that take its place; None where they cannot."""
    steps = (found.to_batch, *found.reshapes, found.convolution, found.to_space)
    try:
        # their pages know what the tensors must be to each other
        for operator in steps:
            scratch = dataclasses.replace(graph, tensors=list(tensors))
            OPERATORS[operator.kind].lower(scratch, operator)
    except CommandError:
        return None
    axes = _axes(tensors, found)
    if axes is None:
        return None
    block, paddings = (integers(tensors[index]) for index in found.to_batch.inputs[1:])
    other_block, crops = (integers(tensors[index]) for index in found.to_space.inputs[1:])
    if block != other_block or len(block) != len(axes):
        return None
    source, target = tensors[found.to_batch.inputs[0]], tensors[found.to_space.outputs[0]]
    weights = tensors[found.convolution.inputs[1]]
    dilation, edges = [1, 1], [[0, 0], [0, 0]]
    for place, axis in enumerate(axes):
        dilation[axis] = block[place]
        before = paddings[2 * place] - crops[2 * place]
        reach = (weights.shape[1 + axis] - 1) * block[place]
        # as much behind as the output needs
        after = target.shape[1 + place] + reach - source.shape[1 + place] - before
        if min(before, after) < 0:
            return None
        edges[axis] = [before, after]
    return _operators(tensors, found, axes, dilation, edges)


def _axes(tensors: list[Tensor], found: Found) -> list[int] | None:
    """Which of height (0) and width (1) of the convolution the blocks lie in."""
    if not found.reshapes:
        return [0, 1]
    ends = [
        (tensors[found.to_batch.outputs[0]], tensors[found.convolution.inputs[0]]),
        (tensors[found.to_space.inputs[0]], tensors[found.convolution.outputs[0]]),
    ]
    for axis in range(2):
        # the other has a length of 1
        if all(
            line.shape == (*picture.shape[: 2 - axis], *picture.shape[3 - axis :])
            and picture.shape[2 - axis] == 1
            for line, picture in ends
        ):
            return [axis]
    return None


def _operators(
    tensors: list[Tensor],
    found: Found,
    axes: list[int],
    dilation: list[int],
    edges: list[list[int]],
) -> list[Operator]:
    """The convolution, with a PAD before it where `edges` are not 0, and reshapes around it."""

    def add(like: Tensor, shape: Sequence[int]) -> int:
        tensors.append(Tensor(len(tensors), "", tuple(shape), like.dtype, like.quantization))
        return len(tensors) - 1

    def pictures(shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape with a height or width of 1, where it has only one of them."""
        batch, *sides, channels = shape
        if len(sides) == 1:
            sides.insert(1 - axes[0], 1)
        return (batch, *sides, channels)

    first, last = found.to_batch, found.to_space
    source, target = tensors[first.inputs[0]], tensors[last.outputs[0]]
    operators = []
    given = source.index
    shape = pictures(source.shape)
    if shape != source.shape:
        operators.append(_reshape(first, given, add(source, shape)))
        (given,) = operators[-1].outputs
    if edges != [[0, 0], [0, 0]]:
        widths = np.array([[0, 0], *edges, [0, 0]], dtype=np.int32)
        constant = Tensor(len(tensors), "", widths.shape, "int32", data=widths)
        tensors.append(constant)
        padded = add(source, (np.array(shape) + widths.sum(axis=1)).tolist())
        operators.append(Operator(first.index, "PAD", 1, (given, constant.index), (padded,)))
        given = padded
    shape = pictures(target.shape)
    result = target.index if shape == target.shape else add(target, shape)
    options = {"dilation_h_factor": dilation[0], "dilation_w_factor": dilation[1]}
    operators.append(
        dataclasses.replace(
            found.convolution,
            inputs=(given, *found.convolution.inputs[1:]),
            outputs=(result,),
            options={**found.convolution.options, **options},
        )
    )
    if result != target.index:
        operators.append(_reshape(last, result, target.index))
    return operators


def _reshape(operator: Operator, source: int, target: int) -> Operator:
    return Operator(operator.index, "RESHAPE", 1, (source,), (target,), {"new_shape": ()})
