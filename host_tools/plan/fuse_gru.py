"""Makes one operator of each step of a GRU that a converter has unrolled.

A step is two fully connected layers, of an input and of the hidden state, three parts each, and
    update = logistic(x0 + h0), reset = logistic(x1 + h1), candidate = tanh(x2 + reset * h2),
    hidden = update * hidden + (1 - update) * candidate
each operator with scales of its own; the layers' parts 0 and 1, the rows of their weights, may
also be the other way round. The first step, whose hidden state is 0, is another graph and stays as
it is.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools import reference
from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator
from host_tools.kernels.gru import PRODUCTS, SUMS
from host_tools.kernels.layer import divide_up
from host_tools.kernels.recurrent import ROWS, in_groups
from host_tools.kernels.requantization import Refused, scale_record
from host_tools.operators import OPERATORS
from host_tools.operators.gru import GRU
from host_tools.operators.weighted import fully_connected
from host_tools.plan_types import PlanOperator

Data = dict[str, npt.NDArray[np.generic]]
PARTS = ("SPLIT", "SPLIT_V", "STRIDED_SLICE", "SLICE")


class _NoMatch(Exception):
    """These operators are not a step of a GRU."""


@dataclass(frozen=True)
class _Step:
    """The operators of a step; sums and products with the tensors that they take first.

    `reset_first`: part 0 of its layers is the reset's, part 1 the update's.
    """

    input: Operator
    hidden: Operator
    sums: dict[str, tuple[Operator, int]]
    products: dict[str, tuple[Operator, int]]
    update: Operator
    rest: Operator
    reset: Operator
    tanh: Operator
    reset_first: bool


def fuse_gru(graph: Graph) -> Graph:
    """The graph with an operator GRU in place of the last of each step."""
    finder = _Finder(graph)
    operators = []
    for operator in graph.operators:
        try:
            operators.append(_fused(graph, operator, finder.step(operator)))
        except (_NoMatch, CommandError, Refused):
            operators.append(operator)
    return dataclasses.replace(graph, operators=operators)


# how many inputs the operators of a step have
INPUTS = {
    **dict.fromkeys(("ADD", "MUL", "SUB"), (2,)),
    **dict.fromkeys(("LOGISTIC", "TANH"), (1,)),
    "FULLY_CONNECTED": (2, 3),
}


class _Finder:
    """Finds the step that ends with an operator."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.writers = {index: op for op in graph.operators for index in op.outputs}

    def step(self, last: Operator) -> _Step:
        """Raises _NoMatch where it ends with none."""
        if last.kind != "ADD" or not _whole(last):
            raise _NoMatch
        for old_index, fresh_index in (last.inputs, last.inputs[::-1]):
            old, fresh = self._is(old_index, "MUL"), self._is(fresh_index, "MUL")
            for update_index, hidden in (old.inputs, old.inputs[::-1]):
                for rest_index, tanh_index in (fresh.inputs, fresh.inputs[::-1]):
                    try:
                        update = self._is(update_index, "LOGISTIC")
                        rest, tanh = self._is(rest_index, "SUB"), self._is(tanh_index, "TANH")
                    except _NoMatch:
                        continue
                    if rest.inputs[1] != update_index:
                        continue
                    if self.graph.tensors[rest.inputs[0]].data is None:
                        continue
                    outer = {"output": (last, old_index)}
                    products = {"old": (old, update_index), "fresh": (fresh, rest_index)}
                    return self._inner(outer, products, update, rest, tanh, hidden)
        raise _NoMatch

    def _inner(
        self,
        sums: dict[str, tuple[Operator, int]],
        products: dict[str, tuple[Operator, int]],
        update: Operator,
        rest: Operator,
        tanh: Operator,
        hidden: int,
    ) -> _Step:
        candidate = self._is(tanh.inputs[0], "ADD")
        for own, kept_index in (candidate.inputs, candidate.inputs[::-1]):
            try:
                kept = self._is(kept_index, "MUL")
                dense, units = self._part(own, 2)
            except _NoMatch:
                continue
            for reset_index, theirs in (kept.inputs, kept.inputs[::-1]):
                try:
                    reset = self._is(reset_index, "LOGISTIC")
                    layer, same = self._part(theirs, 2)
                except _NoMatch:
                    continue
                if layer.inputs[0] != hidden or same != units:
                    raise _NoMatch
                first = self._order(sums, update, reset, dense, layer)
                sums["candidate"] = (candidate, own)
                products["kept_of_hidden"] = (kept, reset_index)
                return _Step(dense, layer, sums, products, update, rest, reset, tanh, first)
        raise _NoMatch

    def _order(
        self,
        sums: dict[str, tuple[Operator, int]],
        update: Operator,
        reset: Operator,
        dense: Operator,
        layer: Operator,
    ) -> bool:
        """Whether the reset is of part 0, and adds both gates' sums."""
        for gates in ({"update": update, "reset": reset}, {"reset": reset, "update": update}):
            try:
                for place, (name, gate) in enumerate(gates.items()):
                    total = self._is(gate.inputs[0], "ADD")
                    sums[name] = (total, self._of(total, place, dense, layer))
            except _NoMatch:
                continue
            return next(iter(gates)) == "reset"
        raise _NoMatch

    def _of(self, total: Operator, place: int, dense: Operator, layer: Operator) -> int:
        """Which of the inputs of a sum is that layer's part; the other must be the other's."""
        for own, theirs in (total.inputs, total.inputs[::-1]):
            try:
                found = (self._part(own, place)[0], self._part(theirs, place)[0])
            except _NoMatch:
                continue
            if found[0] is dense and found[1] is layer:
                return own
        raise _NoMatch

    def _is(self, index: int, kind: str) -> Operator:
        """The operator that writes a tensor, if it is one of this kind."""
        found = self.writers.get(index)
        if found is None or found.kind != kind or not _whole(found):
            raise _NoMatch
        return found

    def _part(self, index: int, place: int) -> tuple[Operator, int]:
        """The fully connected layer of whose three parts a tensor is this one, and its size."""
        taken = self.writers.get(index)
        if taken is None or taken.kind not in PARTS:
            raise _NoMatch
        copies = [step for step in _lowered(self.graph, taken) if step.output == index]
        if len(copies) != 1 or not isinstance(copies[0], PlanOperator):
            raise _NoMatch
        [copy], units = copies, self.graph.tensors[index].shape[-1]
        dense = self._is(copy.inputs[0], "FULLY_CONNECTED")
        (whole,) = dense.outputs
        shape = self.graph.tensors[whole].shape
        starts = copy.params["input_start"] == place * units
        runs_on = copy.params["count"] == (1,) * 5 + (units,)
        if not (starts and runs_on and shape == (1, 3 * units)):
            raise _NoMatch
        return dense, units


