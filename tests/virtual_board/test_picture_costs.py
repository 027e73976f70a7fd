"""What pictures cost, counted on the virtual board."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.virtual_board.picture_costs import picture_costs

# what OpenMV's ml takes, counted in its own firmware at cbbb877ed; ours is to be less
OPENMV = {
    "RGB565": {32: 110_593, 96: 822_531, 192: 3_203_906},
    "grayscale": {32: 85_437, 96: 605_718, 192: 2_346_281},
}
# what averages take today, rounded up
MOST_AVERAGE = {32: 590_000, 96: 1_800_000, 192: 5_450_000}


def test_blended_pictures_take_less_than_openmvs_and_averages_no_more_than_they_did(
    virtual_board_firmware: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    costs = picture_costs()
    assert len(costs) == 18
    for cost in costs:
        kind = cost.kind if cost.scaling == "openmv" else "RGB565"
        most = (MOST_AVERAGE if cost.scaling == "average" else OPENMV[kind])[cost.side]
        assert most // 4 < cost.instructions <= most, cost
