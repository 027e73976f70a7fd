"""Turns inputs with their channels first, as PyTorch has them, into inputs with channels last.

The graph then begins with a TRANSPOSE of each, or with none where it began with the opposite one:
converters write that before the first convolution.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from host_tools.errors import CommandError
from host_tools.graph import Graph, Operator, Tensor
from host_tools.tensor_text import has_channels_first

TO_LAST = (0, 2, 3, 1)
TO_FIRST = (0, 3, 1, 2)


def channels_last(graph: Graph) -> Graph:
    """The graph with inputs [1, height, width, channels] for those [1, channels, height, width].

    Raises CommandError where there is none.
    """
    turned = [index for index in graph.inputs if has_channels_first(graph.tensors[index].shape)]
    if not turned:
        shapes = ", ".join(str(list(graph.tensors[index].shape)) for index in graph.inputs)
        raise CommandError(
            "--channels-last: no input has the shape [1, 1 or 3, height, width]; the model has "
            f"{shapes}"
        )
    turner = _Turner(graph)
    inputs = tuple(turner.input(i) if i in turned else i for i in graph.inputs)
    return dataclasses.replace(
        graph, tensors=turner.tensors, operators=turner.operators, inputs=inputs
    )


class _Turner:
    """A graph in the making."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.tensors = list(graph.tensors)
        self.operators = list(graph.operators)

    def input(self, index: int) -> int:
        """A new input in the place of `index`, whose name it takes."""
        tensor = self.tensors[index]
        self.tensors[index] = dataclasses.replace(tensor, name=f"{tensor.name}/channels_first")
        last = self._last(tensor)
        self._use(index, last)
        return last

    def _last(self, tensor: Tensor) -> int:
        """A tensor as `tensor`, with its channels last."""
        shape = tuple(tensor.shape[axis] for axis in TO_LAST)
        return self._add(dataclasses.replace(tensor, shape=shape, data=None))

    def _add(self, tensor: Tensor) -> int:
        index = len(self.tensors)
        self.tensors.append(dataclasses.replace(tensor, index=index))
        return index

    def _use(self, first: int, last: int) -> None:
        """Lets what reads tensor `first` read `last`, its values with channels last."""
        needed = first in self.graph.outputs
        for operator in list(self.operators):
            if first not in operator.inputs:
                continue
            if self._turns_to_last(operator):
                self.operators.remove(operator)
                self._replace(operator.outputs[0], last)
            elif self._works_by_element(operator):
                # so it may come before the order is turned
                result = self._last(self.tensors[operator.outputs[0]])
                self.operators[self.operators.index(operator)] = dataclasses.replace(
                    operator, inputs=(last,), outputs=(result,)
                )
                self._use(operator.outputs[0], result)
            else:
                needed = True
        if needed:
            self._turn_back(first, last)

    def _turns_to_last(self, operator: Operator) -> bool:
        if operator.kind != "TRANSPOSE" or not set(operator.outputs).isdisjoint(
            self.graph.outputs
        ):
            return False
        order = self.tensors[operator.inputs[-1]].data
        return order is not None and (*order.ravel(),) == TO_LAST

    def _works_by_element(self, operator: Operator) -> bool:
        shapes = {self.tensors[i].shape for i in (*operator.inputs, *operator.outputs)}
        return operator.kind in ("QUANTIZE", "DEQUANTIZE") and len(shapes) == 1

    def _replace(self, old: int, new: int) -> None:
        for place, operator in enumerate(self.operators):
            if old in operator.inputs:
                inputs = tuple(new if index == old else index for index in operator.inputs)
                self.operators[place] = dataclasses.replace(operator, inputs=inputs)

    def _turn_back(self, first: int, last: int) -> None:
        """Makes `first` of `last`, before what reads it."""
        order = np.array(TO_FIRST, np.int32)
        permutation = self._add(Tensor(0, "channels_first/order", (4,), "int32", data=order))
        readers = [place for place, one in enumerate(self.operators) if first in one.inputs]
        place = readers[0] if readers else len(self.operators)
        source = self.operators[place].index if readers else 0
        self.operators.insert(
            place, Operator(source, "TRANSPOSE", 1, (last, permutation), (first,))
        )