def _whole(operator: Operator) -> bool:
    """Whether it has its kind's inputs and output, which a damaged file may not give it."""
    fits = len(operator.inputs) in INPUTS[operator.kind] and len(operator.outputs) == 1
    return fits and min(operator.inputs[:2]) >= 0  # A bias may be left out.


def _lowered(graph: Graph, operator: Operator) -> list[Any]:
    scratch = dataclasses.replace(graph, tensors=list(graph.tensors))
    return OPERATORS[operator.kind].lower(scratch, operator)


def _fused(graph: Graph, last: Operator, step: _Step) -> Operator:
    """The operator GRU of a step. Raises _NoMatch where it would not be exact."""
    params, data = _dense(graph, step.input, "", step.reset_first)
    more, others = _dense(graph, step.hidden, "hidden_", step.reset_first)
    if more["units"] != 3 * more["depth"] or params["units"] != more["units"]:
        raise _NoMatch
    words: list[int] = []
    for name in SUMS:
        words += _sum_words(graph, *step.sums[name])
    for name in PRODUCTS:
        words += _product_words(graph, *step.products[name])
    update, rest = _table(graph, [step.update]), _table(graph, [step.update, step.rest])
    tables = [update, rest, _table(graph, [step.reset]), _table(graph, [step.tanh])]
    return dataclasses.replace(
        last,
        kind=GRU,
        inputs=(step.input.inputs[0], step.hidden.inputs[0]),
        options={
            "params": {
                "depth": params["depth"],
                "units": more["depth"],
                "input_offset": params["output_offset"],
                "hidden_offset": more["output_offset"],
            },
            "data": {
                **data,
                **others,
                "elements": np.array(words, np.int32),
                "tables": np.stack(tables),
            },
        },
    )


