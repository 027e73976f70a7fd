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
from blob_parts import layer_of
from judge import judged

from host_tools.host_runtime import BlobError, HostModel
from host_tools.kernels import KERNELS

LAYERS = 40


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
    blobs: dict[str, bytes], kernel: str, judge_blobs: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(4)
    layer = Alone(blobs, kernel)
    shapes = set()
    moved: list[bytes] = []
    good: list[int] = []  # of each moved blob, which has the layer where nothing is near an end
    for _ in layer.others(rng, LAYERS):
        called = layer_of(layer.editor, 0)
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
        edges = [layer.editor.bytes(), editor.bytes()]
        for tensor in layer.tensors:
            if tensor in layer.states:
                continue  # nothing lies before it
            editor = BlobEditor(layer.editor.bytes())
            editor.set("header", 0, "arena_size", arena + ROOM)
            size = editor.get("tensor", tensor, "size")
            editor.set("tensor", tensor, "offset", (arena + ROOM - size) // 4 * 4)
            edges.append(editor.bytes())
        good += [len(moved)] * len(edges)
        moved += edges
    assert len(shapes) > 5, f"only {shapes} were tried"
    lines = judged(judge_blobs, moved, tmp_path)
    assert all(line.startswith("runs ") for line in lines)
    assert lines == [lines[first] for first in good]
