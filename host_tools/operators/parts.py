"""Operators that take a tensor apart or put it together, part by part: a copy a part.

SLICE, SPLIT_V, PACK, UNPACK and GATHER with indices known at packing.
"""

from __future__ import annotations

from collections.abc import Sequence

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.operators.arguments import (
    axis_of,
    check_same_quantization,
    check_shape,
    integers,
    is_left,
    output,
    required,
)
from host_tools.operators.lowering import Lowered, Page, View, copy_elements, strides
from host_tools.plan_types import PlanOperator


def _lower_slice(graph: Graph, operator: Operator) -> Lowered:
    source, *bounds = required(graph, operator, 3)
    target = output(graph, operator)
    check_same_quantization(source, target)
    begin, size = (integers(tensor) for tensor in bounds)
    rank = len(source.shape)
    if len(begin) != rank or len(size) != rank:
        raise CommandError(f"begin and size must be {rank} numbers each, not {begin} and {size}")
    # a size of -1 reaches to the end
    count = [n - b if s == -1 else s for n, b, s in zip(source.shape, begin, size, strict=True)]
    for axis, (n, first, length) in enumerate(zip(source.shape, begin, count, strict=True)):
        if first < 0 or length < 0 or first + length > n:
            raise CommandError(
                f"indices {first} to {first + length - 1} are outside dimension {axis} of {n}"
            )
    check_shape(target, tuple(count))
    steps = strides(source.shape)
    return [
        copy_elements(
            operator,
            source,
            target,
            count,
            input_start=sum(b * step for b, step in zip(begin, steps, strict=True)),
            input_strides=steps,
            output_strides=strides(count),
        )
    ]


def _lower_split_v(graph: Graph, operator: Operator) -> Lowered:
    source, sizes, axes = required(graph, operator, 3)
    axis = _one_axis(integers(axes), len(source.shape))
    lengths, whole = integers(sizes), source.shape[axis]
    if lengths.count(-1) == 1:
        lengths[lengths.index(-1)] = whole - sum(lengths) - 1
    if len(lengths) != len(operator.outputs) or min(lengths) < 0 or sum(lengths) != whole:
        raise CommandError(
            f"{whole} along dimension {axis} cannot be split into {integers(sizes)} for "
            f"{len(operator.outputs)} outputs"
        )
    lowered: Lowered = []
    position = 0
    for index, length in zip(operator.outputs, lengths, strict=True):
        target = graph.tensors[index]
        places = range(position, position + length)
        position += length
        if is_left(graph, target):
            continue
        check_same_quantization(source, target)
        check_shape(target, (*source.shape[:axis], length, *source.shape[axis + 1 :]))
        lowered.append(_take(operator, source, target, axis, places))
    return lowered


def _lower_unpack(graph: Graph, operator: Operator) -> Lowered:
    (source,) = required(graph, operator, 1)
    axis = axis_of(operator.options["axis"], len(source.shape))
    if not source.shape[axis] == len(operator.outputs) == operator.options["num"]:
        raise CommandError(
            f"{source.shape[axis]} along dimension {axis} cannot be split into "
            f"{len(operator.outputs)} outputs"
        )
    lowered: Lowered = []
    for position, index in enumerate(operator.outputs):
        target = graph.tensors[index]
        if is_left(graph, target):
            continue
        check_same_quantization(source, target)
        check_shape(target, (*source.shape[:axis], *source.shape[axis + 1 :]))
        lowered.append(_take(operator, source, target, axis, range(position, position + 1)))
    return lowered


def _lower_pack(graph: Graph, operator: Operator) -> Lowered:
    sources = required(graph, operator, len(operator.inputs))
    target = output(graph, operator)
    axis = axis_of(operator.options["axis"], len(target.shape))
    part = (*target.shape[:axis], *target.shape[axis + 1 :])
    check_shape(target, (*part[:axis], len(sources), *part[axis:]))
    steps = strides(target.shape)
    lowered: Lowered = []
    for position, source in enumerate(sources):
        check_same_quantization(source, target)
        check_shape(source, part)
        lowered.append(
            copy_elements(
                operator,
                source,
                target,
                part,
                input_strides=strides(part),
                output_start=position * steps[axis],
                output_strides=(*steps[:axis], *steps[axis + 1 :]),
            )
        )
    return lowered


def _lower_gather(graph: Graph, operator: Operator) -> Lowered:
    """A copy for each run of indices that are equally far apart."""
    source, indices = required(graph, operator, 2)
    target = output(graph, operator)
    check_same_quantization(source, target)
    if operator.options["batch_dims"]:
        raise CommandError(
            f"its batch_dims is {operator.options['batch_dims']}; only 0 is supported"
        )
    axis = axis_of(operator.options["axis"], len(source.shape))
    places, size = integers(indices), source.shape[axis]
    if not all(0 <= place < size for place in places):
        raise CommandError(f"indices {places} are outside dimension {axis} of {size}")
    check_shape(target, (*source.shape[:axis], *indices.shape, *source.shape[axis + 1 :]))
    return [
        _take(operator, source, target, axis, taken, position, len(places))
        for position, taken in _runs(places)
    ]


def _runs(places: Sequence[int]) -> list[tuple[int, Sequence[int]]]:
    """(position, places) of the runs of equally far places that a list consists of."""
    runs: list[tuple[int, Sequence[int]]] = []
    position = 0
    while position < len(places):
        end = position + 1
        step = places[end] - places[position] if end < len(places) else 1
        while end < len(places) and places[end] - places[end - 1] == step:
            end += 1
        runs.append((position, _progression(places[position], step, end - position)))
        position = end
    return runs


def _progression(first: int, step: int, count: int) -> Sequence[int]:
    return range(first, first + step * count, step) if step else [first] * count


def _one_axis(axes: list[int], rank: int) -> int:
    if len(axes) != 1:
        raise CommandError(f"the axis must be one number, not {axes}")
    return axis_of(axes[0], rank)


def _take(
    operator: Operator,
    source: Tensor,
    target: Tensor,
    axis: int,
    taken: Sequence[int],
    position: int = 0,
    length: int | None = None,
) -> PlanOperator | View:
    """A copy of indices `taken` of an axis, to `position` of `length`, or of as many."""
    count = (*source.shape[:axis], len(taken), *source.shape[axis + 1 :])
    whole = (*source.shape[:axis], length or len(taken), *source.shape[axis + 1 :])
    steps, out = strides(source.shape), strides(whole)
    between = taken[1] - taken[0] if len(taken) > 1 else 1
    return copy_elements(
        operator,
        source,
        target,
        count,
        input_start=taken[0] * steps[axis],
        input_strides=(*steps[:axis], between * steps[axis], *steps[axis + 1 :]),
        output_start=position * out[axis],
        output_strides=out,
    )


PAGES = {
    "GATHER": Page(_lower_gather, ("GatherOptions", {"axis": int, "batch_dims": int})),
    "PACK": Page(_lower_pack, ("PackOptions", {"axis": int, "values_count": int})),
    "SLICE": Page(_lower_slice),
    "SPLIT_V": Page(_lower_split_v),
    "UNPACK": Page(_lower_unpack, ("UnpackOptions", {"axis": int, "num": int})),
}