def _dense(
    graph: Graph, operator: Operator, prefix: str, reset_first: bool
) -> tuple[dict[str, int], Data]:
    """A layer's parameters, and its data with the update's part first."""
    params, given = fully_connected(graph, operator)
    if params["filter_offset"] or (params["act_min"], params["act_max"]) != (-128, 127):
        raise _NoMatch
    units, depth = params["units"], params["depth"]
    order = np.arange(units).reshape(3, -1)
    rows = order[[1, 0, 2] if reset_first else [0, 1, 2]].ravel()
    blocks = divide_up(units, ROWS)
    weights = np.zeros((blocks * ROWS, depth), np.int8)
    weights[:units] = given["weights"][rows]
    start = np.zeros(blocks * ROWS, np.int64)
    start[:units] = given["bias"][rows]
    start += params["input_offset"] * weights.astype(np.int64).sum(axis=1)
    if np.abs(start).max() >= 1 << 31:
        raise _NoMatch
    pairs = np.broadcast_to(np.stack([given["multiplier"], given["shift"]], axis=1), (units, 2))
    scales = np.array([scale_record(int(m), int(s)) for m, s in pairs[rows]], np.int32)
    return params, {
        f"{prefix}weights": in_groups(weights.reshape(blocks, ROWS, depth)),
        f"{prefix}start": start.astype(np.int32),
        f"{prefix}scales": scales,
    }


def _call(graph: Graph, operator: Operator, kernel: str) -> dict[str, Any]:
    """The parameters of an elementwise operator that is one call and nothing broadcasts in."""
    steps = _lowered(graph, operator)
    shapes = {graph.tensors[i].shape[-1:] for i in (*operator.inputs, *operator.outputs)}
    if len(steps) != 1 or steps[0].kernel != kernel or len(shapes) != 1:
        raise _NoMatch
    params: dict[str, Any] = steps[0].params
    if (params["act_min"], params["act_max"]) != (-128, 127):
        raise _NoMatch
    if steps[0].inputs != operator.inputs:
        raise _NoMatch
    return params


def _sum_words(graph: Graph, operator: Operator, first: int) -> list[int]:
    params = _call(graph, operator, "add_s8")
    places = (0, 1) if operator.inputs[0] == first else (1, 0)
    words: list[int] = []
    for place in places:
        words.append(params[f"input{place}_offset"])
        words += scale_record(params[f"input{place}_multiplier"], params[f"input{place}_shift"])
    words += scale_record(params["output_multiplier"], params["output_shift"])
    return [*words, params["output_offset"]]


def _product_words(graph: Graph, operator: Operator, first: int) -> list[int]:
    params = _call(graph, operator, "mul_s8")
    places = (0, 1) if operator.inputs[0] == first else (1, 0)
    return [
        *(params[f"input{place}_offset"] for place in places),
        *scale_record(params["output_multiplier"], params["output_shift"]),
        params["output_offset"],
    ]


def _table(graph: Graph, chain: list[Operator]) -> npt.NDArray[np.int8]:
    """What operators, one after the other, make of each byte, which is read as unsigned."""
    tensors = list(graph.tensors)
    written = {chain[0].inputs[0], *(index for op in chain for index in op.outputs)}
    for index in written:
        tensors[index] = dataclasses.replace(tensors[index], shape=(256,))
    (start,), (end,) = chain[0].inputs, chain[-1].outputs
    alone = Graph("", tensors, list(chain), (start,), (end,))
    values = np.arange(256, dtype=np.uint8).view(np.int8)
    if {tensors[start].dtype, tensors[end].dtype} != {"int8"}:
        raise _NoMatch
    return reference.run(alone, [values])[0].astype(np.int8)
