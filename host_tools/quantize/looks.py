"""Warnings of calibration data that look wrong: too few, constant, or of another range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.graph import Graph, Operator
from host_tools.quantize.litert import LiteRt
from host_tools.quantize.samples import Samples, takes_pictures
from host_tools.tensor_text import short_name

Array = npt.NDArray[Any]

FEW = 32
MOST_NAMED = 5
LOOKED_AT = 32
# the ranges in which pixels are usual, as --image-range has them
USUAL = ((0, 1), (-1, 1), (0, 255))
# a network that multiplies its input by less than this wants pixels of 0 to 255
SMALL_FACTOR = 1 / 64
SMALL_SPAN, LARGE_SPAN = 8, 64
# how much better another range must be
MORE_RIGHT = 0.2
MORE_LIVELY = 4.0
SURE, SURE_SHARE = 0.9999, 0.9


def warnings(model: bytes, graph: Graph, samples: Samples) -> list[str]:
    """A sentence for each thing that looks wrong; [] where nothing does."""
    taken = samples.spread(LOOKED_AT)
    read = [samples.read(index) for index in taken]
    found = []
    if samples.count < FEW:
        found.append(
            f"{samples.count} samples are few: a layer's range is seen from some hundred that are "
            "like those at work"
        )
    for place, index in enumerate(graph.inputs):
        arrays = [inputs[place] for inputs in read]
        found += _constant(short_name(graph.tensors[index].name), arrays)
    found += _absent(graph, samples)
    if len(graph.inputs) == 1 and graph.tensors[graph.inputs[0]].dtype == "float32":
        found += _other_range(model, graph, samples, taken, [inputs[0] for inputs in read])
    return found


def _absent(graph: Graph, samples: Samples) -> list[str]:
    """Which of the network's classes no sample has."""
    if samples.labels is None:
        return []
    count = int(np.prod(graph.tensors[graph.outputs[0]].shape))
    absent = sorted({*range(count)} - {*np.unique(samples.labels).tolist()})
    if not absent:
        return []
    named = [samples.classes[index] if samples.classes else str(index) for index in absent]
    more = ", ..." if len(named) > MOST_NAMED else ""
    return [
        f"{len(absent)} of the {count} classes have no sample ({', '.join(named[:MOST_NAMED])}"
        f"{more}): accuracy and ranges are of the others"
    ]


def _constant(name: str, arrays: Sequence[Array]) -> list[str]:
    if len(arrays) > 1 and all((array == arrays[0]).all() for array in arrays):
        return [f"all samples of {name} looked at are the same: the ranges will be of one input"]
    flat = sum(array.size > 1 and bool((array == array.flat[0]).all()) for array in arrays)
    if flat:
        return [f"{flat} of the {len(arrays)} samples of {name} looked at hold one value only"]
    return []


def _other_range(
    model: bytes, graph: Graph, samples: Samples, taken: Sequence[int], arrays: Sequence[Array]
) -> list[str]:
    """Whether pixels of another range seem to be wanted."""
    low, high = samples.ranges[0] or (
        float(min(array.min() for array in arrays)),
        float(max(array.max() for array in arrays)),
    )
    span = high - low
    factor = first_factor(graph)
    if factor < SMALL_FACTOR and 0 < span <= SMALL_SPAN:
        return [
            f"the network itself multiplies its input by {factor:.4g}, but the samples reach from "
            f"{low:.4g} to {high:.4g}: give pixels of 0 to 255 (--image-range 0 255)"
        ]
    output = graph.tensors[graph.outputs[0]]
    if span <= 0 or output.dtype != "float32" or output.shape[-1:] in ((), (1,)):
        return []
    if not takes_pictures(graph.tensors[graph.inputs[0]]):
        return []
    maker = next((op for op in graph.operators if graph.outputs[0] in op.outputs), None)
    logits = maker is None or maker.kind not in ("SOFTMAX", "LOGISTIC")
    runner = LiteRt(model, graph)

    def answers(least: float, most: float) -> Array:
        """The answers, as probabilities, where `low` is `least` and `high` is `most`."""
        factor = (most - least) / span
        changed = (np.float32(least) + (array - low) * np.float32(factor) for array in arrays)
        rows = [runner.run([array.astype(np.float32)])[0].ravel() for array in changed]
        return _softmax(np.stack(rows)) if logits else np.stack(rows)

    given = answers(low, high)
    for least, most in USUAL:
        if abs(most - high) + abs(least - low) < 0.1 * (most - least):
            continue
        other = answers(least, most)
        reason = _is_better(
            span,
            most - least,
            given,
            other,
            None if samples.labels is None else samples.labels[taken],
        )
        if reason:
            return [
                f"the samples reach from {low:.4g} to {high:.4g}, but spread over {least} to "
                f"{most} {reason}: was the network trained with --image-range {least} {most}?"
            ]
    return []


def _softmax(rows: Array) -> Array:
    powers = np.exp(rows - rows.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def _is_better(
    span: float, wanted: float, given: Array, other: Array, labels: Array | None
) -> str:
    """Why the answers to samples of another range are better; "" where they are not."""
    if labels is not None:
        right, now = ((rows.argmax(1) == labels).mean() for rows in (other, given))
        if right > now + MORE_RIGHT:
            return (
                f"{100 * right:.0f} % of them are classified right in place of {100 * now:.0f} %"
            )
        return ""
    if span <= SMALL_SPAN and wanted >= LARGE_SPAN:
        if other.std(0).max() > MORE_LIVELY * given.std(0).max():
            return "the network's answers differ much more from sample to sample"
    elif span >= LARGE_SPAN and wanted <= SMALL_SPAN:
        sure, unsure = ((rows.max(1) > SURE).mean() for rows in (given, other))
        if sure >= SURE_SHARE and unsure < SURE_SHARE / 2:
            return "the network is not wholly sure of every answer"
    return ""


def first_factor(graph: Graph) -> float:
    """What the network multiplies its input by before its first layer; 1 where it does not."""
    factor, index = 1.0, graph.inputs[0]
    while True:
        readers = [operator for operator in graph.operators if index in operator.inputs]
        if len(readers) != 1 or readers[0].kind not in ("MUL", "DIV", "ADD", "SUB"):
            return abs(factor)
        constant = _constant_of(graph, readers[0])
        if constant is None:
            return abs(factor)
        if readers[0].kind == "MUL":
            factor *= constant
        elif readers[0].kind == "DIV" and constant:
            factor /= constant
        index = readers[0].outputs[0]


def _constant_of(graph: Graph, operator: Operator) -> float | None:
    """The mean of an operator's constant; None where it has none."""
    data = [graph.tensors[index].data for index in operator.inputs if index >= 0]
    known = [values for values in data if values is not None and values.size]
    return float(np.mean(known[0])) if known else None
