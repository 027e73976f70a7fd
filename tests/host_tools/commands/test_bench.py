"""What bench says of a network beside the baseline, and of our code's size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from host_tools.code_size import LIMIT, CodeSize, code_size, flash_bytes
from host_tools.commands.bench import compare
from host_tools.errors import CommandError
from host_tools.pack import plan_model
from host_tools.virtual_board.profiling import Cost


def layer(index: int, operator: str, macs: int, cmsis_nn: int) -> dict[str, Any]:
    return {
        "index": index,
        "operator": operator,
        "macs": macs,
        "cmsis_nn_instructions": cmsis_nn,
        "plain_c_instructions": 4 * cmsis_nn,
    }


BASELINE = {
    "cmsis_nn_instructions": 600,
    "plain_c_instructions": 2400,
    "layers": [
        layer(0, "conv", 100, 150),
        layer(1, "conv", 200, 250),
        layer(2, "softmax", 0, 200),
    ],
}


def costs(*macs: int, cycles: int | None = None) -> list[Cost]:
    """Two convolutions of these multiply-accumulates and a softmax, after the input."""
    named = [("INPUT", 0), *(("CONV_2D", count) for count in macs), ("SOFTMAX", 0)]
    return [Cost(None, name, "", 50, count, cycles) for name, count in named]


def test_layers_are_found_by_operator_and_work_in_any_order() -> None:
    rows = compare(costs(200, 100, cycles=30), BASELINE)
    assert [row.cmsis_nn for row in rows] == [600, None, 250, 150, 200]
    assert (rows[0].instructions, rows[0].macs, rows[0].cycles) == (200, 300, 120)
    assert rows[0].plain_c == 2400


def test_layers_with_dropped_channels_are_found_in_order() -> None:
    rows = compare(costs(60, 150), BASELINE)
    assert [row.cmsis_nn for row in rows] == [600, None, 150, 250, 200]
    assert rows[0].cycles is None


def test_another_network_than_the_baseline_s_is_refused() -> None:
    with pytest.raises(CommandError, match=r"layers \[1\] of the baseline"):
        compare(costs(100), BASELINE)


def test_a_network_that_nobody_measured_has_no_figures_beside_it() -> None:
    assert {row.cmsis_nn for row in compare(costs(1, 2), None)} == {None}


def test_kept_constant_channels_are_all_of_the_model_s_work(shared: Path) -> None:
    model = shared / "data" / "models" / "vww_96_int8.tflite"
    kept = plan_model(model, target="portable", drop_constants=False)
    dropped = plan_model(model, target="portable")
    assert sum(operator.macs for operator in kept.operators) == 7_489_664
    assert sum(operator.macs for operator in dropped.operators) == 3_906_809


def test_code_size_is_measured_and_held_to_its_limit(virtual_board_firmware: Path) -> None:
    assert 150_000 < flash_bytes(virtual_board_firmware) < 1_000_000
    nothing = code_size(virtual_board_firmware, virtual_board_firmware)
    assert (nothing.gained, nothing.fits) == (0, True)
    assert CodeSize(LIMIT, LIMIT).fits
    assert "+1 to the 49,152 kept" in CodeSize(LIMIT + 1, LIMIT).text()
    assert "OVER the limit of 49,152" in CodeSize(LIMIT + 1, LIMIT).text()


def test_a_firmware_that_cannot_be_measured_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nothing.elf"):
        flash_bytes(tmp_path / "nothing.elf")
