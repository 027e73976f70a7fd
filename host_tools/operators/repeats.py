"""Operators that repeat or mirror what a tensor holds: copies.

TILE, which Keras 3's UpSampling2D becomes, BROADCAST_TO, MIRROR_PAD and REVERSE_V2.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.operators.arguments import (
    axis_of,
    check_same_quantization,
    check_shape,
    integers,
    output,
    required,
)
from host_tools.operators.lowering import (
    Lowered,
    Page,
    View,
    can_copy,
    copy_elements,
    strides,
    temporary,
)
from host_tools.plan_types import PlanOperator


def _lower_tile(graph: Graph, operator: Operator) -> Lowered:
    """One copy, or one a dimension where they are more than a copy has."""
    source, multiples = required(graph, operator, 2)
    target = output(graph, operator)
    check_same_quantization(source, target)
    factors = integers(multiples)
    if len(factors) != len(source.shape) or min(factors, default=1) < 1:
        raise CommandError(f"its multiples {factors} do not fit the shape {list(source.shape)}")
    check_shape(target, tuple(f * n for f, n in zip(factors, source.shape, strict=True)))
    return _repeat(graph, operator, source, target, factors)


def _lower_broadcast_to(graph: Graph, operator: Operator) -> Lowered:
    source, shape = required(graph, operator, 2)
    target = output(graph, operator)
    check_same_quantization(source, target)
    check_shape(target, tuple(integers(shape)))
    ones = (1,) * (len(target.shape) - len(source.shape))
    given = (*ones, *source.shape)
    if len(given) > len(target.shape) or any(
        n not in (1, m) for n, m in zip(given, target.shape, strict=True)
    ):
        raise CommandError(
            f"its input {list(source.shape)} does not broadcast to {list(target.shape)}"
        )
    steps = [0 if n == 1 else step for n, step in zip(given, strides(given), strict=True)]
    return [
        copy_elements(
            operator,
            source,
            target,
            target.shape,
            input_strides=steps,
            output_strides=strides(target.shape),
        )
    ]


def _repeat(
    graph: Graph, operator: Operator, source: Tensor, target: Tensor, factors: Sequence[int]
) -> Lowered:
    """Each dimension of `source` repeated as often as `factors` says."""
    count, inner, outer = [], [], []
    for factor, n, step, out in zip(
        factors, source.shape, strides(source.shape), strides(target.shape), strict=True
    ):
        count += [factor, n]
        inner += [0, step]
        outer += [n * out, out]
    if can_copy(count, inner, outer):
        return [
            copy_elements(
                operator, source, target, count, input_strides=inner, output_strides=outer
            )
        ]
    # the last dimension that is repeated first, so that the fewest bytes are copied twice
    last = max(axis for axis, factor in enumerate(factors) if factor > 1)
    alone = [factor if axis == last else 1 for axis, factor in enumerate(factors)]
    others = [1 if axis == last else factor for axis, factor in enumerate(factors)]
    shape = [f * n for f, n in zip(alone, source.shape, strict=True)]
    middle = temporary(graph, source, shape)
    return [
        *_repeat(graph, operator, source, middle, alone),
        *_repeat(graph, operator, middle, target, others),
    ]


def _lower_mirror_pad(graph: Graph, operator: Operator) -> Lowered:
    """A copy for the middle and for each side and corner."""
    source, paddings = required(graph, operator, 2)
    target = output(graph, operator)
    check_same_quantization(source, target)
    numbers = integers(paddings)
    # REFLECT leaves the value at the edge out
    left_out = int(operator.options["mode"] == "REFLECT")
    if (
        len(numbers) != 2 * len(source.shape)
        or min(numbers, default=0) < 0
        or any(most > source.shape[i // 2] - left_out for i, most in enumerate(numbers))
    ):
        raise CommandError(
            f"the paddings {numbers} do not fit the shape {list(source.shape)} and the mode "
            f"{operator.options['mode']}"
        )
    axes = [
        _sections(n, before, after, left_out)
        for n, before, after in zip(source.shape, numbers[::2], numbers[1::2], strict=True)
    ]
    check_shape(target, tuple(sum(len(places) for _, places in sections) for sections in axes))
    return [_mirror(operator, source, target, part) for part in itertools.product(*axes)]


def _sections(n: int, before: int, after: int, left_out: int) -> list[tuple[int, range]]:
    """(where they go, the places to take) before, within and after a dimension of `n`."""
    first, last = left_out, n - 1 - left_out
    sections = [
        (0, range(first + before - 1, first - 1, -1)),
        (before, range(n)),
        (before + n, range(last, last - after, -1)),
    ]
    return [(at, places) for at, places in sections if places]


def _mirror(
    operator: Operator, source: Tensor, target: Tensor, part: Sequence[tuple[int, range]]
) -> PlanOperator | View:
    """A copy of one section of each dimension."""
    inner, outer = strides(source.shape), strides(target.shape)
    return copy_elements(
        operator,
        source,
        target,
        [len(places) for _, places in part],
        input_start=sum(p.start * step for (_, p), step in zip(part, inner, strict=True)),
        input_strides=[p.step * step for (_, p), step in zip(part, inner, strict=True)],
        output_start=sum(at * step for (at, _), step in zip(part, outer, strict=True)),
        output_strides=outer,
    )


def _lower_reverse(graph: Graph, operator: Operator) -> Lowered:
    source, axes = required(graph, operator, 2)
    target = output(graph, operator)
    check_same_quantization(source, target)
    check_shape(target, source.shape)
    reversed_axes = {axis_of(axis, len(source.shape)) for axis in integers(axes)}
    part = [
        (0, range(n)[:: -1 if axis in reversed_axes else 1]) for axis, n in enumerate(source.shape)
    ]
    return [_mirror(operator, source, target, part)]


PAGES = {
    "BROADCAST_TO": Page(_lower_broadcast_to),
    "MIRROR_PAD": Page(_lower_mirror_pad, ("MirrorPadOptions", {"mode": "MirrorPadMode"})),
    "REVERSE_V2": Page(_lower_reverse),
    "TILE": Page(_lower_tile),
}
