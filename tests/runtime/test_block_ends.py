"""Every data block of every kernel ends within the blob, to the element.

Each kernel that has blocks is taken out of a blob, one operator alone, and its dimensions and
parameters vary at random as far as the verifier takes them. Of each such layer every block in turn
is put at the very end of the blob, with as many elements as docs/blob-format.md counts.
"""

from __future__ import annotations

import math
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from blob_document import ITEM_SIZES, DocumentBlock, dimensions, document_blocks
from blob_editor import PARAMS, BlobEditor
from test_verifier import refusal

from host_tools.host_runtime import BlobError, HostModel

BLOCKS: dict[str, list[DocumentBlock]] = {}
for _block in document_blocks():
    BLOCKS.setdefault(_block.kernel, []).append(_block)
ROOM = 3 << 14  # bytes for a tensor, for scratch, for a block of the layers that vary
LAYERS = 80

Place = tuple[str, int, str]


class Alone:
    """The first operator of a kernel whose input 0 is in the arena, alone in a blob.

    Each tensor has ROOM bytes in the arena, and so has scratch; each block has them in the blob.
    """

    def __init__(self, blobs: dict[str, bytes], kernel: str) -> None:
        self.editor, index = _find(blobs, kernel)
        editor = self.editor
        start = editor.get("header", 0, "operators_offset") + 36 * index
        editor.set("header", 0, "operators_offset", start)
        editor.set("header", 0, "n_operators", 1)
        editor.set("header", 0, "n_labels", 0)
        given = {editor.get("operator", 0, field) for field in ("input0", "input1")}
        inputs = [
            i for i in sorted(given) if i != 0xFFFF and editor.get("tensor", i, "place") == 0
        ]
        self.tensors = [*inputs, editor.get("operator", 0, "output")]
        for field, value in (("n_inputs", len(inputs)), ("n_outputs", 1)):
            editor.set("header", 0, field, value)
        records = b"".join(tensor.to_bytes(8, "little") for tensor in self.tensors)
        editor.set("header", 0, "io_offset", editor.append(records))
        arena = editor.get("header", 0, "arena_size")
        for tensor in self.tensors:
            editor.set("tensor", tensor, "offset", arena)
            arena += ROOM
        editor.set("operator", 0, "scratch_offset", arena)
        editor.set("operator", 0, "scratch_size", ROOM)
        editor.set("header", 0, "arena_size", arena + ROOM)
        self.blocks = BLOCKS[kernel]
        fields = PARAMS[editor.get("operator", 0, "kernel")]
        self.params = [name for name in fields if name not in {b.name for b in self.blocks}]
        for block, size in self.sizes().items():
            at = editor.get("params", 0, block)
            content = bytes(editor.data[at : at + size])
            content = content * (ROOM // size + 1)
            editor.set("params", 0, block, editor.append(content[:ROOM]))
        self.places: list[Place] = [("params", 0, name) for name in self.params]
        for tensor in self.tensors:
            rank = editor.get("tensor", tensor, "rank")
            self.places += [("tensor", tensor, f"dims[{i}]") for i in range(rank)]

    def sizes(self) -> dict[str, int]:
        """Bytes of each block, after the document."""
        shapes = [
            tuple(self.editor.get("tensor", tensor, f"dims[{i}]") for i in range(rank))
            for tensor in (self.tensors[0], self.tensors[-1])
            for rank in [self.editor.get("tensor", tensor, "rank")]
        ]
        names = {name: self.editor.get("params", 0, name) for name in self.params}
        names |= dimensions(*shapes)
        return {b.name: int(b.elements(names) * ITEM_SIZES[b.type]) for b in self.blocks}

    def vary(self, rng: np.random.Generator) -> bool:
        """Changes some fields, often all that had one value; whether the layer is still one."""
        editor = self.editor
        before = bytes(editor.data)
        for _ in range(rng.integers(1, 4)):
            small = {place: v for place in self.places if 0 <= (v := editor.get(*place)) <= 64}
            value = rng.choice(list(small.values()))
            same = [place for place, other in small.items() if other == value]
            if rng.random() < 0.5:
                same = [place for place in same if rng.random() < 0.5]
            new = rng.choice([value - 4, value - 1, value + 1, value + 4, rng.integers(0, 13)])
            for place in same:
                editor.set(*place, max(0, int(new)))
        for tensor in self.tensors:
            dims = [editor.get("tensor", tensor, f"dims[{i}]") for i in range(6)]
            item = 4 if editor.get("tensor", tensor, "dtype") == 3 else 1
            editor.set("tensor", tensor, "size", item * math.prod(dims))
        if self.is_layer():
            return True
        editor.data[:] = before
        return False

    def is_layer(self) -> bool:
        sizes = [self.editor.get("tensor", tensor, "size") for tensor in self.tensors]
        if max(sizes) > ROOM:
            return False
        try:
            HostModel(self.editor.bytes())
        except BlobError:
            return False
        return max(self.sizes().values()) <= ROOM

    def ending(self, block: str, size: int) -> BlobEditor:
        """The blob with `size` bytes of a block at its end."""
        editor = BlobEditor(self.editor.bytes())
        at = editor.get("params", 0, block)
        editor.set("params", 0, block, editor.append(bytes(editor.data[at : at + size])))
        return editor


def _find(blobs: dict[str, bytes], kernel: str) -> tuple[BlobEditor, int]:
    for blob in blobs.values():
        editor = BlobEditor(blob)
        for index, name in enumerate(editor.kernels()):
            source = editor.get("operator", index, "input0")
            if name == kernel and editor.get("tensor", source, "place") == 0:
                return editor, index
    raise AssertionError(f"no blob has {kernel} with an input in the arena")


@pytest.mark.parametrize("kernel", BLOCKS)
def test_a_block_that_ends_an_element_early_is_refused(
    blobs: dict[str, bytes], kernel: str, fuzz_blob: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    layer = Alone(blobs, kernel)
    assert layer.is_layer()
    files: list[Path] = []
    seen: set[tuple[int, ...]] = set()
    for number in range(LAYERS):
        seen.add(tuple(layer.sizes().values()))
        for block in layer.blocks:
            item, size = ITEM_SIZES[block.type], layer.sizes()[block.name]
            exact = layer.ending(block.name, size)
            HostModel(exact.bytes())
            end = len(exact.data)
            del exact.data[end - item :]
            exact.set("header", 0, "blob_size", end - item)
            assert refusal(exact.bytes()) == (
                f"operator 0 ({kernel}): data out of the blob: "
                f"{block.name} ends at {end}, allowed at most {end - item}"
            )
            if number % 8 == 0:
                files.append(tmp_path / f"{number}_{block.name}.ink")
                files[-1].write_bytes(layer.ending(block.name, size).bytes())
        for _ in range(200):
            if layer.vary(rng):
                break
        else:
            raise AssertionError("no other layer of this kernel was found")
    constant = all(not re.search("[a-wyz]", block.formula) for block in layer.blocks)
    assert constant or len(seen) > 5, f"only blocks of {seen} bytes were tried"
    ran = subprocess.run([fuzz_blob, "run", *files], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert f"{len(files)} no error\n" in ran.stdout
