"""Makes one call of channel_lines_s8 of what maps each value by its channel alone.

That is a PReLU whose slopes are a constant a channel, and what converters write in its place:
MAXIMUM of a tensor and its product with such a constant, or RELU, NEG, MUL and ADD, with QUANTIZE
between. Every call is computed here for all 256 bytes in all channels; lines and tables are sought
that give the same, and without any the calls stay as they are.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from host_tools.graph import Graph
from host_tools.kernels import KERNELS
from host_tools.kernels.card import Call, Operand
from host_tools.kernels.channel_lines import fit_lines
from host_tools.plan_types import PlanOperator, view_root

Int8 = npt.NDArray[np.int8]

ELEMENTWISE = frozenset(
    {
        *("add_s8", "mul_s8", "broadcast_add_s8", "broadcast_sub_s8", "broadcast_mul_s8"),
        *("lut_s8", "prelu_s8", "maximum_s8", "minimum_s8", "squared_difference_s8"),
    }
)
LEAST_PIXELS = 16  # of a tensor: tables and lines take room for hundreds of values
EVERY_VALUE = np.arange(-128, 128).astype(np.int8)


def fold_channels(
    graph: Graph, operators: Sequence[PlanOperator], views: Mapping[int, int]
) -> list[PlanOperator]:
    """The operators with one in place of each such group. Tensor indices are the graph's."""
    finder = _Finder(graph, operators, views)
    made: dict[int, PlanOperator] = {}
    dropped: set[int] = set()
    for place in reversed(range(len(operators))):
        if place in dropped:
            continue
        for start, places in reversed(list(finder.groups(place))):
            lines = finder.lines(start, places)
            if lines is not None:
                made[place] = lines
                dropped.update(places)
                break
    return [
        made.get(place, operator)
        for place, operator in enumerate(operators)
        if place in made or place not in dropped
    ]


class _Finder:
    """Finds groups of calls that end with one, and lines that do the same.

    Tensors are known by their roots: a view has the bytes of what it is a view of.
    """

    def __init__(
        self, graph: Graph, operators: Sequence[PlanOperator], views: Mapping[int, int]
    ) -> None:
        self.graph, self.operators, self.views = graph, operators, views
        self.writers = {operator.output: place for place, operator in enumerate(operators)}
        self.readers: dict[int, set[int]] = {}
        for place, operator in enumerate(operators):
            for index in operator.inputs:
                self.readers.setdefault(self._root(index), set()).add(place)
        for index in graph.outputs:
            self.readers.setdefault(self._root(index), set()).add(len(operators))

    def _root(self, index: int) -> int:
        return view_root(self.views, index)

    def groups(self, place: int) -> Iterator[tuple[int, tuple[int, ...]]]:
        """(tensor, calls that make the output of `place` of it alone), the smallest first."""
        output = self.operators[place].output
        shape = self.graph.tensors[output].shape
        if not shape or shape[-1] < 2 or math.prod(shape) < LEAST_PIXELS * shape[-1]:
            return
        places: set[int] = set()
        open_roots = {output}
        while True:
            # the one that is written last cannot be what the others are computed from
            last = max(open_roots, key=lambda root: self.writers.get(root, -1))
            writer = self.writers.get(last)
            if writer is None or places and not self.readers[last] <= places:
                return
            before = self._varying(writer, shape)
            if not before:
                return
            places.add(writer)
            open_roots = (open_roots - {last}) | {self._root(index) for index in before}
            if len(open_roots) == 1 and any(map(self._by_channel, places)):
                # of the views of what is left, the one read here: it has the shape
                yield self._read(open_roots, places), tuple(sorted(places))

    def _read(self, roots: set[int], places: set[int]) -> int:
        read = (index for place in sorted(places) for index in self.operators[place].inputs)
        return next(index for index in read if self._root(index) in roots)

    def _varying(self, place: int, shape: tuple[int, ...]) -> list[int]:
        """The inputs that its call takes value by value; none where it does otherwise."""
        operator = self.operators[place]
        tensors = [self.graph.tensors[index] for index in (*operator.inputs, operator.output)]
        constants = [tensor for tensor in tensors if tensor.data is not None]
        varying = [tensor for tensor in tensors if tensor.data is None]
        by_value = (
            operator.kernel in ELEMENTWISE
            and all(tensor.dtype == "int8" for tensor in tensors)
            and all(tensor.shape == shape for tensor in varying)
            and all(math.prod(tensor.shape[:-1]) == 1 for tensor in constants)
        )
        return [tensor.index for tensor in varying[:-1]] if by_value else []

    def _by_channel(self, place: int) -> bool:
        data = [self.graph.tensors[index].data for index in self.operators[place].inputs]
        return any(values is not None and values.size > 1 for values in data)

    def lines(self, start: int, places: tuple[int, ...]) -> PlanOperator | None:
        """A call that does what these do, None where none gives the same bytes."""
        last = self.operators[places[-1]]
        shape = (256, self.graph.tensors[last.output].shape[-1])
        values: dict[int, Int8] = {}
        values[self._root(start)] = np.broadcast_to(EVERY_VALUE[:, None], shape)
        for place in places:
            values[self.operators[place].output] = self._compute(place, values, shape)
        wanted = values[last.output]
        by_channel = self.operators[max(filter(self._by_channel, places))]
        sources = (self._root(index) for index in by_channel.inputs)
        inner = next(values[root] for root in sources if root in values)
        if (inner != inner[:, :1]).any():
            inner = values[self._root(start)]
        on_lines = OnLines(inner[:, 0], values[by_channel.output])
        found = _by_threshold(wanted, on_lines) or _by_greater(wanted, on_lines)
        if found is None:
            return None
        params, data = found
        names = [self.operators[place].name for place in places]
        return dataclasses.replace(
            last,
            kernel="channel_lines_s8",
            name="+".join(names if len(names) <= 3 else [names[0], "...", names[-1]]),
            inputs=(start,),
            params=params,
            data=data,
        )

    def _compute(self, place: int, values: Mapping[int, Int8], shape: tuple[int, int]) -> Int8:
        operator = self.operators[place]
        operands = []
        for index in operator.inputs:
            data = self.graph.tensors[index].data
            array = values[self._root(index)] if data is None else data.reshape(1, -1)
            operands.append(Operand(array))
        compute = KERNELS[operator.kernel].compute
        call = Call(
            tuple(operands), Operand(np.zeros(shape, np.int8)), operator.params, operator.data
        )
        return compute(call)


