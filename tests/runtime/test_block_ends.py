"""Every data block of every kernel ends within the blob, to the element.

Each kernel that has blocks is taken out of a blob, one operator alone, and its dimensions and
parameters vary at random as far as the verifier takes them. Of each such layer every block in turn
is put at the very end of the blob, with as many elements as docs/blob-format.md counts.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from alone import BLOCKS, Alone
from blob_document import ITEM_SIZES
from test_verifier import refusal

from host_tools.host_runtime import HostModel

LAYERS = 80


@pytest.mark.parametrize("kernel", BLOCKS)
def test_a_block_that_ends_an_element_early_is_refused(
    blobs: dict[str, bytes], kernel: str, fuzz_blob: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    layer = Alone(blobs, kernel)
    files: list[Path] = []
    seen: set[tuple[int, ...]] = set()
    for number in layer.others(rng, LAYERS):
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
    constant = all(not re.search("[a-wyz]", block.formula) for block in layer.blocks)
    assert constant or len(seen) > 5, f"only blocks of {seen} bytes were tried"
    run_sanitized(fuzz_blob, files)


def run_sanitized(fuzz_blob: Path, files: list[Path]) -> None:
    """Runs blobs that are good; reads and writes outside the blob and the arena end it."""
    ran = subprocess.run([fuzz_blob, "run", *files], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert f"{len(files)} no error\n" in ran.stdout
