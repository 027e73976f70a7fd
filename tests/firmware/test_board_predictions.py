"""The packer's predictions beside what the virtual board counts."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from oracle import ROOT, real_model

from host_tools.blob.reader import read_blob
from host_tools.fit_costs.networks import networks
from host_tools.pack import pack
from host_tools.plan.costs import COEFFICIENTS, predict
from host_tools.plan.explain import choices
from host_tools.virtual_board.profiling import profile_on_virtual_board, random_inputs

MODELS = ("cifar10", "pretrainedResnet_quant", "kws_ref_model", "vww_96_int8", "ad01_int8")


@pytest.fixture(scope="module")
def errors(virtual_board_firmware: Path) -> dict[str, list[float]]:
    """By kernel: predicted / counted instructions - 1 of each call in the networks of the fit."""
    if "-cmsis-nn" in virtual_board_firmware.parent.name:
        pytest.skip("the fit is of our kernels, not of Arm's")
    found = defaultdict(list)
    for network in networks():
        blob = pack(network.graph, target="cortex-m7", force=network.force)
        read = read_blob(blob)
        for cost in profile_on_virtual_board(
            blob, random_inputs(blob), firmware=virtual_board_firmware
        ):
            if cost.index is not None:
                layer = read.layer(read.operators[cost.index])
                predicted = predict(cost.kernel, layer).instructions
                found[cost.kernel].append(predicted / cost.instructions - 1)
    return found


@pytest.mark.parametrize("kernel", json.loads(COEFFICIENTS.read_text()))
def test_a_kernel_costs_what_was_fitted(errors: dict[str, list[float]], kernel: str) -> None:
    """Else `python -m host_tools.fit_costs` has to run again, or a fast path is never taken."""
    assert abs(np.mean(errors[kernel])) < 0.02
    assert np.abs(errors[kernel]).max() < 0.35


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
