"""Makes one copy of two, where the second alone reads what the first writes.

Exported networks turn their pictures this way and that, and Keras 3 repeats rows and columns in an
operator each. What lies in between then needs neither time nor RAM.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from host_tools.graph import Graph, Operator
from host_tools.kernels.layer import Layer
from host_tools.operators.lowering import View, can_copy, copy_elements
from host_tools.plan.costs import predict
from host_tools.plan_types import PlanOperator, view_root


@dataclass(frozen=True)
class Step:
    """`count` steps in the tensor between: `step` places of dimension `axis`, None for no way.

    `output` is how far each leads in the second copy's output.
    """

    count: int
    axis: int | None
    step: int
    output: int


def fold_copies(
    graph: Graph, operators: list[PlanOperator], views: dict[int, int]
) -> list[PlanOperator]:
    """The operators with such pairs made one, or a view, which is added to `views`.

    Tensor indices are the graph's.
    """
    kept = list(operators)
    for second in operators:
        first = _only_source(graph, kept, views, second)
        one = first and _joined(graph, first, second)
        if first is None or one is None or not _pays(graph, kept, first, second, one):
            continue
        if _changes(graph, kept, views, first, second):
            continue
        if isinstance(one, View):
            views[one.output] = one.source
            kept.remove(second)
        else:
            second.inputs, second.params = one.inputs, one.params
        kept.remove(first)
    return kept


def _only_source(
    graph: Graph, operators: list[PlanOperator], views: dict[int, int], second: PlanOperator
) -> PlanOperator | None:
    """The copy that writes all that `second` reads, if nothing else writes or needs it."""
    if second.kernel != "copy":
        return None
    between = view_root(views, second.inputs[0])
    if between in [view_root(views, index) for index in (*graph.inputs, *graph.outputs)]:
        return None
    if graph.tensors[between].state:
        return None
    writers = [op for op in operators if view_root(views, op.output) == between]
    readers = [
        op for op in operators if between in [view_root(views, index) for index in op.inputs]
    ]
    if len(writers) != 1 or readers != [second] or writers[0].kernel != "copy":
        return None
    (first,) = writers
    whole = math.prod(first.params["count"]) == math.prod(graph.tensors[between].shape)
    return first if whole else None


def _changes(
    graph: Graph,
    operators: list[PlanOperator],
    views: dict[int, int],
    first: PlanOperator,
    second: PlanOperator,
) -> bool:
    """Whether the first copy reads a state that is written before the second one runs."""
    source = view_root(views, first.inputs[0])
    between = operators[operators.index(first) : operators.index(second)]
    written = [view_root(views, operator.output) for operator in between]
    return graph.tensors[source].state and source in written


def _joined(graph: Graph, first: PlanOperator, second: PlanOperator) -> PlanOperator | View | None:
    """One copy from the first one's input to the second one's output."""
    # the tensor between as the first copy writes it: dimensions from the outermost, all of it
    axes = sorted(_walk(first.params), key=lambda axis: -axis[2])
    counts, inputs, outputs = [list(values) for values in zip(*axes, strict=True)] or ([], [], [])
    if outputs != [math.prod(counts[axis + 1 :]) for axis in range(len(counts))]:
        return None
    places, rest = [], second.params["input_start"]
    for step in outputs:
        place, rest = divmod(rest, step)
        places.append(place)
    walk: list[Step] = []
    for way in _walk(second.params):
        steps = _steps(*way, counts, outputs)
        if steps is None:
            return None
        walk += steps
    for axis, size in enumerate(counts):
        ways = [step.step * (step.count - 1) for step in walk if step.axis == axis]
        low = places[axis] + sum(min(way, 0) for way in ways)
        high = places[axis] + sum(max(way, 0) for way in ways)
        if low < 0 or high >= size:
            return None
    walk.sort(key=lambda step: -abs(step.output))
    count = [step.count for step in walk]
    inner = [0 if step.axis is None else step.step * inputs[step.axis] for step in walk]
    outer = [step.output for step in walk]
    if not can_copy(count, inner, outer):
        return None
    return copy_elements(
        Operator(second.source_index, second.name, 1, (), ()),
        graph.tensors[first.inputs[0]],
        graph.tensors[second.output],
        count,
        input_start=first.params["input_start"]
        + sum(place * stride for place, stride in zip(places, inputs, strict=True)),
        input_strides=inner,
        output_start=second.params["output_start"],
        output_strides=outer,
        fill=second.params["fill_value"] if second.params["fill"] else None,
    )


def _walk(params: Mapping[str, Any]) -> list[tuple[int, int, int]]:
    """(count, input stride, output stride) of each dimension that a copy goes along."""
    ways = zip(params["count"], params["input_stride"], params["output_stride"], strict=True)
    return [way for way in ways if way[0] > 1]


def _steps(
    count: int, stride: int, output: int, counts: list[int], strides: list[int]
) -> list[Step] | None:
    """A way through dimensions of `counts` and `strides`, one dimension at a time; None if not.

    A way that runs over a dimension's end becomes one along it and one along those further out.
    """
    if stride == 0:
        return [Step(count, None, 0, output)]
    axis = next(i for i, step in enumerate(strides) if step <= abs(stride))
    step, rest = divmod(abs(stride), strides[axis])
    if rest:
        return None
    sign = 1 if stride > 0 else -1
    if step * (count - 1) < counts[axis]:
        return [Step(count, axis, sign * step, output)]
    within, rest = divmod(counts[axis], step)
    if rest or count % within:
        return None
    outer = _steps(count // within, stride * within, output * within, counts, strides)
    return None if outer is None else [*outer, Step(within, axis, sign * step, output)]


def _pays(
    graph: Graph,
    operators: list[PlanOperator],
    first: PlanOperator,
    second: PlanOperator,
    one: PlanOperator | View,
) -> bool:
    """Whether one copy is no slower, and needs no more RAM."""
    source, between, output = (
        math.prod(graph.tensors[index].shape)
        for index in (first.inputs[0], first.output, second.output)
    )
    near = operators.index(second) == operators.index(first) + 1
    if source > between and not (near and output <= between):
        return False
    if isinstance(one, View):
        # a state is never a view, and nothing is one of it for good
        if graph.tensors[one.source].state or graph.tensors[one.output].state:
            return False
        return [op for op in operators if op.output == second.output] == [second]
    return _cycles(graph, one) <= _cycles(graph, first) + _cycles(graph, second)


def _cycles(graph: Graph, operator: PlanOperator) -> int:
    return predict(operator.kernel, Layer.of(operator, graph.tensors)).cycles
