"""The packer's predictions beside what the virtual board counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from oracle import ROOT, real_model

from host_tools.blob.reader import read_blob
from host_tools.pack import pack
from host_tools.plan.explain import choices
from host_tools.virtual_board.profiling import profile_on_virtual_board, random_inputs

MODELS = ("cifar10", "pretrainedResnet_quant", "kws_ref_model", "vww_96_int8", "ad01_int8")


@pytest.mark.parametrize("flash", [None, 300 * 1024])
@pytest.mark.parametrize("name", MODELS)
def test_instructions_are_predicted_within_a_tenth(
    virtual_board_firmware: Path, name: str, flash: int | None
) -> None:
    model = (
        ROOT / "models" / "cifar10" / "cifar10.tflite" if name == "cifar10" else real_model(name)
    )
    blob = pack(model, target="cortex-m7", flash=flash)
    read = read_blob(blob)
    costs = profile_on_virtual_board(blob, random_inputs(blob), firmware=virtual_board_firmware)
    measured = sum(cost.instructions for cost in costs if cost.index is not None)
    predicted = sum(choices(read, operator)[0].cost.instructions for operator in read.operators)
    assert predicted == pytest.approx(measured, rel=0.1)


def test_cycles_are_predicted_within_a_tenth(virtual_board_firmware: Path) -> None:
    blob = pack(real_model("pretrainedResnet_quant"), target="cortex-m7")
    read = read_blob(blob)
    firmware = virtual_board_firmware
    costs = profile_on_virtual_board(blob, random_inputs(blob), firmware=firmware, cycles=True)
    measured = sum(cost.cycles or 0 for cost in costs if cost.index is not None)
    predicted = sum(choices(read, operator)[0].cost.cycles for operator in read.operators)
    assert predicted == pytest.approx(measured, rel=0.1)
