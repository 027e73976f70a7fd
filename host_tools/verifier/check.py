"""The checks that the twin's parts share, as firmware_module/runtime/ink_check.c has them.

Each returns where all is well, and raises Refused with the C verifier's message where not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from host_tools.blob import layout
from host_tools.kernels.card import Card, fields
from host_tools.kernels.layer import Layer

# products are capped as in C, so that messages have the same numbers
WORD = (1 << 32) - 1
MOST = (1 << 31) - 1
LEAST = -(1 << 31)

# ink_error.c
TOO_SHORT = "too short to be a blob"
BAD_MAGIC = "not a blob: it does not begin with INKL (host_tools pack-model makes one)"
BAD_VERSION = "a blob of a version that this runtime does not read"
BAD_SIZE = "cut off, or with bytes too many"
BAD_CRC = "damaged: the check sum does not fit"
BAD_TARGET = "packed for a target that this runtime does not know"
BAD_HEADER = "bad header"
BAD_STRING = "bad string"
BAD_TENSOR = "bad tensor record"
OUT_OF_RANGE = "tensor out of the arena or the blob"
BAD_IO = "bad input or output record"
BAD_OPERATOR = "bad operator record"
NO_KERNEL = "kernel that this runtime does not have"
PARAMETER = "parameter out of its range"
SHAPE = "tensors that the kernel does not take"
DATA = "data out of the blob"
OVERLAP = "overlap in the arena"
ORDER = "read of what is not there"
LITTLE_SCRATCH = "too little scratch"
TOO_MUCH_WORK = "too much work: it would look like a hang"
BAD_FRONT_END = "bad front end"

INT8, UINT8, FLOAT32, INT32 = (
    layout.DTYPES[name] for name in ("int8", "uint8", "float32", "int32")
)
ARENA, BLOB, STATE = (layout.PLACES[name] for name in ("arena", "blob", "state"))

_HEADER_FIELDS = fields(
    "magic version header_size blob_size crc32 target memory arena_size n_tensors n_operators "
    "n_inputs n_outputs tensors_offset operators_offset io_offset labels_offset n_labels "
    "strings_offset strings_size name"
)
_OPERATOR_FIELDS = fields(
    "kernel source_index input0 input1 output reserved name params_offset params_size "
    "scratch_offset scratch_size macs"
)


class Refused(Exception):
    """Why a blob is refused, in the words of the C verifier."""


@dataclass(frozen=True)
class Tensor:
    """A tensor's record as it is stored; `dims` are six, `scale` is a float32."""

    dtype: int
    rank: int
    place: int
    start: int
    offset: int
    size: int
    dims: tuple[int, ...]
    scale: float
    zero_point: int
    name: int

    @classmethod
    def at(cls, data: bytes, offset: int) -> Tensor:
        dtype, rank, place, start, at, size, *rest = layout.TENSOR.unpack_from(data, offset)
        *dims, scale, zero_point, name = rest
        return cls(dtype, rank, place, start, at, size, tuple(dims), scale, zero_point, name)

    @property
    def item_size(self) -> int:
        return 4 if self.dtype >= FLOAT32 else 1

    @property
    def elements(self) -> int:
        return self.size // self.item_size

    @property
    def shape(self) -> tuple[int, ...]:
        return self.dims[: self.rank]

    @property
    def bytes_of(self) -> tuple[int, int, int, int]:
        """What two views of the same bytes have alike."""
        return self.place, self.offset, self.size, self.dtype


