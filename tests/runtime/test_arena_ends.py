"""Every kernel stays within its tensors and asks for the scratch and counts the work of its card.

Layers as in test_block_ends.py; each tensor and the scratch in turn end where the arena does.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from alone import ROOM, Alone
from blob_document import document_kernels
from blob_editor import BlobEditor
from test_block_ends import run_sanitized

from host_tools.host_runtime import BlobError, HostModel
from host_tools.kernels import KERNELS
from host_tools.kernels.layer import Layer

LAYERS = 40


def card_layer(layer: Alone) -> Layer:
    """The layer as the kernel's card takes it."""
    params: dict[str, int | list[int]] = {}
    for name in layer.params:
        value = layer.editor.get("params", 0, name)
        base, _, index = name.partition("[")
        if index:
            params.setdefault(base, []).append(value)
        else:
            params[name] = value
    fields = ("input0", "input1", "output")
    *inputs, output = (layer.editor.get("operator", 0, field) for field in fields)
    shapes = tuple(layer.dims(tensor) for tensor in inputs if tensor != 0xFFFF)
    return Layer(params, shapes, layer.dims(output))


def scratch_asked(layer: Alone) -> int:
    """The bytes that C asks for."""
    editor = BlobEditor(layer.editor.bytes())
    editor.set("operator", 0, "scratch_size", 0)
    try:
        HostModel(editor.bytes())
    except BlobError as error:
        found = re.search(r"scratch_size is 0, allowed (\d+) or more$", str(error))
        assert found, error
        return int(found[1])
    return 0


@pytest.mark.parametrize("kernel", document_kernels())
def test_a_kernel_keeps_within_the_arena(
    blobs: dict[str, bytes], kernel: str, fuzz_blob: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(4)
    layer = Alone(blobs, kernel)
    files: list[Path] = []
    shapes = set()
    for number in layer.others(rng, LAYERS):
        called = card_layer(layer)
        shapes.add((*called.inputs, called.output))
        assert HostModel(layer.editor.bytes()).work == KERNELS[kernel].work(called)
        scratch = scratch_asked(layer)
        kept = KERNELS[kernel].scratch(called)
        # the packer keeps room for Arm's kernels, which ask for more than our portable ones
        assert scratch == kept or (scratch < kept and not KERNELS[kernel].packs)
        editor = BlobEditor(layer.editor.bytes())
        arena = editor.get("header", 0, "arena_size")
        editor.set("operator", 0, "scratch_offset", arena - -(-scratch // 16) * 16)
        editor.set("operator", 0, "scratch_size", scratch)
        edges = [editor.bytes()]
        for tensor in layer.tensors:
            if tensor in layer.states:
                continue  # nothing lies before it
            editor = BlobEditor(layer.editor.bytes())
            editor.set("header", 0, "arena_size", arena + ROOM)
            size = editor.get("tensor", tensor, "size")
            editor.set("tensor", tensor, "offset", (arena + ROOM - size) // 4 * 4)
            edges.append(editor.bytes())
        for place, blob in enumerate(edges):
            files.append(tmp_path / f"{number}_{place}.ink")
            files[-1].write_bytes(blob)
    assert len(shapes) > 5, f"only {shapes} were tried"
    run_sanitized(fuzz_blob, files)
