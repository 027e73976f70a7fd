"""Single operators out of blobs, as small blobs of their own whose shapes may be changed.

The board's verifier says what a layer is: what it refuses is repaired as it asks.
"""

from __future__ import annotations

import copy
import math
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from blob_document import ITEM_SIZES, dimensions, document_blocks, document_kernels
from blob_editor import BlobEditor

from host_tools.blob import layout
from host_tools.host_runtime import BlobError, HostModel

# of blocks, and of all in the arena: guard.h has room for more of neither
MOST_BLOB, MOST_ARENA = 1 << 15, 1 << 20
MOST_WORK = 1 << 24  # what tests/runtime/run_blob.h runs
# of the values themselves, not of what is read and written
_NO_SHAPE = re.compile("offset|multiplier|shift|act_|zero_point|clip|threshold|diff_min|fill")
_REFUSAL = re.compile(r": ([^:]+) is -?\d+, allowed (?:at most |a multiple of )?(-?\d+)(.*)$")

Place = tuple[str, int | str]  # ("param", its name) or ("dim", 8 * tensor + axis)


@dataclass
class Record:
    """A tensor: its record's fields, and its shape."""

    fields: dict[str, int]
    dims: list[int]

    @property
    def size(self) -> int:
        item = 1 if self.fields["dtype"] < layout.DTYPES["float32"] else 4
        return item * math.prod(self.dims)

    @property
    def is_state(self) -> bool:
        return self.fields["place"] == layout.PLACES["state"]


