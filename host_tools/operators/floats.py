"""Operators of float32, element by element, as tflite-micro computes them, and POW as LiteRT does.

No board runs them: they are for chains that begin and end in one byte (plan/fuse_tables.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.operators.functions import exp, in_double, log, tanh
from host_tools.operators.parameters import FUSED

Floats = npt.NDArray[np.float32]
Options = dict[str, Any]

_ZERO, _ONE, _SIX = np.float32(0), np.float32(1), np.float32(6)


def _logistic(x: Floats) -> Floats:
    """Logistic in logistic.h, with its two cut-offs."""
    middle = _ONE / (_ONE + exp(-x))
    return np.where(x > np.float32(16.619047), _ONE, np.where(x < -9, exp(x), middle))


_RANGES = {
    "NONE": (-np.inf, np.inf),
    "RELU": (0, np.inf),
    "RELU6": (0, 6),
    "RELU_N1_TO_1": (-1, 1),
}


@dataclass(frozen=True)
class Float:
    """How many inputs an operator has, and what it makes of its options and their values.

    `options` are as on a page, where the operator has no page.
    """

    inputs: int
    compute: Callable[..., Floats]
    options: tuple[str, Mapping[str, type | str]] | None = None


def _fused(function: Callable[[Floats, Floats], Floats], table: str | None = None) -> Float:
    """An operator of two inputs with a fused activation."""

    def compute(options: Options, a: Floats, b: Floats) -> Floats:
        fused = options["fused_activation_function"]
        if fused not in _RANGES:
            raise CommandError(f"the fused activation {fused} is not supported here")
        low, high = _RANGES[fused]
        return np.clip(function(a, b), np.float32(low), np.float32(high))

    return Float(2, compute, (table, FUSED) if table else None)


def _plain(function: Callable[..., Floats], inputs: int = 1) -> Float:
    return Float(inputs, lambda options, *values: function(*values))


FLOATS: dict[str, Float] = {
    "ABS": _plain(np.abs),
    "ADD": _fused(np.add),
    "CEIL": _plain(np.ceil),
    "COS": _plain(in_double(np.cos)),
    "DIV": _fused(np.divide, "DivOptions"),
    "ELU": _plain(lambda x: np.where(x < 0, in_double(np.expm1)(x), x)),
    "EXP": _plain(exp),
    "FLOOR": _plain(np.floor),
    "HARD_SWISH": _plain(lambda x: x * np.clip(x + np.float32(3), _ZERO, _SIX) / _SIX),
    "LEAKY_RELU": Float(
        1, lambda options, x: np.where(x > 0, x, x * np.float32(options["alpha"]))
    ),
    "LOG": _plain(log),
    "LOGISTIC": _plain(_logistic),
    "MAXIMUM": _plain(np.maximum, 2),
    "MINIMUM": _plain(np.minimum, 2),
    "MUL": _fused(np.multiply),
    "NEG": _plain(np.negative),
    "POW": _plain(lambda x, y: np.power(x.astype(np.float64), y).astype(np.float32), 2),
    "PRELU": _plain(lambda x, alpha: np.where(x >= 0, x, x * alpha), 2),
    "RELU": _plain(lambda x: np.maximum(x, _ZERO)),
    "RELU6": _plain(lambda x: np.clip(x, _ZERO, _SIX)),
    "ROUND": _plain(np.rint),
    "RSQRT": _plain(lambda x: _ONE / np.sqrt(x)),
    "SIN": _plain(in_double(np.sin)),
    "SQRT": _plain(np.sqrt),
    "SQUARE": _plain(np.square),
    "SQUARED_DIFFERENCE": _plain(lambda a, b: np.square(a - b), 2),
    "SUB": _fused(np.subtract),
    "TANH": _plain(tanh),
}

# of two float32 inputs, a bool; and what takes its second or third input by one
COMPARISONS: dict[str, Callable[..., npt.NDArray[np.bool_]]] = {
    "EQUAL": np.equal,
    "GREATER": np.greater,
    "GREATER_EQUAL": np.greater_equal,
    "LESS": np.less,
    "LESS_EQUAL": np.less_equal,
    "NOT_EQUAL": np.not_equal,
}
CHOICES = ("SELECT", "SELECT_V2")
