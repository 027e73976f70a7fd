"""Reads a blob for reports, once the verifier has taken it."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

from host_tools.audio.front_end import FIELDS, KINDS, RECORD
from host_tools.blob import layout
from host_tools.kernels import KERNELS
from host_tools.kernels.layer import Layer
from host_tools.text import plain
from host_tools.verifier import verify

DTYPES = {number: name for name, number in layout.DTYPES.items()}
PLACES = {number: name for name, number in layout.PLACES.items()}
STARTS = {number: name for name, number in layout.STARTS.items()}
TARGETS = {number: name for name, number in layout.TARGETS.items()}
MEMORIES = {number: name for name, number in layout.MEMORIES.items()}
FRONT_ENDS = {number: name for name, number in KINDS.items()}
NAMES = {card.number: name for name, card in KERNELS.items()}


@dataclass
class BlobTensor:
    """A tensor; `place` is arena, blob or state, `offset` is bytes in the arena or the blob.

    `size` is bytes. A state begins with what `start` says: its zero point, the values of the next
    tensor, or what another record says, whose bytes it has.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    place: str
    offset: int
    size: int
    scale: float
    zero_point: int
    start: str = "elsewhere"


@dataclass
class BlobOperator:
    """An operator. `data` holds for each data block its offset in the blob and its bytes."""

    kernel: str
    source_index: int
    name: str
    inputs: tuple[int, ...]
    output: int
    params: dict[str, Any]
    data: dict[str, tuple[int, int]]
    scratch_offset: int
    scratch_size: int
    macs: int


@dataclass
class BlobFrontEnd:
    """What makes an input from sound: the fields of its record, tables by their offsets."""

    kind: str
    numbers: dict[str, int]


@dataclass
class Blob:
    """A whole blob, its strings fit to be shown.

    `image_tables` has the offset of each input's table, or 0, and `image_flags` says how to read
    it. `labels` are those of output 0, `output_labels` those of each output; [] for none.
    `for_ram`: the board copies it to RAM. `front_end` is the first input's that has one.
    """

    name: str
    target: str
    for_ram: bool
    size: int
    arena_size: int
    tensors: list[BlobTensor]
    operators: list[BlobOperator]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    image_tables: tuple[int, ...]
    image_flags: tuple[int, ...]
    output_labels: list[list[str]]
    front_end: BlobFrontEnd | None = None

    @property
    def labels(self) -> list[str]:
        return self.output_labels[0] if self.output_labels else []

    @property
    def state_bytes(self) -> int:
        """What of the arena keeps its values from run to run; it begins at 0."""
        return max((t.offset + t.size for t in self.tensors if t.place == "state"), default=0)

    def layer(self, operator: BlobOperator) -> Layer:
        """The parameters and shapes of an operator."""
        return Layer.of(operator, self.tensors)


def read_blob(data: bytes, where: str = "the blob") -> Blob:
    """The records of a blob. Raises CommandError, which begins with `where`, for a bad one."""
    verify(data, where)
    return _Reader(data).blob()


