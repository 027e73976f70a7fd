"""Makes one table of a chain of operators that maps each byte of one tensor to a byte.

Converters write one activation as many operators: SiLU as LOGISTIC and MUL, hard swish as ADD,
RELU6 and two MUL, PReLU as RELU, NEG, MUL and ADD, ELU as EXP, GREATER_EQUAL and SELECT. Each
value of the result depends on one byte alone, so the chain is run here for all 256, and a table
does the same on the board. In between a chain may be float32: DEQUANTIZE, or CAST of a picture's
bytes, operators that tflite-micro has only in floating point, QUANTIZE. Where these take a
constant a channel, as a PReLU does, lines a channel are sought that give the same.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools import reference
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.operators import OPERATORS, lookup
from host_tools.operators.arguments import check_dtype, check_same_quantization, required
from host_tools.operators.floats import CHOICES, COMPARISONS, FLOATS
from host_tools.plan.fold_channels import lines_of

Array = npt.NDArray[np.generic]

BY_VALUE = {*FLOATS, *COMPARISONS, *CHOICES}
BY_VALUE |= {kind for kind, page in OPERATORS.items() if page.by_value}
# those that are a table, or nothing, on their own
ONE_TABLE = frozenset(lookup.PAGES) | {"QUANTIZE"}
BYTES = ("int8", "uint8")


@dataclass(frozen=True)
class Chain:
    """Operators, by their places in the graph, that make tensor `end` of tensor `start` alone."""

    start: int
    end: int
    places: tuple[int, ...]


def fuse_tables(graph: Graph) -> Graph:
    """The graph with such chains replaced by tables, where nothing else needs what is in between.

    A table has 256 bytes: it takes a chain's place where the chain has a table already, or where
    the tensor has at least as many values.
    """
    graph = dataclasses.replace(graph, operators=_needed(graph))
    finder = _Finder(graph)
    tables: dict[int, Operator] = {}
    dropped: set[int] = set()
    for place in reversed(range(len(graph.operators))):
        if place in dropped:
            continue
        try:
            found = _one_table(graph, finder.chain(place)) or _lines(
                graph, finder.chain(place, by_channel=True)
            )
        except CommandError:  # an operator that is not supported says so when it is lowered
            continue
        if found is not None:
            chain, options = found
            dropped.update(chain.places)
            tables[place] = dataclasses.replace(
                graph.operators[place],
                kind=lookup.TABLE,
                inputs=(chain.start,),
                options={**options, "name": _name(graph, chain)},
            )
    operators = [
        tables.get(place, operator)
        for place, operator in enumerate(graph.operators)
        if place in tables or place not in dropped
    ]
    return dataclasses.replace(graph, operators=operators)


Found = tuple[Chain, dict[str, Any]]


def _one_table(graph: Graph, chain: Chain | None) -> Found | None:
    """A chain whose table takes its place, and the table."""
    if chain is None or not _pays(graph, chain):
        return None
    return chain, {"table": _tabulate(graph, chain).view(np.uint8)}


def _lines(graph: Graph, chain: Chain | None) -> Found | None:
    """A chain that runs in float32 where channels differ, and what does the same in int8."""
    if chain is None or not _has_floats(graph, chain):
        return None
    start, end = graph.tensors[chain.start], graph.tensors[chain.end]
    if (start.dtype, end.dtype) != ("int8", "int8"):
        return None
    tables = [_tabulate(graph, chain, channel) for channel in range(end.shape[-1])]
    # from the lowest value up
    lines = lines_of(np.roll(np.stack(tables, axis=1), 128, axis=0))
    return None if lines is None else (chain, {"lines": lines})


def _name(graph: Graph, chain: Chain) -> str:
    kinds = [graph.operators[place].kind for place in chain.places]
    return "+".join(kinds if len(kinds) <= 3 else [kinds[0], "...", kinds[-1]])


def _needed(graph: Graph) -> list[Operator]:
    """The operators whose results the graph's outputs and states come from."""
    needed = {*graph.outputs, *(tensor.index for tensor in graph.tensors if tensor.state)}
    operators = []
    for operator in reversed(graph.operators):
        if not needed.isdisjoint(operator.outputs):
            needed.update(operator.inputs)
            operators.append(operator)
    return operators[::-1]


