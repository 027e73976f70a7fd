"""The operators that only move values: views and copies.

RESHAPE, SQUEEZE, EXPAND_DIMS, TRANSPOSE, CONCATENATION, SPLIT, STRIDED_SLICE, PAD, PADV2.
"""

from __future__ import annotations

import math

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.operators.arguments import (
    axis_of,
    check_rank,
    check_same_quantization,
    check_shape,
    constant,
    inputs,
    integers,
    is_left,
    output,
    quantized,
    required,
)
from host_tools.operators.lowering import Lowered, Page, View, copy_elements, strides
from host_tools.operators.parameters import FUSED


def _lower_reshape(graph: Graph, operator: Operator) -> Lowered:
    """A view: the bytes stay where they are."""
    # the shape, or the new dimension, is the second input; the output already has it
    source, wanted = inputs(graph, operator, 1, 2)
    assert source is not None
    target = output(graph, operator)
    check_same_quantization(source, target)
    if target.open and (shape := _reshaped(operator, source, wanted)):
        check_shape(target, shape)
    if math.prod(source.shape) != math.prod(target.shape):
        raise CommandError(
            f"the shapes {list(source.shape)} and {list(target.shape)} hold different numbers "
            "of elements"
        )
    return [View(source.index, target.index)]


def _reshaped(operator: Operator, source: Tensor, wanted: Tensor | None) -> tuple[int, ...]:
    """The shape that a view gets whose own sizes are open; none where nothing says it."""
    if operator.kind == "SQUEEZE":
        rank = len(source.shape)
        gone = {axis_of(axis, rank) for axis in operator.options["squeeze_dims"]}
        gone = gone or {axis for axis, size in enumerate(source.shape) if size == 1}
        return tuple(size for axis, size in enumerate(source.shape) if axis not in gone)
    sizes = operator.options["new_shape"] if wanted is None else integers(wanted)
    if operator.kind == "EXPAND_DIMS":
        axis = axis_of(sizes[0], len(source.shape) + 1)
        return (*source.shape[:axis], 1, *source.shape[axis:])
    elements = math.prod(source.shape)
    rest = math.prod(size for size in sizes if size != -1)
    return tuple(elements // max(rest, 1) if size == -1 else size for size in sizes)


def _lower_transpose(graph: Graph, operator: Operator) -> Lowered:
    """A copy, or a view where only dimensions of one element move."""
    source, permutation = required(graph, operator, 2)
    target = output(graph, operator)
    check_same_quantization(source, target)
    rank = len(source.shape)
    order = [axis_of(axis, rank) for axis in integers(permutation)]
    if sorted(order) != list(range(rank)):
        raise CommandError(f"{order} is not an order of {rank} dimensions")
    check_shape(target, tuple(source.shape[axis] for axis in order))
    steps = strides(source.shape)
    return [
        copy_elements(
            operator,
            source,
            target,
            target.shape,
            input_strides=[steps[axis] for axis in order],
            output_strides=strides(target.shape),
        )
    ]


def _lower_concatenation(graph: Graph, operator: Operator) -> Lowered:
    """A copy an input."""
    sources = required(graph, operator, len(operator.inputs))
    target = output(graph, operator)
    activation = operator.options["fused_activation_function"]
    if activation != "NONE":
        raise CommandError(f"the fused activation {activation} is not supported here")
    rank = len(target.shape)
    axis = axis_of(operator.options["axis"], rank)
    steps = strides(target.shape)
    lowered: Lowered = []
    position = 0
    if target.open and len(sources[0].shape) == rank:
        joined = list(sources[0].shape)
        joined[axis] = sum(source.shape[axis] for source in sources if len(source.shape) == rank)
        check_shape(target, tuple(joined))
    for source in sources:
        check_same_quantization(source, target)
        check_rank(source, rank)
        length = source.shape[axis]
        check_shape(source, (*target.shape[:axis], length, *target.shape[axis + 1 :]))
        lowered.append(
            copy_elements(
                operator,
                source,
                target,
                source.shape,
                input_strides=strides(source.shape),
                output_start=position * steps[axis],
                output_strides=steps,
            )
        )
        position += length
    check_shape(target, (*target.shape[:axis], position, *target.shape[axis + 1 :]))
    return lowered


def _lower_split(graph: Graph, operator: Operator) -> Lowered:
    """A copy for each output that is read."""
    axes, source = required(graph, operator, 2)
    numbers = integers(axes)
    if len(numbers) != 1:
        raise CommandError(f"the axis must be one number, not {numbers}")
    axis = axis_of(numbers[0], len(source.shape))
    length, rest = divmod(source.shape[axis], len(operator.outputs))
    if rest:
        raise CommandError(
            f"{source.shape[axis]} along dimension {axis} cannot be split into "
            f"{len(operator.outputs)} equal parts"
        )
    part = (*source.shape[:axis], length, *source.shape[axis + 1 :])
    steps = strides(source.shape)
    lowered: Lowered = []
    for position, index in enumerate(operator.outputs):
        target = graph.tensors[index]
        if is_left(graph, target):
            continue
        check_same_quantization(source, target)
        check_shape(target, part)
        lowered.append(
            copy_elements(
                operator,
                source,
                target,
                part,
                input_start=position * length * steps[axis],
                input_strides=steps,
                output_strides=strides(part),
            )
        )
    return lowered


def _lower_strided_slice(graph: Graph, operator: Operator) -> Lowered:
    """A copy; its masks work as tflite-micro has them."""
    source, *bounds = required(graph, operator, 4)
    target = output(graph, operator)
    check_same_quantization(source, target)
    for name in ("ellipsis_mask", "new_axis_mask", "offset"):
        if operator.options.get(name):
            raise CommandError(f"its {name} is {operator.options[name]}; only 0 is supported")
    begin, end, step = (integers(tensor) for tensor in bounds)
    rank = len(source.shape)
    if not len(begin) == len(end) == len(step) == rank or 0 in step:
        raise CommandError(f"begin, end and strides must be {rank} numbers, and no stride 0")
    taken = [
        _taken(operator, axis, size, begin[axis], end[axis], step[axis])
        for axis, size in enumerate(source.shape)
    ]
    shrunk = operator.options["shrink_axis_mask"]
    count = [len(indices) for indices in taken]
    check_shape(target, tuple(n for axis, n in enumerate(count) if not shrunk >> axis & 1))
    steps = strides(source.shape)
    return [
        copy_elements(
            operator,
            source,
            target,
            count,
            input_start=sum(t.start * s for t, s in zip(taken, steps, strict=True)),
            input_strides=[t.step * s for t, s in zip(taken, steps, strict=True)],
            output_strides=strides(count),
        )
    ]


def _taken(operator: Operator, axis: int, size: int, begin: int, end: int, step: int) -> range:
    """The indices that the slice takes along one axis."""
    bit = 1 << axis
    first = None if operator.options["begin_mask"] & bit else begin
    last = None if operator.options["end_mask"] & bit else end
    places = slice(first, last, step).indices(size)
    if not operator.options["shrink_axis_mask"] & bit:
        return range(*places)
    # tflite-micro copies nothing for a negative stride
    if not 0 <= places[0] < size or step < 0:
        raise CommandError(
            f"it takes index {begin}, stride {step} of dimension {axis}, which has {size}; "
            "the index must lie within, the stride be positive"
        )
    return range(places[0], places[0] + 1)


def _lower_pad(graph: Graph, operator: Operator) -> Lowered:
    """A copy into an output filled with the zero point, or a given value."""
    source, paddings, value = inputs(graph, operator, 2, 3)
    assert source is not None and paddings is not None
    target = output(graph, operator)
    check_same_quantization(source, target)
    fill = quantized(target, "int8").zero_point
    if value is not None:
        check_same_quantization(value, target)
        fill = int(constant(value, "int8").reshape(-1)[0])
    numbers = integers(paddings)
    if len(numbers) != 2 * len(source.shape) or min(numbers, default=0) < 0:
        raise CommandError(f"the paddings {numbers} do not fit the shape {list(source.shape)}")
    before, after = numbers[::2], numbers[1::2]
    padded = tuple(b + n + a for b, n, a in zip(before, source.shape, after, strict=True))
    check_shape(target, padded)
    steps = strides(padded)
    return [
        copy_elements(
            operator,
            source,
            target,
            source.shape,
            input_strides=strides(source.shape),
            output_start=sum(b * step for b, step in zip(before, steps, strict=True)),
            output_strides=steps,
            fill=fill,
        )
    ]


_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")

PAGES = {
    "CONCATENATION": Page(_lower_concatenation, ("ConcatenationOptions", {"axis": int, **FUSED})),
    "EXPAND_DIMS": Page(_lower_reshape),
    "PAD": Page(_lower_pad),
    "PADV2": Page(_lower_pad),
    "RESHAPE": Page(_lower_reshape, ("ReshapeOptions", {"new_shape": tuple})),
    "SPLIT": Page(_lower_split, ("SplitOptions", {"num_splits": int})),
    "SQUEEZE": Page(_lower_reshape, ("SqueezeOptions", {"squeeze_dims": tuple})),
    "STRIDED_SLICE": Page(
        _lower_strided_slice,
        ("StridedSliceOptions", {**dict.fromkeys(_MASKS, int), "offset": bool}),
    ),
    "TRANSPOSE": Page(_lower_transpose),
}
