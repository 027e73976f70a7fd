"""A kernel's card: all that the host knows of one kernel of the blob, in one place.

docs/blob-format.md says the same in words, firmware_module/runtime/operators in C. Whatever goes
through all kernels (reader, writer, planner, cost model, tests) goes through the cards.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from host_tools.kernels.layer import Counts, Layer
from host_tools.kernels.steps import rows_of

Array = npt.NDArray[Any]
Params = Mapping[str, Any]
Data = Mapping[str, Array]
_MOST = (1 << 32) - 1  # of a count, as the board has them
# of a step, an output, a row and a call
Rates = tuple[int, int, int, int]

ITEM_SIZES = {"int8": 1, "uint8": 1, "uint16": 2, "int32": 4, "float32": 4}


@dataclass(frozen=True)
class Block:
    """A data block whose offset is a field: `elements` of `dtype`, for a layer."""

    name: str
    dtype: str
    elements: Callable[[Layer], int]


@dataclass(frozen=True)
class Operand:
    """A tensor of a call: its values (of an output, those before) and its one quantization."""

    values: Array
    scale: float = 1.0
    zero_point: int = 0


@dataclass(frozen=True)
class Call:
    """A call of a kernel on arrays, its parameters and data named as on the card."""

    inputs: tuple[Operand, ...]
    output: Operand
    params: Params
    data: Data

    @property
    def shape(self) -> tuple[int, ...]:
        """The output's."""
        return self.output.values.shape

    @property
    def arrays(self) -> tuple[Array, ...]:
        return tuple(operand.values for operand in self.inputs)


def by_keyword(function: Callable[..., Array]) -> Callable[[Call], Array]:
    """A call of a numpy function: data, parameters and `output_shape` go by keyword."""
    return lambda call: function(*call.arrays, **call.data, **call.params, output_shape=call.shape)


@dataclass(frozen=True)
class Packing:
    """How a kernel takes another's place.

    `fits` says whether it has a layer's shape; `pack` makes its data of the other's parameters and
    data, or raises requantization.Refused where it would not be exact. `params` are those of its
    parameters that the other lacks.
    """

    fits: Callable[[Layer], bool] = lambda layer: True
    pack: Callable[[Params, Data], dict[str, Array]] = lambda params, data: {}
    params: Callable[[Params], dict[str, int]] = lambda params: {}


def largest_tensor(layer: Layer) -> int:
    """Elements of the largest tensor of a call."""
    return max(math.prod(shape) for shape in (layer.output, *layer.inputs))


@dataclass(frozen=True)
class Card:
    """One kernel. Each of `params` is an i32 field, or six where its name is in `vectors`.

    After them the offset of each of `blocks` is a field. `inputs`: 1 or 2. `state`: input 1 is a
    state, which `compute` changes in its place. `in_place`: the output may be exactly input 0.
    `pictures`: input 0 and output have four dimensions.
    `swap`: parameters and data with both inputs exchanged, of kernels whose result stays the same.
    `compute`: the output of a call in numpy.
    `counts`: how often the pieces of its code run, which its predicted cost is a sum of.
    `macs`: multiply-accumulates, of kernels that a model is lowered to.
    `steps`, `rows`, `rates`: what `work` is counted from, as docs/blob-format.md says.
    `scratch`: bytes. `slide`: by how many bytes the output must start before input 0 to overlap
    it, or None. `may_replace`: like `in_place`, where the shapes decide.
    `reads`: how often its data is read from end to end, and in each such pass its scratch, 0 where
    it needs none for so small a layer.
    `packs`: the kernels whose place it can take.
    """

    name: str
    number: int
    params: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    vectors: tuple[str, ...] = ()
    inputs: int = 1
    state: bool = False
    in_place: bool = False
    pictures: bool = False
    swap: Callable[[Params, Data], tuple[dict[str, Any], dict[str, Array]]] | None = None
    compute: Callable[[Call], Array] = field(kw_only=True)
    counts: Callable[[Layer], Counts] = lambda layer: {"element": largest_tensor(layer)}
    macs: Callable[[Layer], int] = lambda layer: 0
    steps: Callable[[Layer], int] = lambda layer: math.prod(layer.output)
    rows: Callable[[Layer], int] = rows_of
    rates: Rates = field(kw_only=True)
    scratch: Callable[[Layer], int] = lambda layer: 0
    slide: Callable[[Layer], int | None] = lambda layer: None
    may_replace: Callable[[Layer], bool] | None = None
    reads: Callable[[Layer], tuple[int, int]] = lambda layer: (1, 1)
    packs: Mapping[str, Packing] = field(default_factory=dict)

    @property
    def record(self) -> struct.Struct:
        """The parameters' bytes in a blob."""
        return struct.Struct(
            "<"
            + "".join("6i" if name in self.vectors else "i" for name in self.params)
            + "I" * len(self.blocks)
        )

    def work(self, layer: Layer) -> int:
        """Instructions of a call on a Cortex-M7."""
        counts = (self.steps(layer), math.prod(layer.output), self.rows(layer), 1)
        capped = (min(count, _MOST) for count in counts)
        return sum(n * rate * rate for n, rate in zip(capped, self.rates, strict=True)) >> 6

    def block_sizes(self, layer: Layer) -> dict[str, int]:
        """Bytes of each data block."""
        return {b.name: ITEM_SIZES[b.dtype] * b.elements(layer) for b in self.blocks}

    def replaces(self, layer: Layer) -> bool:
        """Whether the output may start where input 0 does, if it is as large."""
        return self.in_place if self.may_replace is None else self.may_replace(layer)


def fields(text: str) -> tuple[str, ...]:
    """Names of parameters."""
    return tuple(text.split())


def has(params: Params, wanted: Mapping[str, int]) -> bool:
    """Whether parameters have these values."""
    return all(params[name] == value for name, value in wanted.items())


def swap_fields(params: Params, data: Data) -> tuple[dict[str, Any], dict[str, Array]]:
    """Exchanges the parameters whose names begin with input0 and input1."""
    names = {name: name.replace("input0", "input1") for name in params if "input0" in name}
    names |= {other: name for name, other in names.items()}
    return {name: params[names.get(name, name)] for name in params}, dict(data)
