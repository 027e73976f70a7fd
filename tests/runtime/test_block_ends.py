"""Every data block of every kernel ends within the blob, to the element.

Each kernel that has blocks is taken out of a blob, one operator alone, and its dimensions and
parameters vary at random as far as the verifier takes them. Of each such layer every block in turn
is put at the very end of the blob, with as many elements as docs/blob-format.md counts, and of
some right behind the header.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from alone import BLOCKS, Alone
from blob_document import ITEM_SIZES
from blob_parts import first_behind_header, parts_of
from judge import judged
from refusals import refusal

from host_tools.host_runtime import HostModel

LAYERS = 80


@pytest.mark.parametrize("kernel", BLOCKS)
def test_a_block_that_ends_an_element_early_is_refused(
    blobs: dict[str, bytes], kernel: str, judge_blobs: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    layer = Alone(blobs, kernel)
    run: list[bytes] = []
    seen: set[tuple[int, ...]] = set()
    for number in layer.others(rng, LAYERS):
        sizes = layer.sizes()
        seen.add(tuple(sizes.values()))
        for block in layer.blocks:
            item, size = ITEM_SIZES[block.type], sizes[block.name]
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
                run += [layer.editor.bytes(), layer.ending(block.name, size).bytes()]
                (part,) = (p for p in parts_of(layer.editor) if p.kernel and p.name == block.name)
                assert part.size == size
                run.append(first_behind_header(layer.editor, part))
    constant = all(not re.search("[a-wyz]", block.formula) for block in layer.blocks)
    assert constant or len(seen) > 5, f"only blocks of {seen} bytes were tried"
    lines = judged(judge_blobs, run, tmp_path)
    assert all(line.startswith("runs ") for line in lines)
    assert lines[0::3] == lines[1::3] == lines[2::3]