@dataclass(frozen=True)
class OnLines:
    """What lines are to take from `inner` [256], of each byte, to `outer` [256, channels]."""

    inner: Int8
    outer: Int8


Found = tuple[dict[str, int], dict[str, npt.NDArray[np.generic]]]


def lines_of(wanted: Int8) -> Found | None:
    """Parameters and data of channel_lines_s8 for int8 [256, channels], None without any."""
    on_lines = OnLines(EVERY_VALUE, wanted)
    return _by_threshold(wanted, on_lines) or _by_greater(wanted, on_lines)


def _by_threshold(wanted: Int8, on_lines: OnLines) -> Found | None:
    """Lines for what channels differ in, up to a threshold; `wanted` is int8 [256, channels]."""
    (differs,) = np.nonzero((wanted != wanted[:, :1]).any(axis=1))
    if not differs.size:
        return None
    count = int(differs[-1]) + 1
    places = on_lines.outer[:count].astype(np.int64) + 128
    below = np.zeros(256, np.int8)
    below[places] = wanted[:count]
    if (below[places] != wanted[:count]).any():
        return None
    # places that are never asked for repeat the one before
    asked = np.unique(places)
    below = below[asked[np.searchsorted(asked, np.arange(256), side="right").clip(1) - 1]]
    # where entries are equal, the line may be at any of them
    edges = np.flatnonzero(np.diff(below)) + 1
    starts, ends = np.append(0, edges), np.append(edges, 256) - 1
    run = np.searchsorted(edges, places, side="right")
    lines = fit_lines(on_lines.inner[:count], starts[run] - 128, ends[run] - 128)
    if lines is None:
        return None
    params = {"greater": 0, "threshold": count - 128, "shift": lines[1]}
    return params, _data(lines[0], wanted[:, 0], on_lines, below)


def _by_greater(wanted: Int8, on_lines: OnLines) -> Found | None:
    """Lines whose table gives what is greater than the least of all channels, else no more."""
    above = wanted.min(axis=1)
    places = on_lines.outer.astype(np.int64) + 128
    below = np.full(256, 127, np.int8)
    np.minimum.at(below, places, wanted)
    below = np.minimum.accumulate(below[::-1])[::-1].copy()
    if (np.maximum(above[:, None], below[places]) != wanted).any():
        return None
    lowest = np.searchsorted(below, wanted, side="left")
    highest = np.searchsorted(below, wanted, side="right") - 1
    free = wanted == above[:, None]
    lines = fit_lines(on_lines.inner, np.where(free, 0, lowest) - 128, highest - 128)
    if lines is None:
        return None
    params = {"greater": 1, "threshold": 0, "shift": lines[1]}
    return params, _data(lines[0], above, on_lines, below)


def _data(
    lines: npt.NDArray[np.int32], above: Int8, on_lines: OnLines, below: Int8
) -> dict[str, npt.NDArray[np.generic]]:
    return {
        "lines": lines,
        "above": np.ascontiguousarray(above),
        "inner": np.ascontiguousarray(on_lines.inner),
        "below": below,
    }
