"""A plan: what a blob holds, before it is bytes. Data only; the steps that fill it lie beside."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from host_tools.audio.front_end import FrontEnd
from host_tools.kernels.layer import Layer

ITEM_SIZES = {"int8": 1, "uint8": 1, "float32": 4, "int32": 4}


@dataclass
class PlanTensor:
    """A tensor in the arena, or a constant where `data` is an array of `shape` and `dtype`.

    `dtype` is one of ITEM_SIZES and real = scale * (stored - zero_point). `view_of` names the
    tensor (an index) whose bytes these are under another shape. `offset` is in the arena, in
    bytes, once the memory planner has run. A `state` keeps its values from run to run; it begins
    with `initial`, of shape and dtype, or where that is None with its zero point everywhere.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float = 1.0
    zero_point: int = 0
    data: np.ndarray | None = None
    view_of: int | None = None
    offset: int = 0
    state: bool = False
    initial: np.ndarray | None = None

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """Bytes."""
        return self.elements * ITEM_SIZES[self.dtype]


@dataclass
class PlanOperator:
    """One call of a kernel. `kernel` and the names in `params` are docs/blob-format.md's.

    `inputs` (one or two) and `output` are tensor indices. `params` holds integers (tuples of six
    for a copy's vectors) and `data` the arrays whose offsets are the kernel's other fields.
    `source_index` and `name` say which operator of the model it came from, `why` why its kernel
    was taken. `macs` counts multiply-accumulates, sizes and offsets are bytes.
    """

    kernel: str
    source_index: int
    name: str
    inputs: tuple[int, ...]
    output: int
    params: dict[str, Any] = field(default_factory=dict)
    data: dict[str, np.ndarray] = field(default_factory=dict)
    macs: int = 0
    why: str = ""
    scratch_size: int = 0
    scratch_offset: int = 0


@dataclass
class Plan:
    """Operators in running order over tensors; `inputs` and `outputs` are tensor indices.

    `image_tables` has an entry an input: None, or the stored value by pixel value, [256] for all
    channels or [3, 256] for each; pictures are taken blue, green, red where `bgr`,
    and fitted and scaled by `fit` and `scaling` (host_tools/images.py).
    `real_inputs` are the numbers of the inputs that are float32 in the model and 8-bit here, as
    it only quantizes them. `arena_size` is bytes, scratch included. `for_ram`: the board is to
    copy the blob to RAM. `front_end` makes input 0 from sound.
    """

    name: str
    target: str
    tensors: list[PlanTensor]
    operators: list[PlanOperator]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    image_tables: list[np.ndarray | None] = field(default_factory=list)
    arena_size: int = 0
    bgr: bool = False
    fit: str = "crop"
    scaling: str = "average"
    real_inputs: tuple[int, ...] = ()
    for_ram: bool = False
    front_end: FrontEnd | None = None

    def layer(self, operator: PlanOperator) -> Layer:
        """The parameters and shapes of an operator."""
        return Layer.of(operator, self.tensors)

    def copy(self) -> Plan:
        """The same plan with tensors and operators of its own; arrays are shared."""
        return dataclasses.replace(
            self,
            tensors=[dataclasses.replace(tensor) for tensor in self.tensors],
            operators=[dataclasses.replace(operator) for operator in self.operators],
        )

    def root(self, tensor: int) -> int:
        """The tensor whose bytes `tensor` is a view of; itself where it is none."""
        while (source := self.tensors[tensor].view_of) is not None:
            tensor = source
        return tensor


def view_root(views: Mapping[int, int], index: int) -> int:
    """The tensor whose bytes `index` is a view of, by tensor; itself where it is none."""
    while index in views:
        index = views[index]
    return index