@dataclass
class Operator:
    """One operator: parameters without its blocks, tensors (inputs, then the output), and what
    its blocks begin with."""

    kernel: str
    params: dict[str, int]
    tensors: list[Record]
    inputs: list[int]  # of `tensors`
    blocks: dict[str, bytes]
    target: int
    most_work: int
    scratch: int = 0

    @property
    def output(self) -> Record:
        return self.tensors[-1]

    def places(self) -> list[Place]:
        """What shapes are made of."""
        params = [("param", name) for name in self.params if not _NO_SHAPE.search(name)]
        dims = [
            ("dim", 8 * number + axis)
            for number, tensor in enumerate(self.tensors)
            for axis in range(len(tensor.dims))
        ]
        return [*params, *dims]

    def get(self, place: Place) -> int:
        if isinstance(place[1], str):
            return self.params[place[1]]
        return self.tensors[place[1] // 8].dims[place[1] % 8]

    def set(self, place: Place, value: int) -> None:
        if isinstance(place[1], str):
            self.params[place[1]] = value
        else:
            self.tensors[place[1] // 8].dims[place[1] % 8] = value

    def key(self) -> tuple[object, ...]:
        return (*self.params.values(), *(tuple(tensor.dims) for tensor in self.tensors))

    def block_bytes(self) -> dict[str, bytes]:
        """Each block, as large as the document counts."""
        first = self.tensors[self.inputs[0]]
        names = {**self.params, **dimensions(tuple(first.dims), tuple(self.output.dims))}
        made = {}
        for block in document_blocks():
            if block.kernel != self.kernel:
                continue
            item = ITEM_SIZES[block.type]
            size = int(block.elements(names) * item)
            if not 0 <= size <= MOST_BLOB:
                raise ValueError(f"{block.name} has {size} bytes")
            if block.name in ("rows", "columns"):
                axis = 1 if block.name == "rows" else 2
                made[block.name] = _entries(item, first.dims[axis], self.output.dims[axis])
            else:
                content = self.blocks[block.name] or b"\0"
                made[block.name] = (content * (size // len(content) + 1))[:size]
        return made

    def blob(self, turn: int = 0, *, constant: bool = False) -> bytes:
        """With tensor, scratch and block number `turn` last, and the ones behind it first.

        `constant` puts input 1 behind the blocks of the blob.
        """
        blocks = self.block_bytes()
        names = _turned(list(blocks), turn)
        fields = struct.Struct("<i")
        places: dict[str, int] = {}
        head = layout.HEADER.size
        at_tensors = head
        at_operator = at_tensors + layout.TENSOR.size * len(self.tensors)
        given = [
            number
            for number in sorted(set(self.inputs))
            if not self.tensors[number].is_state and not (constant and number == self.inputs[-1])
        ]
        ends = [*given, len(self.tensors) - 1]
        at_io = at_operator + layout.OPERATOR.size
        at_params = at_io + layout.IO.size * len(ends)
        all_fields = document_kernels()[self.kernel].fields
        at_strings = at_params + fields.size * len(all_fields)
        body = b"\0"
        for name in names:
            body += bytes(-(at_strings + len(body)) % layout.DATA_ALIGNMENT)
            places[name] = at_strings + len(body)
            body += blocks[name]
        offsets, arena, scratch_at = self._arena(turn, constant)
        if constant:
            body += bytes(-(at_strings + len(body)) % layout.DATA_ALIGNMENT)
            offsets[self.inputs[-1]] = at_strings + len(body)
            body += bytes(range(256)) * (self.tensors[self.inputs[-1]].size // 256 + 1)
            body = body[
                : offsets[self.inputs[-1]] - at_strings + self.tensors[self.inputs[-1]].size
            ]
        size = at_strings + len(body)
        records = b""
        for number, tensor in enumerate(self.tensors):
            f = tensor.fields
            place = layout.PLACES["blob"] if constant and number == self.inputs[-1] else f["place"]
            dims = [*tensor.dims, *[1] * (6 - len(tensor.dims))]
            head_of = (f["dtype"], len(tensor.dims), place, f["start"], offsets[number])
            records += layout.TENSOR.pack(
                *head_of, tensor.size, *dims, _float(f["scale"]), f["zero_point"], 0
            )
        inputs = [*self.inputs, *[layout.NO_TENSOR] * (2 - len(self.inputs))]
        number = document_kernels()[self.kernel].number
        records += layout.OPERATOR.pack(
            *(number, 0, *inputs, len(self.tensors) - 1, 0, 0),
            *(at_params, fields.size * len(all_fields), scratch_at, self.scratch, 0),
        )
        records += b"".join(layout.IO.pack(number, 0, 0) for number in ends)
        values = {**self.params, **places}
        records += b"".join(fields.pack(values[name]) for name in all_fields)
        header = layout.HEADER.pack(
            *(layout.MAGIC, layout.VERSION, head, size, 0, self.target, 0, arena),
            *(len(self.tensors), 1, len(ends) - 1, 1, at_tensors, at_operator, at_io),
            *(at_strings, 0, at_strings, 1, 0),
        )
        return BlobEditor(header + records + body).bytes()

    def _arena(self, turn: int, constant: bool) -> tuple[dict[int, int], int, int]:
        """The tensors' offsets, the arena's size and the scratch's offset."""
        offsets: dict[int, int] = {}
        at = 0
        for number, tensor in enumerate(self.tensors):
            if tensor.is_state:
                offsets[number] = at
                at += -(-tensor.size // 16) * 16
        items: list[int | None] = [n for n, tensor in enumerate(self.tensors) if n not in offsets]
        if constant:
            items.remove(self.inputs[-1])
        if self.scratch:
            items.append(None)
        scratch_at = 0
        items = _turned(items, turn)
        for item in items:
            size = self.scratch if item is None else self.tensors[item].size
            end = at + -(-size // 16) * 16
            if item is None:
                scratch_at = at
            else:
                offsets[item] = (end - size) // 4 * 4 if item == items[-1] else at
            at = end
        return offsets, at, scratch_at

    def blobs(self) -> Iterator[bytes]:
        """With each thing once at the end of blob or arena."""
        for turn in range(max(len(self.blocks), len(self.tensors) + (self.scratch > 0))):
            yield self.blob(turn)
        if len(self.inputs) == 2 and not self.tensors[self.inputs[1]].is_state:
            yield self.blob(constant=True)


def sample(blobs: Iterable[bytes], kernel: str, most_work: int) -> Operator:
    """An operator of a kernel, out of the first blob that has one which can be alone.

    What becomes of it does no more work than `most_work`, or than itself.
    """
    for blob in blobs:
        for index, name in enumerate(BlobEditor(blob).kernels()):
            found = settled(_operator(blob, index, MOST_WORK)) if name == kernel else None
            if found:
                found.most_work = max(most_work, HostModel(found.blob()).work)
                return found
    raise AssertionError(f"no small blob has {kernel}: add one to small_blobs.py")


def _operator(blob: bytes, index: int, most_work: int) -> Operator:
    editor = BlobEditor(blob)
    kernel = editor.kernels()[index]
    names = [editor.get("operator", index, name) for name in ("input0", "input1", "output")]
    kept = [number for number in dict.fromkeys(names[:2]) if number != layout.NO_TENSOR]
    tensors = []
    for number in (*kept, names[2]):
        fields = ("dtype", "rank", "place", "start", "offset", "zero_point")
        values = {name: editor.get("tensor", number, name) for name in fields}
        values["scale"] = editor.read(editor.place("tensor", number, "scale")[0], "I")
        dims = [editor.get("tensor", number, f"dims[{i}]") for i in range(values["rank"])]
        if values["place"] == layout.PLACES["state"] and number != names[2]:
            values["start"] = layout.STARTS["zero point"]
        else:
            values |= {"place": layout.PLACES["arena"], "start": 0}
        tensors.append(Record(values, dims))
    blocks = {block.name for block in document_blocks() if block.kernel == kernel}
    all_fields = document_kernels()[kernel].fields
    params = {name: editor.get("params", index, name) for name in all_fields}
    starts = {name: params.pop(name) for name in blocks}
    operator = Operator(
        kernel,
        params,
        tensors,
        [kept.index(number) for number in names[:2] if number != layout.NO_TENSOR],
        dict.fromkeys(starts, b""),
        editor.get("header", 0, "target"),
        most_work,
    )
    sizes = {name: len(content) for name, content in operator.block_bytes().items()}
    operator.blocks = {
        name: bytes(editor.data[start : start + sizes[name]]) for name, start in starts.items()
    }
    return operator


def settled(operator: Operator, kept: Mapping[Place, int] = {}) -> Operator | None:  # noqa: B006
    """The operator as the verifier takes it, with what depends on `kept` repaired; else None."""
    operator = copy.deepcopy(operator)
    operator.scratch = 0
    for _ in range(8):
        try:
            if sum(tensor.size for tensor in operator.tensors) + operator.scratch > MOST_ARENA:
                return None
            model = HostModel(operator.blob())
        except (ArithmeticError, ValueError, struct.error):
            return None
        except BlobError as error:
            if not _repair(operator, str(error)):
                return None
            if any(operator.get(place) != value for place, value in kept.items()):
                return None
        else:
            fits = model.work <= operator.most_work and model.arena_size <= MOST_ARENA
            return operator if fits else None
    return None


def _repair(operator: Operator, message: str) -> bool:
    """Gives the field that a refusal names the value that it allows."""
    refused = _REFUSAL.search(message)
    if not refused:
        return False
    name, value = refused[1], int(refused[2])
    tensor_of = {"input 0": operator.inputs[0], "input 1": operator.inputs[-1]}
    tensor = operator.tensors[tensor_of.get(name[:7], len(operator.tensors) - 1)]
    axes = {"batch": 0, "height": 1, "width": 2, "number of channels": 3}
    axis = next((axes[word] for word in axes if name.endswith(word)), None)
    if name == "scratch_size":
        operator.scratch = value
    elif name in operator.params:
        operator.params[name] = value
    elif name.endswith("elements") and 0 < value <= MOST_ARENA:
        last = len(tensor.dims) - 1
        rest = math.prod(tensor.dims[1:])
        if tensor.dims and value % rest == 0:
            tensor.dims[0] = value // rest
        elif tensor.dims:
            tensor.dims[:] = [*[1] * last, value]
    elif axis is not None and len(tensor.dims) == 4 and 0 < value <= MOST_ARENA:
        tensor.dims[axis] = value
    else:
        return False
    return True


def _turned(items: list[Any], turn: int) -> list[Any]:
    """So that number `turn` is the last."""
    at = (turn + 1) % len(items) if items else 0
    return items[at:] + items[:at]


def _entries(item: int, size: int, count: int) -> bytes:
    """A table of places from the first of `size` to the last."""
    most = size - 1 if item == 2 else (size - 1) * 1024
    places = np.linspace(0, most, count).astype("<u2" if item == 2 else "<i4")
    return places.tobytes()


def _float(word: int) -> float:
    return float(struct.unpack("<f", struct.pack("<I", word))[0])