class _Finder:
    """Finds the chain that ends with an operator."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.writers: dict[int, int] = {}
        self.readers: dict[int, set[int]] = defaultdict(set)
        for place, operator in enumerate(graph.operators):
            self.writers.update(dict.fromkeys(operator.outputs, place))
            for index in operator.inputs:
                self.readers[index].add(place)

    def chain(self, place: int, by_channel: bool = False) -> Chain | None:
        """The longest chain that ends with the operator at `place`; None where there is none.

        Constants in it have one value, or with `by_channel` one for each of the last dimension.
        """
        (end, *others) = self.graph.operators[place].outputs
        if others or self.graph.tensors[end].dtype not in BYTES:
            return None
        open_tensors = self._varying(place, by_channel)
        places = {place}
        longest = None
        while open_tensors:
            if len(open_tensors) == 1:
                (start,) = open_tensors
                if self.graph.tensors[start].dtype in BYTES:
                    longest = Chain(start, end, tuple(sorted(places)))
            # the one that is written last cannot be what the others are computed from
            last = max(open_tensors, key=lambda index: self.writers.get(index, -1))
            writer = self.writers.get(last)
            needed = last in self.graph.outputs or not self.readers[last] <= places
            if writer is None or needed or not (before := self._varying(writer, by_channel)):
                break
            places.add(writer)
            open_tensors = (open_tensors - {last}) | before
        return longest

    def _varying(self, place: int, by_channel: bool) -> set[int]:
        """The inputs that its operator takes value by value; none where it does otherwise."""
        operator = self.graph.operators[place]
        if operator.kind not in BY_VALUE or len(operator.outputs) != 1:
            return set()
        shape = self.graph.tensors[operator.outputs[0]].shape
        varying = set()
        for index in operator.inputs:
            if index < 0:
                return set()
            tensor = self.graph.tensors[index]
            if tensor.data is None and tensor.shape == shape:
                varying.add(index)
            elif tensor.data is None or not (
                _is_one_value(tensor.data) or by_channel and _is_by_channel(tensor, shape)
            ):
                return set()
        return varying


def _is_one_value(data: Array) -> bool:
    return bool(data.size) and bool((data == data.reshape(-1)[0]).all())


def _is_by_channel(tensor: Tensor, shape: tuple[int, ...]) -> bool:
    """Whether a constant has a value for each of the last dimension of a shape."""
    return bool(shape) and tensor.shape[-1:] == shape[-1:] == (math.prod(tensor.shape),)


def _has_floats(graph: Graph, chain: Chain) -> bool:
    outputs = (graph.operators[place].outputs[0] for place in chain.places)
    return any(graph.tensors[output].dtype == "float32" for output in outputs)


def _pays(graph: Graph, chain: Chain) -> bool:
    operators = [graph.operators[place] for place in chain.places]
    if _has_floats(graph, chain):
        return True  # else nothing could run it
    has_table = any(operator.kind in ONE_TABLE for operator in operators)
    if has_table and len(operators) == 1:
        return False
    return has_table or math.prod(graph.tensors[chain.end].shape) >= 256


def _tabulate(graph: Graph, chain: Chain, channel: int = 0) -> Array:
    """The table of a chain in a channel: its result for each byte of its start."""
    tensors = list(graph.tensors)
    for place in chain.places:
        for index in (*graph.operators[place].inputs, *graph.operators[place].outputs):
            tensors[index] = _for_all_bytes(graph.tensors[index], channel)
    start = np.arange(256, dtype=np.uint8).view(tensors[chain.start].dtype)
    values: dict[int, Array] = {chain.start: start}
    for place in chain.places:
        operator = graph.operators[place]
        (output,) = operator.outputs
        with np.errstate(all="ignore"):
            values[output] = _compute(tensors, operator, values)
    return values[chain.end]


def _for_all_bytes(tensor: Tensor, channel: int) -> Tensor:
    """A tensor of 256 values in its place, or of the channel's value where it is a constant."""
    if tensor.data is None:
        return dataclasses.replace(tensor, shape=(256,))
    value = tensor.data.reshape(-1)[[channel % tensor.data.size]]
    return dataclasses.replace(tensor, shape=(1,), data=value)


def _compute(tensors: list[Tensor], operator: Operator, values: dict[int, Array]) -> Array:
    target = tensors[operator.outputs[0]]
    given = [tensors[index] for index in operator.inputs]
    found = [values[tensor.index] if tensor.data is None else tensor.data for tensor in given]
    inputs = tuple(dict.fromkeys(index for index in operator.inputs if index in values))
    alone = Graph("", tensors, [operator], inputs, operator.outputs)
    if operator.kind in COMPARISONS:
        for tensor in required(alone, operator, 2):
            check_dtype(tensor, "float32")
        return np.asarray(COMPARISONS[operator.kind](*found))
    if operator.kind in CHOICES:
        for tensor in required(alone, operator, 3)[1:]:
            check_same_quantization(tensor, target)
        return np.where(*found)
    if target.dtype == "float32" and operator.kind not in ("CAST", "DEQUANTIZE"):
        real_kind = FLOATS.get(operator.kind)
        if real_kind is None or real_kind.inputs != len(found):
            raise CommandError("this operator is not supported")
        return np.asarray(real_kind.compute(operator.options, *found), np.float32)
    return reference.run(alone, [values[index] for index in inputs])[0]
