"""Moves QUANTIZE before operators that converters leave in float32 though int8 would do.

ai-edge-quantizer writes DEQUANTIZE, the operator in float32, QUANTIZE for what it has no rule for.
Quantizing works value by value and never falls, so where an operator only moves values, or takes
the larger or the smaller of two, quantizing before it gives the same bytes. What then stands
between DEQUANTIZE and QUANTIZE is a table (fuse_tables), or nothing.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict

from host_tools.graph import Graph, Operator, Tensor

# operators of one output, and how many of their first inputs hold values (None: all)
MOVES: dict[str, int | None] = {
    **dict.fromkeys(("BATCH_TO_SPACE_ND", "BROADCAST_TO", "DEPTH_TO_SPACE", "EXPAND_DIMS"), 1),
    **dict.fromkeys(("GATHER", "MIRROR_PAD", "PAD", "REDUCE_MAX", "REDUCE_MIN", "RESHAPE"), 1),
    **dict.fromkeys(("RESIZE_NEAREST_NEIGHBOR", "SLICE", "SPACE_TO_BATCH_ND"), 1),
    **dict.fromkeys(("SPACE_TO_DEPTH", "SQUEEZE", "STRIDED_SLICE", "TILE", "TRANSPOSE"), 1),
    **dict.fromkeys(("CONCATENATION", "MAXIMUM", "MINIMUM", "PACK"), None),
}


def quantize_early(graph: Graph) -> Graph:
    """The graph with each QUANTIZE of a float32 tensor as early as its bytes stay the same."""
    return _Rewriter(graph).graph()


class _Rewriter:
    """Walks the operators from the last one back; `operators` has them in that order."""

    def __init__(self, graph: Graph) -> None:
        self.source = graph
        self.tensors = list(graph.tensors)
        self.operators: list[Operator | None] = []
        # what reads a tensor: places in `operators`
        self.readers: defaultdict[int, list[int]] = defaultdict(list)

    def graph(self) -> Graph:
        for operator in reversed(self.source.operators):
            quantize = self._quantized_at(operator)
            if quantize is None:
                self._add(operator)
            else:
                self._quantize_before(operator, quantize)
        operators = [operator for operator in reversed(self.operators) if operator is not None]
        return dataclasses.replace(self.source, tensors=self.tensors, operators=operators)

    def _add(self, operator: Operator) -> None:
        for index in set(operator.inputs):
            self.readers[index].append(len(self.operators))
        self.operators.append(operator)

    def _quantized_at(self, operator: Operator) -> int | None:
        """The place of the QUANTIZE that alone needs the values of an operator that moves them."""
        if operator.kind not in MOVES or len(operator.outputs) != 1:
            return None
        (output,) = operator.outputs
        if output in self.source.outputs:
            return None
        if any(self.tensors[index].dtype != "float32" for index in self._values(operator)):
            return None
        found = None
        for place in self.readers[output]:
            reader = self.operators[place]
            assert reader is not None
            if reader.kind == "QUANTIZE" and found is None:
                found = place
            elif reader.kind != "SHAPE":
                return None
        return found

    def _values(self, operator: Operator) -> tuple[int, ...]:
        return operator.inputs[: MOVES[operator.kind]]

    def _quantize_before(self, operator: Operator, place: int) -> None:
        """Writes what the QUANTIZE at `place` wrote, of inputs that are quantized before."""
        quantize = self.operators[place]
        assert quantize is not None
        (output,), (target,) = operator.outputs, quantize.outputs
        self.operators[place] = None
        # a tensor that the quantizer put in does not say that its sizes are open
        is_open = self.tensors[output].open or self.tensors[target].open
        self.tensors[target] = dataclasses.replace(self.tensors[target], open=is_open)
        for reader in self.readers[output]:
            shape = self.operators[reader]
            if shape is not None:
                self.operators[reader] = dataclasses.replace(shape, inputs=(target,))
                self.readers[target].append(reader)
        values = self._values(operator)
        before = {index: self._byte_tensor(index, target) for index in values}
        inputs = tuple(before.get(index, index) for index in operator.inputs)
        self._add(dataclasses.replace(operator, inputs=inputs, outputs=(target,)))
        for index, byte in before.items():
            self._add(dataclasses.replace(quantize, inputs=(index,), outputs=(byte,)))

    def _byte_tensor(self, index: int, like: int) -> int:
        """A new tensor of the shape of `index` with type and quantization of `like`."""
        given, target = self.tensors[index], self.tensors[like]
        made = Tensor(
            len(self.tensors),
            f"{given.name}_quantized",
            given.shape,
            target.dtype,
            target.quantization,
            None,
            given.open,
        )
        self.tensors.append(made)
        return made.index
