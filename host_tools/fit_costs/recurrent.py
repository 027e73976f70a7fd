"""Recurrent layers whose cost is measured: one a network, of many sizes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from host_tools.fit_costs.side_by_side import Network
from host_tools.graph import Graph, Operator, Quantization, Tensor
from host_tools.kernels.gru import CARD, PRODUCTS, SUMS
from host_tools.kernels.layer import Layer
from host_tools.operators.gru import GRU

# depth, units
_GRUS = ((10, 8), (60, 60), (33, 20), (5, 5), (64, 40), (16, 96), (90, 30))
# steps, depth, units
_LSTMS = ((1, 10, 8), (1, 40, 64), (4, 12, 20), (10, 10, 32), (2, 64, 31), (3, 5, 5), (1, 96, 48))
# depth, filters, rank, memory
_SVDFS = (
    *((40, 32, 1, 8), (16, 24, 2, 10), (8, 5, 1, 3), (64, 64, 2, 12), (10, 90, 3, 4)),
    *((33, 48, 1, 20), (120, 12, 2, 2)),
)


def recurrent_networks(rng: np.random.Generator) -> Iterator[Network]:
    """A network of one LSTM, SVDF or step of a GRU each."""
    for steps, depth, units in _LSTMS:
        yield Network(_Builder(rng).lstm(steps, depth, units), ())
    for number, (depth, filters, rank, memory) in enumerate(_SVDFS):
        dtype = "int16" if number % 2 else "int8"
        yield Network(_Builder(rng).svdf(depth, filters, rank, memory, dtype), ())

    for depth, units in _GRUS:
        yield Network(_Builder(rng).gru(depth, units), ())


class _Builder:
    """A graph of one operator in the making."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.tensors: list[Tensor] = []

    def lstm(self, steps: int, depth: int, units: int) -> Graph:
        source = self._add((1, steps, depth), "int8", 1 / 64)
        inputs = [source, *(self._weights((units, depth)) for _ in range(4))]
        inputs += [self._weights((units, units)) for _ in range(4)] + [-1] * 3
        inputs += [self._weights((units,), "int32") for _ in range(4)] + [-1, -1]
        inputs.append(self._add((1, units), "int8", 1 / 128, state=True))
        inputs.append(self._add((1, units), "int16", 2.0**-11, state=True))
        target = self._add((1, steps, units), "int8", 1 / 128)
        options = {"fused_activation_function": "TANH", "cell_clip": 0.0, "time_major": False}
        kind = "UNIDIRECTIONAL_SEQUENCE_LSTM"
        return self._graph(kind, [*inputs, *[-1] * 4], source, target, options)

    def svdf(self, depth: int, filters: int, rank: int, memory: int, dtype: str) -> Graph:
        source = self._add((1, depth), "int8", 1 / 64)
        units = filters // rank
        inputs = [source, self._weights((filters, depth)), self._weights((filters, memory), dtype)]
        inputs.append(self._weights((units,), "int32"))
        inputs.append(self._add((1, filters * memory), dtype, 0.02, state=True))
        target = self._add((1, units), "int8", 0.1)
        options = {"fused_activation_function": "NONE", "rank": rank}
        return self._graph("SVDF", inputs, source, target, options)

    def gru(self, depth: int, units: int) -> Graph:
        source, hidden, target = (
            self._add((1, size), "int8", 1 / 64) for size in (depth, units, units)
        )
        layer = Layer({"depth": depth, "units": units}, ((1, depth), (1, units)), (1, units))
        record = [1 << 30, -(1 << 20)]  # a shift to the right
        data = {}
        for block in CARD.blocks:
            size = block.elements(layer)
            scales = block.name.endswith("scales")
            values = np.resize(record, size) if scales else self.rng.integers(-127, 128, size)
            data[block.name] = values.astype(block.dtype)
        sums, products = [0, *record, 0, *record, *record, 0], [0, 0, *record, 0]
        data["elements"] = np.array(len(SUMS) * sums + len(PRODUCTS) * products, np.int32)
        params = {**layer.params, "input_offset": 0, "hidden_offset": 0}
        options = {"params": params, "data": data}
        graph = self._graph(GRU, [source, hidden], source, target, options)
        return dataclasses.replace(graph, inputs=(source, hidden))

    def _add(self, shape: tuple[int, ...], dtype: str, scale: float, **more: Any) -> int:
        index = len(self.tensors)
        quantization = Quantization(np.array([scale], np.float32), np.zeros(1, np.int64))
        self.tensors.append(Tensor(index, "", shape, dtype, quantization, **more))
        return index

    def _weights(self, shape: tuple[int, ...], dtype: str = "int8") -> int:
        values = self.rng.integers(-127, 128, shape).astype(dtype)
        return self._add(shape, dtype, 1 / 128, data=values)

    def _graph(
        self, kind: str, inputs: Sequence[int], source: int, target: int, options: dict[str, Any]
    ) -> Graph:
        operator = Operator(0, kind, 1, tuple(inputs), (target,), options)
        return Graph(kind, self.tensors, [operator], (source,), (target,))
