"""Single operators taken out of blobs, whose dimensions and parameters vary at random."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np
from blob_document import ITEM_SIZES, DocumentBlock, dimensions, document_blocks
from blob_editor import PARAMS, BlobEditor

from host_tools.host_runtime import BlobError, HostModel

BLOCKS: dict[str, list[DocumentBlock]] = {}
for _block in document_blocks():
    BLOCKS.setdefault(_block.kernel, []).append(_block)
ROOM = 3 << 14  # bytes for a tensor, for scratch, for a block of the layers that vary

Place = tuple[str, int, str]


class Alone:
    """The first operator of a kernel, alone in a blob.

    Each tensor, a constant too, has ROOM bytes in the arena, and so has scratch, which is the
    last; each block has them in the blob. `tensors` are the inputs, then the output; `states` are
    those that lie where the arena starts.
    """

    def __init__(self, blobs: dict[str, bytes], kernel: str) -> None:
        self.editor, index = _find(blobs, kernel)
        editor = self.editor
        start = editor.get("header", 0, "operators_offset") + 36 * index
        editor.set("header", 0, "operators_offset", start)
        editor.set("header", 0, "n_operators", 1)
        editor.set("header", 0, "n_labels", 0)
        given = {editor.get("operator", 0, field) for field in ("input0", "input1")}
        inputs = sorted(given - {0xFFFF})
        self.tensors = [*inputs, editor.get("operator", 0, "output")]
        self.states = [tensor for tensor in inputs if editor.get("tensor", tensor, "place") == 2]
        ends = [tensor for tensor in self.tensors if tensor not in self.states]
        for field, value in (("n_inputs", len(ends) - 1), ("n_outputs", 1)):
            editor.set("header", 0, field, value)
        records = b"".join(tensor.to_bytes(8, "little") for tensor in ends)
        editor.set("header", 0, "io_offset", editor.append(records))
        arena = editor.get("header", 0, "arena_size")
        if self.states:
            (state,) = self.states
            editor.set("tensor", state, "offset", 0)
            editor.set("tensor", state, "start", 1)
            arena = max(arena, ROOM)
        for tensor in ends:
            editor.set("tensor", tensor, "place", 0)
            editor.set("tensor", tensor, "offset", arena)
            arena += ROOM
        editor.set("operator", 0, "scratch_offset", arena)
        editor.set("operator", 0, "scratch_size", ROOM)
        editor.set("header", 0, "arena_size", arena + ROOM)
        self.blocks = BLOCKS.get(kernel, [])
        fields = PARAMS[editor.get("operator", 0, "kernel")]
        self.params = [name for name in fields if name not in {b.name for b in self.blocks}]
        for block, size in self.sizes().items():
            at = editor.get("params", 0, block)
            content = bytes(editor.data[at : at + size])
            content = content * (ROOM // size + 1)
            editor.set("params", 0, block, editor.append(content[:ROOM]))
        self.item_sizes = {
            tensor: editor.get("tensor", tensor, "size") // math.prod(self.dims(tensor))
            for tensor in self.tensors
        }
        self.places: list[Place] = [("params", 0, name) for name in self.params]
        for tensor in self.tensors:
            rank = editor.get("tensor", tensor, "rank")
            self.places += [("tensor", tensor, f"dims[{i}]") for i in range(rank)]

    def make_room(self) -> None:
        """Puts input 0 where ROOM bytes lie before it and behind."""
        editor = self.editor
        source = editor.get("operator", 0, "input0")
        arena = editor.get("header", 0, "arena_size")
        editor.set("tensor", source, "offset", arena + ROOM)
        editor.set("header", 0, "arena_size", arena + 3 * ROOM)

    def dims(self, tensor: int) -> tuple[int, ...]:
        rank = self.editor.get("tensor", tensor, "rank")
        return tuple(self.editor.get("tensor", tensor, f"dims[{i}]") for i in range(rank))

    def sizes(self) -> dict[str, int]:
        """Bytes of each block, after the document."""
        names = {name: self.editor.get("params", 0, name) for name in self.params}
        source, output = (self.editor.get("operator", 0, at) for at in ("input0", "output"))
        names |= dimensions(self.dims(source), self.dims(output))
        return {b.name: int(b.elements(names) * ITEM_SIZES[b.type]) for b in self.blocks}

    def vary(self, rng: np.random.Generator) -> bool:
        """Changes some fields, often all that had one value; whether the layer is still one."""
        editor = self.editor
        before = bytes(editor.data)
        for _ in range(rng.integers(1, 4)):
            values = {place: editor.get(*place) for place in self.places}
            counts = [v for place, v in values.items() if place[0] == "tensor" or 0 <= v <= 512]
            value = rng.choice(counts)
            same = [place for place, other in values.items() if other == value]
            if rng.random() < 0.5:
                same = [place for place in same if rng.random() < 0.5]
            new = rng.choice([value - 4, value - 1, value + 1, value + 4, rng.integers(0, 13)])
            for place in same:
                editor.set(*place, max(0, int(new)))
        for tensor in self.tensors:
            size = self.item_sizes[tensor] * math.prod(self.dims(tensor))
            editor.set("tensor", tensor, "size", size)
        for state in self.states:
            self._fit(state)
        if self.is_layer():
            return True
        editor.data[:] = before
        return False

    def _fit(self, state: int) -> None:
        """Gives a state the elements that the kernel asks for, where they are not too many."""
        try:
            HostModel(self.editor.bytes())
        except BlobError as error:
            asked = re.search(r"input 1's elements is \d+, allowed (\d+)$", str(error))
            if asked and 0 < int(asked[1]) <= ROOM:
                for axis in range(self.editor.get("tensor", state, "rank")):
                    size = 1 if axis else int(asked[1])
                    self.editor.set("tensor", state, f"dims[{axis}]", size)
                self.editor.set("tensor", state, "size", int(asked[1]))

    def is_layer(self) -> bool:
        sizes = [self.editor.get("tensor", tensor, "size") for tensor in self.tensors]
        if max(sizes) > ROOM:
            return False
        try:
            HostModel(self.editor.bytes())
        except BlobError:
            return False
        return max(self.sizes().values(), default=0) <= ROOM

    def others(self, rng: np.random.Generator, count: int) -> Iterator[int]:
        """Numbers the layers that it becomes, the first as it is."""
        assert self.is_layer()
        for number in range(count):
            yield number
            if not any(self.vary(rng) for _ in range(200)):
                break

    def ending(self, block: str, size: int) -> BlobEditor:
        """The blob with `size` bytes of a block at its end."""
        editor = BlobEditor(self.editor.bytes())
        at = editor.get("params", 0, block)
        editor.set("params", 0, block, editor.append(bytes(editor.data[at : at + size])))
        return editor


def _find(blobs: dict[str, bytes], kernel: str) -> tuple[BlobEditor, int]:
    for blob in blobs.values():
        editor = BlobEditor(blob)
        if kernel in editor.kernels():
            return editor, editor.index(kernel)
    raise AssertionError(f"no blob has {kernel}")
