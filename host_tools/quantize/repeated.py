"""One range for what is the same in every step of an unrolled recurrent layer.

Each step calls the same fully connected layers. Where their inputs and outputs have ranges of
their own in each step, so have biases, multipliers and tables, and a blob holds them, or all the
weights, once a step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

from host_tools.graph import Graph, Operator
from host_tools.plan.image_tables import Range


def shared_ranges(graph: Graph, ranges: Mapping[int, Range]) -> dict[int, Range]:
    """The ranges by tensor, those of the same place in each step made one that holds them all.

    A place is what goes into layers of the same weights, or comes out, and what operators make of
    these in the same way.
    """
    found = dict(ranges)
    for group in _places(graph):
        known = [ranges[index] for index in group if index in ranges]
        if known:
            whole = (min(low for low, _ in known), max(high for _, high in known))
            found.update({index: whole for index in group if index in ranges})
    return found


def _places(graph: Graph) -> list[set[int]]:
    """Sets of tensors, disjoint, each of a place."""
    calls: dict[int, list[Operator]] = defaultdict(list)
    for operator in graph.operators:
        if operator.kind == "FULLY_CONNECTED" and len(operator.inputs) > 1:
            calls[operator.inputs[1]].append(operator)
    sets = _Sets()
    for repeated in calls.values():
        if len(repeated) > 1:
            sets.join(operator.inputs[0] for operator in repeated)
            sets.join(index for operator in repeated for index in operator.outputs)
    ends = {index: sets.root(index) for index in sets.parents}
    made: dict[int, Hashable] = {}
    numbers: dict[Hashable, int] = {}
    ways: dict[int, list[int]] = defaultdict(list)
    for operator in graph.operators:
        inputs = [index for index in operator.inputs if index >= 0]
        if not any(index in ends or index in made for index in inputs):
            continue
        taken = tuple(_taken(graph, index, ends, made) for index in inputs)
        for number, output in enumerate(operator.outputs):
            # numbered, as ways within ways would grow
            way = (operator.kind, repr(sorted(operator.options.items())), number, taken)
            made[output] = ("way", numbers.setdefault(way, len(numbers)))
            ways[numbers[way]].append(output)
    for outputs in ways.values():
        sets.join(outputs)
    groups: dict[int, set[int]] = defaultdict(set)
    for index in sets.parents:
        groups[sets.root(index)].add(index)
    return list(groups.values())


def _taken(
    graph: Graph, index: int, ends: Mapping[int, int], made: Mapping[int, Hashable]
) -> Hashable:
    data = graph.tensors[index].data
    if data is not None:
        return (data.shape, data.dtype.name, data.tobytes())
    return ("end", ends[index]) if index in ends else made.get(index, index)


class _Sets:
    """Disjoint sets of tensors."""

    def __init__(self) -> None:
        self.parents: dict[int, int] = {}

    def root(self, index: int) -> int:
        while self.parents.setdefault(index, index) != index:
            index = self.parents[index]
        return index

    def join(self, indices: Iterable[int]) -> None:
        first, *others = (self.root(index) for index in indices)
        for other in others:
            self.parents[self.root(other)] = self.root(first)
