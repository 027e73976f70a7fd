"""Keeps as int32 what a model has as int64 although int32 holds it: indices, numbers cast up."""

from __future__ import annotations

import dataclasses

from host_tools.graph import Graph, Operator
from host_tools.operators import blocks, moves, parts, repeats

# what only moves values: a result is as small as what goes in
MOVES = frozenset({**blocks.PAGES, **moves.PAGES, **parts.PAGES, **repeats.PAGES})
SMALL = ("int8", "uint8", "int32", "bool")


def narrow_indices(graph: Graph) -> Graph:
    """The graph with such tensors made int32; TensorFlow gives indices as int64 unless asked."""
    narrowed: set[int] = set()
    for operator in graph.operators:
        if _fits(graph, operator, narrowed):
            wide = [i for i in operator.outputs if graph.tensors[i].dtype == "int64"]
            narrowed.update(wide)
    tensors = [
        dataclasses.replace(tensor, dtype="int32") if tensor.index in narrowed else tensor
        for tensor in graph.tensors
    ]
    return dataclasses.replace(graph, tensors=tensors)


def _fits(graph: Graph, operator: Operator, narrowed: set[int]) -> bool:
    """Whether an operator's results fit int32, those of `narrowed` being such."""
    if operator.kind in ("ARG_MAX", "ARG_MIN"):
        return True
    computed = [i for i in operator.inputs if i >= 0 and graph.tensors[i].data is None]
    if operator.kind == "CAST":
        return all(i in narrowed or graph.tensors[i].dtype in SMALL for i in computed)
    return operator.kind in MOVES and bool(computed) and narrowed.issuperset(computed)