@dataclass
class Check:
    """A verification under way. `place` is what is looked at, as messages begin with it."""

    data: bytes
    place: str = ""
    header: dict[str, Any] = field(default_factory=dict)
    tensors: list[Tensor] = field(default_factory=list)
    inputs: list[tuple[int, int, int]] = field(default_factory=list)
    outputs: list[tuple[int, int, int]] = field(default_factory=list)
    state_size: int = 0
    looked: int = 0  # bytes of tables and records

    def read_header(self) -> None:
        values = layout.HEADER.unpack_from(self.data)
        self.header = dict(zip(_HEADER_FIELDS, values, strict=True))

    def operator(self, index: int) -> dict[str, int]:
        at = self.header["operators_offset"] + index * layout.OPERATOR.size
        values = layout.OPERATOR.unpack_from(self.data, at)
        return dict(zip(_OPERATOR_FIELDS, values, strict=True))

    # --- refusals ------------------------------------------------------------------------------

    def refuse(self, status: str, phrase: str | None = None) -> NoReturn:
        where = f"{self.place}: " if self.place else ""
        raise Refused(where + status + (f": {phrase}" if phrase else ""))

    def between(self, status: str, name: str, found: int, least: int, most: int) -> None:
        if found < least:
            self.refuse(status, f"{name} is {found}, allowed {least} or more")
        if found > most:
            self.refuse(status, f"{name} is {found}, allowed at most {most}")

    def equal(self, status: str, name: str, found: int, allowed: int) -> None:
        if found != allowed:
            self.refuse(status, f"{name} is {found}, allowed {allowed}")

    def field_of(self, status: str, name: str, found: int, least: int, most: int) -> None:
        """A record's field: a range of one value is said as that."""
        if least == most:
            self.equal(status, name, found, least)
        self.between(status, name, found, least, most)

    def multiple(self, status: str, name: str, found: int, of: int) -> None:
        if found % of:
            self.refuse(status, f"{name} is {found}, allowed a multiple of {of}")

    def ends(self, status: str, name: str, offset: int, size: int, end: int) -> None:
        if offset + size > end:
            self.refuse(status, f"{name} ends at {offset + size}, allowed at most {end}")

    def range(self, status: str, name: str, offset: int, size: int, alignment: int) -> None:
        self.multiple(status, name, offset, alignment)
        self.between(status, name, offset, layout.HEADER.size, WORD)
        self.ends(status, name, offset, min(size, WORD), self.header["blob_size"])

    def block(self, name: str, offset: int, size: int) -> None:
        """A data block of `size` bytes."""
        self.range(DATA, name, offset, size, layout.DATA_ALIGNMENT)

    def string(self, name: str, start: int) -> None:
        self.between(BAD_STRING, name, start, 0, self.header["strings_size"] - 1)
        if self.data[self.header["strings_offset"] + start] & 0xC0 == 0x80:
            self.refuse(BAD_STRING, "it starts in the middle of a character")

    def array(self, offset: int, dtype: str, count: int) -> np.ndarray[Any, Any]:
        return np.frombuffer(self.data, dtype, count, offset)


