"""Arithmetic on shapes, done at packing: what converters leave of a network of varying size.

SHAPE, then slices, sums and PACK of int32 numbers, down to the shape that a RESHAPE or a resize
takes. A blob's tensors have fixed shapes, so all of it is known. FILL and ZEROS_LIKE of a known
shape are constants, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.graph import Operator, Tensor

Array = npt.NDArray[Any]

MOST_ELEMENTS = 1 << 22
NUMBERS = ("int32", "int64", "float32", "bool")
# what numpy raises for numbers that do not go together
WRONG = (ValueError, IndexError, KeyError, TypeError, OverflowError, ZeroDivisionError)


@dataclass(frozen=True)
class Step:
    """An operator with its tensors, and the values of its inputs."""

    operator: Operator
    given: list[Tensor]
    targets: list[Tensor]
    values: list[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """The only output's."""
        (target,) = self.targets
        return target.shape

    def option(self, name: str) -> int:
        return int(self.operator.options[name])


def fold_shapes(tensors: list[Tensor], operator: Operator) -> list[Array] | None:
    """The operator's results, where they are numbers known at packing; else None."""
    kind = operator.kind
    fused = operator.options.get("fused_activation_function", "NONE")
    if kind not in _FUNCTIONS or min(operator.inputs, default=0) < 0 or fused != "NONE":
        return None
    given = [tensors[index] for index in operator.inputs]
    targets = [tensors[index] for index in operator.outputs]
    step = Step(operator, given, targets, [tensor.data for tensor in given])
    if kind not in _OF_SHAPES and any(value is None for value in step.values):
        return None
    if sum(math.prod(tensor.shape) for tensor in targets) > MOST_ELEMENTS:
        return None
    quantized = kind in ("FILL", "ZEROS_LIKE")
    if not quantized and any(tensor.dtype not in NUMBERS for tensor in targets):
        return None
    if kind not in (*_OF_SHAPES, "FILL") and any(t.dtype not in NUMBERS for t in given):
        return None
    try:
        with np.errstate(all="ignore"):
            found = _FUNCTIONS[kind](step)
        results = list(found) if isinstance(found, list) else [found]
        return [
            np.asarray(result).astype(target.dtype).reshape(target.shape)
            for result, target in zip(results, targets, strict=True)
        ]
    except WRONG:
        return None


def _binary(function: Callable[[Array, Array], Array]) -> Callable[[Step], Array]:
    return lambda step: function(*step.values)


def _reduced(function: Callable[..., Array]) -> Callable[[Step], Array]:
    # the output's shape says whether dimensions are kept
    return lambda step: function(step.values[0], axis=tuple(step.values[1].reshape(-1)))


def _range(step: Step) -> Array:
    start, _, delta = (value.reshape(())[()] for value in step.values)
    return start + delta * np.arange(math.prod(step.shape))


def _slice(step: Step) -> Array:
    source, begin, size = step.values
    return source[
        tuple(
            slice(b, None if s == -1 else b + s)
            for b, s in zip(begin.tolist(), size.tolist(), strict=True)
        )
    ]


def _strided_slice(step: Step) -> Array:
    source, *bounds = step.values
    if step.option("ellipsis_mask") or step.option("new_axis_mask") or step.option("offset"):
        raise ValueError
    taken: list[slice | int] = []
    for axis, (begin, end, stride) in enumerate(
        zip(*(bound.tolist() for bound in bounds), strict=True)
    ):
        first = None if step.option("begin_mask") >> axis & 1 else begin
        last = None if step.option("end_mask") >> axis & 1 else end
        shrunk = step.option("shrink_axis_mask") >> axis & 1
        taken.append((first or 0) if shrunk else slice(first, last, stride))
    return source[tuple(taken)]


def _select(step: Step) -> Array:
    return np.where(*step.values)


_OF_SHAPES: dict[str, Callable[[Step], Any]] = {
    "RANK": lambda step: np.array(len(step.given[0].shape)),
    "SHAPE": lambda step: np.array(step.given[0].shape),
    "ZEROS_LIKE": lambda step: np.zeros(step.shape),
}

_FUNCTIONS: dict[str, Callable[[Step], Any]] = {
    **_OF_SHAPES,
    "ABS": lambda step: np.abs(step.values[0]),
    "ADD": _binary(np.add),
    "BROADCAST_TO": lambda step: np.broadcast_to(step.values[0], step.shape),
    "CAST": lambda step: step.values[0],
    "CONCATENATION": lambda step: np.concatenate(step.values, step.option("axis")),
    "EQUAL": _binary(np.equal),
    "EXPAND_DIMS": lambda step: step.values[0],
    "FILL": lambda step: np.full(step.shape, step.values[1].reshape(())),
    "FLOOR_DIV": _binary(np.floor_divide),
    "FLOOR_MOD": _binary(np.mod),
    "GATHER": lambda step: np.take(step.values[0], step.values[1], step.option("axis")),
    "GREATER": _binary(np.greater),
    "LESS": _binary(np.less),
    "MAXIMUM": _binary(np.maximum),
    "MINIMUM": _binary(np.minimum),
    "MUL": _binary(np.multiply),
    "NEG": lambda step: -step.values[0],
    "PACK": lambda step: np.stack(step.values, step.option("axis")),
    "RANGE": _range,
    "REDUCE_PROD": _reduced(np.prod),
    "RESHAPE": lambda step: step.values[0],
    "SELECT": _select,
    "SELECT_V2": _select,
    "SLICE": _slice,
    "SPLIT": lambda step: np.split(step.values[1], len(step.targets), int(step.values[0])),
    "SQUEEZE": lambda step: step.values[0],
    "STRIDED_SLICE": _strided_slice,
    "SUB": _binary(np.subtract),
    "SUM": _reduced(np.sum),
    "TRANSPOSE": lambda step: step.values[0].transpose(step.values[1].tolist()),
    "UNPACK": lambda step: list(np.moveaxis(step.values[0], step.option("axis"), 0)),
}

# what can be known at packing where its numbers are
FOLDED = frozenset(_FUNCTIONS)
