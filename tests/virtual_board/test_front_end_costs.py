"""What front ends cost, counted on the virtual board."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.virtual_board.front_ends import front_end_costs

MOST_RAM = 12 * 1024
# taking the samples included
MOST_INSTRUCTIONS = {"mfcc": 25_000, "log-mel": 25_000, "micro": 25_000}


def test_each_kind_is_counted_and_stays_small(
    virtual_board_firmware: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_FIRMWARE", str(virtual_board_firmware))
    costs = {cost.kind: cost for cost in front_end_costs()}
    assert set(costs) == set(MOST_INSTRUCTIONS)
    for kind, cost in costs.items():
        assert 20_000 < cost.instructions <= MOST_INSTRUCTIONS[kind], kind
        assert 4096 < cost.ram <= MOST_RAM, kind