@dataclass
class Call:
    """An operator whose record is verified; `slide` as on the card, `step` what divides it."""

    check: Check
    card: Card
    params: dict[str, Any]
    input0: Tensor
    input1: Tensor | None
    output: Tensor
    scratch: int = 0
    slide: int | None = None
    step: int = 1

    @classmethod
    def of(cls, check: Check, card: Card, record: dict[str, int]) -> Call:
        tensors = check.tensors
        values = list(card.record.unpack_from(check.data, record["params_offset"]))
        params: dict[str, Any] = {}
        for name in (*card.params, *(block.name for block in card.blocks)):
            count = 6 if name in card.vectors else 1
            params[name] = tuple(values[:6]) if count == 6 else values[0]
            del values[:count]
        input1 = tensors[record["input1"]] if card.inputs == 2 else None
        input0, output = tensors[record["input0"]], tensors[record["output"]]
        return cls(check, card, params, input0, input1, output)

    @property
    def layer(self) -> Layer:
        inputs = [self.input0] if self.input1 is None else [self.input0, self.input1]
        return Layer(self.params, tuple(tensor.shape for tensor in inputs), self.output.shape)

    def parameter(self, name: str, least: int, most: int) -> None:
        self.check.between(PARAMETER, name, self.params[name], least, most)

    def parameter_is(self, name: str, allowed: int) -> None:
        self.check.equal(PARAMETER, name, self.params[name], allowed)

    def parameters(self, ranges: dict[str, tuple[int, int]]) -> None:
        for name, (least, most) in ranges.items():
            self.parameter(name, least, most)

    def shape(self, name: str, found: int, allowed: int) -> None:
        self.check.equal(SHAPE, name, found, allowed)

    def activation(self) -> None:
        self.parameter("act_min", -128, 127)
        self.parameter("act_max", self.params["act_min"], 127)

    def multiplier(self, name: str) -> None:
        if self.params[name] != 0:
            self.parameter(name, 1 << 30, MOST)

    def input_offset(self, name: str, tensor: Tensor) -> None:
        self.parameter_is(name, -tensor.zero_point)

    def output_offset(self) -> None:
        self.parameter_is("output_offset", self.output.zero_point)

    def output_zero_point(self, allowed: int) -> None:
        self.shape("the output's zero_point", self.output.zero_point, allowed)

    def blocks(self) -> None:
        """All data blocks of the card, in its order."""
        for name, size in self.card.block_sizes(self.layer).items():
            self.check.block(name, self.params[name], size)

    def requantization(self, count: int) -> None:
        """The entries of multiplier and shift, whose blocks are verified."""
        multipliers = self.check.array(self.params["multiplier"], "<i4", count)
        shifts = self.check.array(self.params["shift"], "<i4", count)
        self.check.looked += 8 * count
        low = (multipliers != 0) & (multipliers < 1 << 30)
        bad = low | (shifts < -31) | (shifts > 30)
        if bad.any():
            first = int(bad.argmax())
            if low[first]:
                found, least = int(multipliers[first]), 1 << 30
                self.check.between(PARAMETER, "multiplier's entry", found, least, MOST)
            self.check.between(PARAMETER, "shift's entry", int(shifts[first]), -31, 30)

    def entries(self, name: str, dtype: str, count: int, most: int) -> None:
        """A block of `count` entries, each in 0..most, whose message has the block's name."""
        self.check.block(name, self.params[name], count * np.dtype(dtype).itemsize)
        table = self.check.array(self.params[name], dtype, count)
        self.check.looked += table.nbytes
        bad = (table < 0) | (table > most)
        if bad.any():
            self.check.between(PARAMETER, name, int(table[bad.argmax()]), 0, most)

    def s8(self) -> None:
        self.shape("input 0's dtype", self.input0.dtype, INT8)
        if self.input1 is not None:
            self.shape("input 1's dtype", self.input1.dtype, INT8)
        self.shape("the output's dtype", self.output.dtype, INT8)

    def same_size(self) -> None:
        elements = self.output.elements
        self.shape("input 0's number of elements", self.input0.elements, elements)
        if self.input1 is not None:
            self.shape("input 1's number of elements", self.input1.elements, elements)

    def rows(self, depth: int, units: int) -> None:
        """Input 0 in rows of `depth` elements, the output in as many of `units`."""
        elements = self.input0.elements
        rows = elements // depth
        self.shape("input 0's number of elements", elements, rows * depth)
        self.shape("the output's number of elements", self.output.elements, rows * units)

    def images(self) -> None:
        self.s8()
        self.shape("input 0's rank", self.input0.rank, 4)
        self.shape("the output's rank", self.output.rank, 4)
        self.shape("the output's batch", self.output.dims[0], self.input0.dims[0])

    def windows(self) -> None:
        """Pictures of sides within bounds, of which each output's window touches the input."""
        self.images()
        for tensor in (self.input0, self.output):
            for name, side in zip(
                ("a height", "a width", "a number of channels"), tensor.dims[1:], strict=False
            ):
                self.check.between(SHAPE, name, side, 1, layout.MAX_PICTURE)
        params = self.params
        for axis, (short, pad, name) in enumerate(
            (("h", "pad_top", "the output's height"), ("w", "pad_left", "the output's width")), 1
        ):
            reach = (params[f"kernel_{short}"] - 1) * params.get(f"dilation_{short}", 1)
            self.parameter(pad, 0, reach)
            last_start = self.input0.dims[axis] - 1 + params[pad]
            most = last_start // params[f"stride_{short}"] + 1
            self.check.between(SHAPE, name, self.output.dims[axis], 1, most)

    def broadcast(self) -> None:
        for number, tensor in enumerate((self.input0, self.input1)):
            assert tensor is not None
            pairs = zip(reversed(tensor.shape), reversed(self.output.shape), strict=False)
            if tensor.rank > self.output.rank or any(a not in (1, b) for a, b in pairs):
                self.check.refuse(
                    SHAPE, f"input {number} does not broadcast to the output's shape"
                )

    def rank_of_input(self, most: int = layout.MAX_RANK) -> None:
        self.check.between(SHAPE, "input 0's rank", self.input0.rank, 1, most)

    def scale_is(self, scale: float, words: str) -> None:
        if self.output.scale != scale:
            self.check.refuse(SHAPE, f"the output's scale is not {words}")
