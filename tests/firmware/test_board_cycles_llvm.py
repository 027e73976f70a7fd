"""Our model of the pipeline beside LLVM's, on the blocks where our kernels spend their time."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from firmware_builder import ROOT
from llvm_mca import mca_cycles

from host_tools.cycles import Section, read_trace
from host_tools.cycles.pipeline import block_cycles
from host_tools.pack import pack
from host_tools.virtual_board import profiling
from host_tools.virtual_board.profiling import profile_on_virtual_board, random_inputs

HOTTEST = 40


@pytest.mark.skipif(not shutil.which("llvm-mca"), reason="needs llvm-mca (Debian: llvm)")
def test_packed_kernels_take_what_llvm_s_model_says(
    virtual_board_firmware: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Section] = []

    def keep(*arguments: object) -> list[Section]:
        seen.extend(read_trace(*arguments))
        return seen

    monkeypatch.setattr(profiling, "read_trace", keep)
    blob = pack(ROOT / "models" / "cifar10" / "cifar10.tflite", target="cortex-m7")
    costs = profile_on_virtual_board(
        blob, random_inputs(blob), firmware=virtual_board_firmware, cycles=True
    )
    ours: Counter[tuple[str, ...]] = Counter()
    times: Counter[tuple[str, ...]] = Counter()
    for cost, section in zip(costs, seen, strict=True):
        if cost.macs:
            for (before, block), count in section.pairs.items():
                assert before
                jumped = before.end != block.addresses[0]
                ours[block.texts] += count * block_cycles(before.texts, block.texts, jumped)
                times[block.texts] += count
    hottest = [texts for texts, _ in ours.most_common(HOTTEST)]
    mine = sum(ours[texts] for texts in hottest)
    assert mine > 0.9 * sum(ours.values())
    llvm = sum(times[texts] * mca_cycles(texts) for texts in hottest)
    # LLVM charges more for loads that write their base back; measurements on a board do not
    assert mine == pytest.approx(llvm, rel=0.1)
