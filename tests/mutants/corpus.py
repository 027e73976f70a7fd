"""The blobs that mutants of the verifier are shown, and what is right to say of each.

Every blob of the verifier's tests in tests/runtime, every part at its bounds, and layers of random
shapes whose blocks, tensors and scratch lie at each end, over each other or have shapes or
parameters that they may not have. What the runtime says of them is right as far as the verifier's
twin in Python says the same: it must, of each.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from alone import ROOM, Alone
from blob_document import ITEM_SIZES, document_kernels
from blob_editor import BlobEditor
from blob_parts import layer_of
from judge import read_blobs, whole_lines, write_blobs
from small_blobs import small_blobs
from test_every_bound import every_case
from test_every_field import other_fields
from test_every_shape import other_shapes
from test_overlaps import LAYERS as OVERLAPPING
from test_overlaps import SLIDING, distances, other_windows

from host_tools.errors import CommandError
from host_tools.kernels import KERNELS
from host_tools.places import ROOT
from host_tools.verifier import twin

ALL_KERNELS = (1 << 64) - 1
LAYERS = 16
TWIN_MUTANTS = "12000"


def make_corpus(judge: Path, folder: Path) -> tuple[Path, Path, Path]:
    """Files in `folder`: the blobs, the right line of each, and the kernels that each has.

    The blobs are as tests/runtime/judge_blobs.c reads them, the kernels a u64 with a bit each.
    """
    files = folder / "blobs.bin", folder / "lines.txt", folder / "kernels.bin"
    small = small_blobs()
    found = [*_recorded(folder), *_layers(small)]
    found += [case.blob for cases in every_case(small).values() for case in cases]
    found = list(dict.fromkeys(found))
    said = whole_lines(judge, found, folder)
    for blob, line in zip(found, said, strict=True):
        refused = twin.refusal(blob)
        wanted = "runs " if refused is None else f"refused {refused}"
        # of work past all bounds C may count less
        if not line.startswith(wanted) and "the work up to here" not in line:
            raise CommandError(f"the twin says {wanted!r} of a blob, the C verifier {line!r}")
    write_blobs(files[0], found)
    files[1].write_text("".join(line + "\n" for line in said))
    files[2].write_bytes(b"".join(kernels_of(blob).to_bytes(8, "little") for blob in found))
    return files


def kernels_of(blob: bytes) -> int:
    """A bit for the number of each kernel that it has; all where it cannot be read."""
    try:
        numbers = {KERNELS[name].number for name in BlobEditor(blob).kernels()}
    except (KeyError, struct.error):
        return ALL_KERNELS
    return sum(1 << number for number in numbers)


def _recorded(folder: Path) -> Iterator[bytes]:
    """The blobs of the verifier's own tests, rules before mutants."""
    file = folder / "recorded.bin"
    tests = sorted(
        (ROOT / "tests" / "runtime").glob("test_verifier*.py"), key=lambda p: p.stem[-4:] == "twin"
    )
    tests.append(ROOT / "tests" / "runtime" / "test_states.py")
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "mutants.recorder", *tests],
        env={**os.environ, "INKLING_RECORD": str(file), "INKLING_MUTATIONS": TWIN_MUTANTS},
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    yield from read_blobs(file)


def _layers(small: dict[str, bytes]) -> Iterator[bytes]:
    for kernel in document_kernels():
        layer = Alone(small, kernel)
        for _ in layer.others(np.random.default_rng(9), LAYERS):
            yield from _ends_of_blocks(layer)
            yield from _places_in_arena(layer)
        yield from _shapes_fields_and_overlaps(small, kernel)


def _shapes_fields_and_overlaps(small: dict[str, bytes], kernel: str) -> Iterator[bytes]:
    """Those of test_every_shape.py, test_every_field.py and test_overlaps.py, the blocks as large
    as they must be."""
    rng = np.random.default_rng(9)
    layer = Alone(small, kernel)
    for _ in layer.others(rng, 3):
        whole, layer.editor = layer.editor, _compact(layer)
        yield from other_shapes(layer)
        layer.editor = whole
    layer = Alone(small, kernel)
    layer.editor = _compact(layer)
    yield from other_fields(layer)
    if kernel in SLIDING:
        rng = np.random.default_rng(6)
        layer = Alone(small, kernel)
        layer.make_room()
        windows = "pad_top" in layer.params
        layers = other_windows(layer, rng) if windows else layer.others(rng, OVERLAPPING)
        for _, _ in zip(range(OVERLAPPING), layers, strict=False):
            whole, layer.editor = layer.editor, _compact(layer)
            yield from (blob for _, blob in distances(layer))
            layer.editor = whole


def _compact(layer: Alone, last: int = 0) -> BlobEditor:
    """The layer with blocks as large as they must be, that of number `last` last."""
    editor = BlobEditor(bytes(layer.editor.data))
    sizes = layer.sizes()
    starts = {name: editor.get("params", 0, name) for name in sizes}
    contents = {name: bytes(editor.data[at : at + sizes[name]]) for name, at in starts.items()}
    if starts:
        del editor.data[min(starts.values()) :]
    names = list(sizes)
    for name in names[last + 1 :] + names[: last + 1]:
        editor.set("params", 0, name, editor.append(contents[name]))
    editor.set("header", 0, "blob_size", len(editor.data))
    return editor


def _ends_of_blocks(layer: Alone) -> Iterator[bytes]:
    for number, block in enumerate(layer.blocks):
        editor = _compact(layer, number)
        yield editor.bytes()
        del editor.data[-ITEM_SIZES[block.type] :]
        editor.set("header", 0, "blob_size", len(editor.data))
        yield editor.bytes()


def _places_in_arena(layer: Alone) -> Iterator[bytes]:
    """Tensors and scratch at the arena's end and behind it, over each other and beside."""
    good = _compact(layer)
    card = KERNELS[good.kernels()[0]]
    called = layer_of(good, 0)
    arena, scratch = good.get("header", 0, "arena_size"), card.scratch(called)

    def changed(*changes: tuple[str, int, str, int]) -> bytes:
        editor = BlobEditor(bytes(good.data))
        for record, index, field, value in changes:
            editor.set(record, index, field, value % (1 << 32))
        return editor.bytes()

    end = arena - -(-scratch // 16) * 16
    for size, offset in (
        (scratch, end),
        (scratch - 1, end),
        (scratch, end + 16),
        (scratch, end + 8),
    ):
        if size >= 0:
            place = ("operator", 0, "scratch_offset", offset)
            yield changed(place, ("operator", 0, "scratch_size", size))
    for tensor in layer.tensors:
        size = good.get("tensor", tensor, "size")
        start = good.get("tensor", tensor, "offset")
        last = (arena + ROOM - size) // 4 * 4
        for offset in (last, last + 4, last + 2):
            yield changed(
                ("tensor", tensor, "offset", offset), ("header", 0, "arena_size", arena + ROOM)
            )
        over = start + -(-size // 16) * 16
        for offset in (over - 16, over):
            if scratch:
                yield changed(("operator", 0, "scratch_offset", offset))
    *inputs, output = layer.tensors
    for tensor in inputs:
        start, size = (good.get("tensor", tensor, field) for field in ("offset", "size"))
        size_out = good.get("tensor", output, "size")
        slide = card.slide(called) or 0
        near = {0, 4, -4, slide // 4 * 4, -(-slide // 4) * 4, slide + 4, slide - 4, 16, 64}
        near |= {size_out // 4 * 4 - 4, -(-size_out // 4) * 4, 4 - size, -(-size // 4) * -4}
        for before in sorted(near):
            yield changed(("tensor", output, "offset", start - before))
