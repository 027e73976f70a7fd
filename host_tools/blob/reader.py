"""Reads a blob for reports. It checks what it needs to read safely; the board's C verifier checks
everything before it runs a blob.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from host_tools.audio.front_end import FIELDS, KINDS, RECORD
from host_tools.blob import layout
from host_tools.errors import CommandError
from host_tools.kernels import KERNELS
from host_tools.kernels.layer import Layer
from host_tools.text import plain

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
    try:
        return _Reader(data).blob()
    except CommandError as error:
        raise CommandError(f"{where}: {error}") from error


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def blob(self) -> Blob:
        data = self.data
        if len(data) < layout.HEADER.size or not data.startswith(layout.MAGIC):
            raise CommandError("not a blob: it does not begin with INKL and a whole header")
        header = layout.HEADER.unpack_from(data)
        version, header_size, blob_size, crc, target, memory, arena_size = header[1:8]
        n_tensors, n_operators, n_inputs, n_outputs = header[8:12]
        tensors, operators, io, labels, n_labels, strings, size, name = header[12:]
        if (version, header_size) != (layout.VERSION, layout.HEADER.size):
            raise CommandError(
                f"a blob of version {version}; these tools read version {layout.VERSION}: "
                "pack the model again"
            )
        if blob_size != len(data):
            raise CommandError(f"it is {len(data)} bytes long, but should be {blob_size}")
        if zlib.crc32(data[layout.CRC_START :]) != crc:
            raise CommandError("damaged: its CRC-32 is wrong; copy or pack it again")
        self.strings = self._slice(strings, size, "strings")
        io_records = [
            self._record(layout.IO, io, index, "inputs and outputs")
            for index in range(n_inputs + n_outputs)
        ]
        self.tensors = [self._tensor(tensors, index) for index in range(n_tensors)]
        for index, _, _ in io_records:
            self._index(index)
        output_labels = [
            self._labels(offset, self.tensors[index]) if number else self._texts(labels, n_labels)
            for number, (index, _, offset) in enumerate(io_records[n_inputs:])
        ]
        return Blob(
            name=self._string(name),
            target=_named(TARGETS, target, "target"),
            for_ram=_named(MEMORIES, memory, "memory") == "ram",
            size=blob_size,
            arena_size=arena_size,
            tensors=self.tensors,
            operators=[self._operator(operators, index) for index in range(n_operators)],
            inputs=tuple(index for index, _, _ in io_records[:n_inputs]),
            outputs=tuple(index for index, _, _ in io_records[n_inputs:]),
            image_tables=tuple(
                0 if flags == layout.FRONT_END else table
                for _, flags, table in io_records[:n_inputs]
            ),
            image_flags=tuple(flags for _, flags, _ in io_records[:n_inputs]),
            output_labels=output_labels,
            front_end=self._front_end(io_records[:n_inputs]),
        )

    def _front_end(self, inputs: list[tuple[Any, ...]]) -> BlobFrontEnd | None:
        for _, flags, offset in inputs:
            if flags == layout.FRONT_END:
                numbers = dict(
                    zip(FIELDS, self._record(RECORD, offset, 0, "front end"), strict=True)
                )
                return BlobFrontEnd(_named(FRONT_ENDS, numbers["kind"], "front end"), numbers)
        return None

    def _slice(self, start: int, size: int, what: str) -> bytes:
        if start + size > len(self.data):
            raise CommandError(f"its {what} lie outside it, at {start}")
        return self.data[start : start + size]

    def _record(self, record: Any, start: int, index: int, what: str) -> tuple[Any, ...]:
        return record.unpack(self._slice(start + index * record.size, record.size, what))

    def _string(self, start: int) -> str:
        end = self.strings.find(b"\0", start)
        if start >= len(self.strings) or end < 0:
            raise CommandError(f"a string lies outside its strings, at {start}")
        return plain(self.strings[start:end].decode("utf-8", "replace"))

    def _labels(self, start: int, output: BlobTensor) -> list[str]:
        return self._texts(start, math.prod(output.shape)) if start else []

    def _texts(self, start: int, count: int) -> list[str]:
        places = struct.unpack(f"<{count}I", self._slice(start, 4 * count, "labels"))
        return [self._string(place) for place in places]

    def _index(self, index: int) -> int:
        if index >= len(self.tensors):
            raise CommandError(f"it names tensor {index}, but has {len(self.tensors)}")
        return index

    def _tensor(self, start: int, index: int) -> BlobTensor:
        dtype, rank, place, start, offset, size, *dims, scale, zero_point, name = self._record(
            layout.TENSOR, start, index, "tensors"
        )
        if rank > layout.MAX_RANK:
            raise CommandError(f"tensor {index} has {rank} dimensions")
        return BlobTensor(
            name=self._string(name),
            dtype=_named(DTYPES, dtype, f"type of tensor {index}"),
            shape=tuple(dims[:rank]),
            place=_named(PLACES, place, f"place of tensor {index}"),
            offset=offset,
            size=size,
            scale=scale,
            zero_point=zero_point,
            start=_named(STARTS, start, f"start of tensor {index}"),
        )

    def _operator(self, start: int, index: int) -> BlobOperator:
        (
            number,
            source_index,
            input0,
            input1,
            output,
            _,
            name,
            params_offset,
            params_size,
            scratch_offset,
            scratch_size,
            macs,
        ) = self._record(layout.OPERATOR, start, index, "operators")
        kernel = KERNELS[_named(NAMES, number, f"kernel of operator {index}")]
        if params_size != kernel.record.size:
            raise CommandError(f"operator {index} has {params_size} bytes of parameters")
        values = list(self._record(kernel.record, params_offset, 0, "parameters"))
        params: dict[str, Any] = {}
        for field in kernel.params:
            params[field] = tuple(_take(values, 6)) if field in kernel.vectors else values.pop(0)
        inputs = (input0,) if kernel.inputs == 1 else (input0, input1)
        operator = BlobOperator(
            kernel=kernel.name,
            source_index=source_index,
            name=self._string(name),
            inputs=tuple(self._index(tensor) for tensor in inputs),
            output=self._index(output),
            params=params,
            data={},
            scratch_offset=scratch_offset,
            scratch_size=scratch_size,
            macs=macs,
        )
        layer = Layer.of(operator, self.tensors)
        if kernel.pictures and (len(layer.inputs[0]) != 4 or len(layer.output) != 4):
            raise CommandError(f"{kernel.name} of tensors without four dimensions")
        for (field, size), offset in zip(kernel.block_sizes(layer).items(), values, strict=True):
            self._slice(offset, size, field)
            operator.data[field] = (offset, size)
        return operator


def _named(names: dict[int, str], number: int, what: str) -> str:
    if number not in names:
        raise CommandError(f"the {what} is {number}, which these tools do not know")
    return names[number]


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
