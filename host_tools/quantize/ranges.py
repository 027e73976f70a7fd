"""Calibration: the range of every tensor over the samples, by least and greatest value.

No moving average, which would clip. Beside the range stand what explains one that is too wide: the
range of each channel, and how far each sample reaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.graph import Graph, Tensor
from host_tools.plan.image_tables import Range
from host_tools.progress import progress
from host_tools.quantize.litert import LiteRt
from host_tools.quantize.samples import Samples
from host_tools.tensor_text import short_name

Floats = npt.NDArray[np.float32]


@dataclass
class Watched:
    """What was seen of a tensor: its range, that of each channel, the reach of each sample.

    `low`, `high`: [channels] of the last dimension. `reaches`: the greatest magnitude of each
    sample, whose numbers are `samples`.
    """

    low: Floats
    high: Floats
    reaches: list[float] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)

    @property
    def range(self) -> Range:
        return float(self.low.min()), float(self.high.max())

    def see(self, values: Floats, sample: int) -> None:
        by_channel = values.reshape(-1, values.shape[-1] if values.ndim > 1 else 1)
        np.minimum(self.low, by_channel.min(0), out=self.low)
        np.maximum(self.high, by_channel.max(0), out=self.high)
        self.reaches.append(float(np.abs(values).max()))
        self.samples.append(sample)


def computed(graph: Graph) -> list[Tensor]:
    """The float32 tensors that the network is given and computes, in running order.

    Without those that nobody reads, as of a SPLIT: LiteRT has no values of them.
    """
    read = {*graph.outputs, *(i for operator in graph.operators for i in operator.inputs)}
    indices = [*graph.inputs, *(i for operator in graph.operators for i in operator.outputs)]
    tensors = [graph.tensors[index] for index in dict.fromkeys(indices) if index in read]
    return [t for t in tensors if t.dtype == "float32" and t.data is None and 0 not in t.shape]


def watch(
    model: bytes, graph: Graph, samples: Samples, taken: Sequence[int]
) -> dict[int, Watched]:
    """What is seen of each computed tensor over the samples `taken`, by the tensor's index.

    An input that has a range of its own keeps that. Raises CommandError for a value that is not
    finite.
    """
    runner = LiteRt(model, graph, every=True)
    tensors = computed(graph)
    watched: dict[int, Watched] = {}
    for tensor in tensors:
        channels = tensor.shape[-1] if len(tensor.shape) > 1 else 1
        watched[tensor.index] = Watched(
            np.full(channels, np.inf, np.float32), np.full(channels, -np.inf, np.float32)
        )
    with progress("calibrating", len(taken)) as update:
        for number, sample in enumerate(taken):
            runner.run(samples.read(sample))
            for tensor in tensors:
                values: npt.NDArray[Any] = runner.tensor(tensor.index)
                if not np.isfinite(values).all():
                    raise CommandError(
                        f"{samples.name(sample)}: it gives a value that is not finite in "
                        f"{short_name(tensor.name)}: correct or remove it"
                    )
                watched[tensor.index].see(values, sample)
            update(number + 1)
    for index, known in zip(graph.inputs, samples.ranges, strict=True):
        if known is not None:
            watched[index].low[:], watched[index].high[:] = known
    return watched