class _Reader:
    """Of a verified blob: nothing is checked again. Each string is read once."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.texts: dict[int, str] = {}

    def blob(self) -> Blob:
        header = layout.HEADER.unpack_from(self.data)
        _, _, blob_size, _, target, memory, arena_size = header[1:8]
        n_tensors, n_operators, n_inputs, n_outputs = header[8:12]
        tensors, operators, io, labels, n_labels, self.strings, _, name = header[12:]
        ios = self._records(layout.IO, io, n_inputs + n_outputs)
        self.tensors = [
            self._tensor(record) for record in self._records(layout.TENSOR, tensors, n_tensors)
        ]
        output_labels = [
            self._labels(offset, math.prod(self.tensors[index].shape) if offset else 0)
            if number
            else self._labels(labels, n_labels)
            for number, (index, _, offset) in enumerate(ios[n_inputs:])
        ]
        return Blob(
            name=self._string(name),
            target=TARGETS[target],
            for_ram=MEMORIES[memory] == "ram",
            size=blob_size,
            arena_size=arena_size,
            tensors=self.tensors,
            operators=[
                self._operator(record)
                for record in self._records(layout.OPERATOR, operators, n_operators)
            ],
            inputs=tuple(index for index, _, _ in ios[:n_inputs]),
            outputs=tuple(index for index, _, _ in ios[n_inputs:]),
            image_tables=tuple(
                0 if flags == layout.FRONT_END else table for _, flags, table in ios[:n_inputs]
            ),
            image_flags=tuple(flags for _, flags, _ in ios[:n_inputs]),
            output_labels=output_labels,
            front_end=self._front_end(ios[:n_inputs]),
        )

    def _front_end(self, inputs: list[tuple[Any, ...]]) -> BlobFrontEnd | None:
        for _, flags, offset in inputs:
            if flags == layout.FRONT_END:
                values = RECORD.unpack_from(self.data, offset)
                numbers = dict(zip(FIELDS, values, strict=True))
                return BlobFrontEnd(FRONT_ENDS[numbers["kind"]], numbers)
        return None

    def _records(self, record: struct.Struct, start: int, count: int) -> list[tuple[Any, ...]]:
        return list(record.iter_unpack(self.data[start : start + count * record.size]))

    def _string(self, start: int) -> str:
        if start not in self.texts:
            first = self.strings + start
            text = self.data[first : self.data.index(0, first)]
            self.texts[start] = plain(text.decode())
        return self.texts[start]

    def _labels(self, start: int, count: int) -> list[str]:
        places = struct.unpack_from(f"<{count}I", self.data, start)
        return [self._string(place) for place in places]

    def _tensor(self, record: tuple[Any, ...]) -> BlobTensor:
        dtype, rank, place, start, offset, size, *dims, scale, zero_point, name = record
        return BlobTensor(
            name=self._string(name),
            dtype=DTYPES[dtype],
            shape=tuple(dims[:rank]),
            place=PLACES[place],
            offset=offset,
            size=size,
            scale=scale,
            zero_point=zero_point,
            start=STARTS[start],
        )

    def _operator(self, record: tuple[Any, ...]) -> BlobOperator:
        number, source_index, input0, input1, output, _, name, params_offset, _, *rest = record
        scratch_offset, scratch_size, macs = rest
        kernel = KERNELS[NAMES[number]]
        values = list(kernel.record.unpack_from(self.data, params_offset))
        params: dict[str, Any] = {}
        for field in kernel.params:
            params[field] = tuple(_take(values, 6)) if field in kernel.vectors else values.pop(0)
        operator = BlobOperator(
            kernel=kernel.name,
            source_index=source_index,
            name=self._string(name),
            inputs=(input0,) if kernel.inputs == 1 else (input0, input1),
            output=output,
            params=params,
            data={},
            scratch_offset=scratch_offset,
            scratch_size=scratch_size,
            macs=macs,
        )
        sizes = kernel.block_sizes(Layer.of(operator, self.tensors))
        for (field, size), offset in zip(sizes.items(), values, strict=True):
            operator.data[field] = (offset, size)
        return operator


def _take(values: list[int], count: int) -> list[int]:
    taken = values[:count]
    del values[:count]
    return taken


def weight_bytes(operator: BlobOperator) -> int:
    """Bytes of weights, biases, multipliers, shifts and tables that an operator reads."""
    return sum(size for _, size in operator.data.values())


def total_weight_bytes(blob: Blob) -> int:
    """Bytes of all that operators read from the blob and of constants; shared ones count once."""
    blocks = {block for operator in blob.operators for block in operator.data.values()}
    blocks |= {(t.offset, t.size) for t in blob.tensors if t.place == "blob"}
    return sum(size for _, size in blocks)
