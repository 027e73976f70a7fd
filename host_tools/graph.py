"""A network as its file describes it: tensors and operators, before any decision is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Quantization:
    """real = scale * (stored - zero_point).

    `scale` (float32) and `zero_point` (int64) have one entry, or one for each index along `axis`.
    """

    scale: np.ndarray
    zero_point: np.ndarray
    axis: int = 0


@dataclass
class Tensor:
    """One tensor; `data` is an array of `shape` and `dtype` for a constant, else None.

    `dtype` is numpy's name of it: int8, uint8, int16, int32, int64, float32, bool. Where the file
    leaves sizes `open`, its shape has 1 in their place, which need not be what runs. A `state`
    keeps its values from run to run; before the first it has `initial`, of shape and dtype, or
    where that is None its zero point everywhere.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    quantization: Quantization | None = None
    data: np.ndarray | None = None
    open: bool = False
    state: bool = False
    initial: np.ndarray | None = None


@dataclass
class Operator:
    """One operator. `kind` is TensorFlow Lite's name (CONV_2D); an absent optional input is -1.

    `options` holds the builtin options by the schema's field names in snake_case, with enums as
    their names: {"stride_h": 2, "padding": "SAME", "fused_activation_function": "RELU6"}.
    """

    index: int
    kind: str
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Graph:
    """A network: `inputs` and `outputs` are tensor indices, operators are in running order."""

    name: str
    tensors: list[Tensor]
    operators: list[Operator]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
