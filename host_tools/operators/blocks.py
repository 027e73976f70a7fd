"""Operators that move square blocks of places into channels or batches, and back: copies.

DEPTH_TO_SPACE, SPACE_TO_DEPTH, SPACE_TO_BATCH_ND, BATCH_TO_SPACE_ND.
"""

from __future__ import annotations

import math

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.operators.arguments import (
    check_rank,
    check_same_quantization,
    check_shape,
    integers,
    label,
    output,
    quantized,
    required,
)
from host_tools.operators.lowering import Lowered, Page, copy_elements, strides, temporary


def _lower_depth_to_space(graph: Graph, operator: Operator) -> Lowered:
    (deep,) = required(graph, operator, 1)
    return _depth_and_space(operator, deep, output(graph, operator), to_space=True)


def _lower_space_to_depth(graph: Graph, operator: Operator) -> Lowered:
    (wide,) = required(graph, operator, 1)
    return _depth_and_space(operator, output(graph, operator), wide, to_space=False)


def _depth_and_space(operator: Operator, deep: Tensor, wide: Tensor, to_space: bool) -> Lowered:
    """One copy between a tensor of many channels and one of many places, in either direction."""
    check_rank(deep, 4)
    check_rank(wide, 4)
    check_same_quantization(deep, wide)
    block = operator.options["block_size"]
    batch, height, width, channels = deep.shape
    if block < 1 or channels % block**2:
        raise CommandError(f"blocks {[block, block]} do not fit {channels} channels")
    check_shape(wide, (batch, height * block, width * block, channels // block**2))
    run = channels // block  # a row of a block
    count = (batch * height, block, width, run)
    in_depth = (width * channels, run, channels, 1)
    in_space = strides(count)
    source, target = (deep, wide) if to_space else (wide, deep)
    return [
        copy_elements(
            operator,
            source,
            target,
            count,
            input_strides=in_depth if to_space else in_space,
            output_strides=in_space if to_space else in_depth,
        )
    ]


def _lower_space_to_batch(graph: Graph, operator: Operator) -> Lowered:
    """A copy into a padded tensor, where there is padding, then one into batches.

    tflite-micro never sets the value that it pads with; LiteRT's kernel takes the zero point.
    """
    source, blocks, paddings = required(graph, operator, 3)
    target = output(graph, operator)
    check_same_quantization(source, target)
    block, before, after = _block(source, blocks, paddings)
    padded = tuple(b + n + a for b, n, a in zip(before, source.shape, after, strict=True))
    if any(n % b for n, b in zip(padded, block, strict=True)):
        raise CommandError(f"blocks {block[1:-1]} do not fit the padded shape {list(padded)}")
    check_shape(target, _batched(padded, block))
    lowered: Lowered = []
    if padded != source.shape:
        whole = temporary(graph, source, padded)
        steps = strides(padded)
        lowered.append(
            copy_elements(
                operator,
                source,
                whole,
                source.shape,
                input_strides=strides(source.shape),
                output_start=sum(b * step for b, step in zip(before, steps, strict=True)),
                output_strides=steps,
                fill=quantized(source, "int8", "uint8").zero_point,
            )
        )
        source = whole
    count, apart, together = _batches(source.shape, block)
    return [
        *lowered,
        copy_elements(
            operator, source, target, count, input_strides=apart, output_strides=together
        ),
    ]


def _lower_batch_to_space(graph: Graph, operator: Operator) -> Lowered:
    """A copy out of batches, then, where something is cropped, one of what is left."""
    source, blocks, crops = required(graph, operator, 3)
    target = output(graph, operator)
    check_same_quantization(source, target)
    block, before, after = _block(source, blocks, crops)
    times = math.prod(block)
    if source.shape[0] % times:
        raise CommandError(f"blocks {block[1:-1]} do not fit {source.shape[0]} batches")
    batch, *places = source.shape
    whole = (batch // times, *(n * b for n, b in zip(places, block[1:], strict=True)))
    kept = tuple(n - b - a for n, b, a in zip(whole, before, after, strict=True))
    check_shape(target, kept)
    middle = target if kept == whole else temporary(graph, source, whole)
    count, apart, together = _batches(whole, block)
    lowered: Lowered = [
        copy_elements(
            operator, source, middle, count, input_strides=together, output_strides=apart
        )
    ]
    if middle is not target:
        steps = strides(whole)
        lowered.append(
            copy_elements(
                operator,
                middle,
                target,
                kept,
                input_start=sum(b * step for b, step in zip(before, steps, strict=True)),
                input_strides=steps,
                output_strides=strides(kept),
            )
        )
    return lowered


Axes = tuple[int, ...]


def _block(source: Tensor, blocks: Tensor, edges: Tensor) -> tuple[Axes, Axes, Axes]:
    """The block's size, and what is added or cropped before and after, of each dimension.

    Blocks lie in all dimensions but the first, batches, and the last, channels.
    """
    rank = len(source.shape)
    sizes, sides = integers(blocks), integers(edges)
    if rank not in (3, 4):
        raise CommandError(
            f"{label(source)} has shape {list(source.shape)}; 3 or 4 dimensions are needed"
        )
    if len(sizes) != rank - 2 or min(sizes) < 1 or len(sides) != 2 * len(sizes) or min(sides) < 0:
        raise CommandError(
            f"blocks {sizes} and edges {sides} do not fit the shape {list(source.shape)}"
        )
    return (1, *sizes, 1), (0, *sides[::2], 0), (0, *sides[1::2], 0)


def _batched(shape: Axes, block: Axes) -> Axes:
    """The shape with blocks in its batches."""
    batch, *places = (n // b for n, b in zip(shape, block, strict=True))
    return (batch * math.prod(block), *places)


def _batches(shape: Axes, block: Axes) -> tuple[Axes, Axes, Axes]:
    """(count, strides where places lie apart, strides where blocks are batches) of a copy."""
    steps = strides(shape)
    inner = block[1:-1]
    count = (*inner, *(n // b for n, b in zip(shape, block, strict=True)))
    apart = (*steps[1:-1], *(b * step for b, step in zip(block, steps, strict=True)))
    return count, apart, tuple(strides(count))


PAGES = {
    "BATCH_TO_SPACE_ND": Page(_lower_batch_to_space),
    "DEPTH_TO_SPACE": Page(_lower_depth_to_space, ("DepthToSpaceOptions", {"block_size": int})),
    "SPACE_TO_BATCH_ND": Page(_lower_space_to_batch),
    "SPACE_TO_DEPTH": Page(_lower_space_to_depth, ("SpaceToDepthOptions", {"block_size": int})),
}
