"""Lines that a kernel misses: once where the cache holds all, each time where it holds nothing."""

from __future__ import annotations

import pytest
from chains import Chain

from host_tools.boards import read_board
from host_tools.cycles.board_cycles import board_cycles
from host_tools.cycles.lines import Lines, Machine, machine_of, missed_lines
from host_tools.kernels.layer import Layer
from host_tools.pack import pack, plan_model
from host_tools.plan.costs import predict_on
from host_tools.plan_types import Plan

WINDOW = {"kernel_h": 3, "kernel_w": 3, "stride_h": 1, "stride_w": 1}


def conv(side: int, depth: int, units: int) -> Layer:
    params = {**WINDOW, "pad_top": 1, "pad_left": 1, "act_min": -128, "act_max": 127}
    return Layer(params, ((1, side, side, depth),), (1, side, side, units))


def test_weights_that_stay_in_the_cache_are_missed_once() -> None:
    layer = conv(32, 4, 4)  # 2 pairs of 24 + 2 * 36 bytes, for 256 times 4 pixels
    lines = missed_lines("conv_packed_s8", layer, 16 * 1024)
    once = 2 * 96 / 32
    assert once <= lines.blob < 2 * once
    # its input and output, and scratch
    assert lines.arena == pytest.approx(2 * 32 * 32 * 4 / 32, rel=0.15)


def test_weights_of_four_caches_are_missed_by_every_pass() -> None:
    layer = conv(8, 64, 64)  # 32 pairs of 24 + 2 * 576 bytes, for 16 times 4 pixels
    once = 32 * 1176 / 32
    assert missed_lines("conv_packed_s8", layer, 4 * 1024).blob == pytest.approx(
        16 * once, rel=0.02
    )
    assert missed_lines("conv_packed_s8", layer, 0).blob == 16 * once
    assert once <= missed_lines("conv_packed_s8", layer, 1 << 30).blob < 1.01 * once


def test_a_cycle_is_pipeline_plus_branches_plus_lines() -> None:
    machine = Machine(16 * 1024, 307.2, 16)
    assert board_cycles(1000, 10, Lines(5, 3), machine) == 1000 + 110 + 1536 + 48


def test_a_board_says_what_lines_cost_where_blob_and_arena_lie() -> None:
    plus = read_board("openmv-h7-plus")
    assert machine_of(plus, "rom").blob_line_cycles == pytest.approx(307.2)
    assert machine_of(plus, "flash").blob_line_cycles == 11
    # 100 KB have room in fast memory, 400 KB have not
    assert machine_of(plus, "ram", 100_000, 30_000).blob_line_cycles == 16
    assert machine_of(plus, "ram", 400_000, 30_000).blob_line_cycles == pytest.approx(38.4)
    assert machine_of(read_board("stm32f746g-disco"), "flash").cache_bytes == 4096
    assert machine_of(None) == Machine()


def kernels(plan: Plan) -> list[str]:
    return [operator.kernel for operator in plan.operators]


def test_a_plan_for_qspi_is_the_faster_one_there_and_the_slower_one_on_internal_flash() -> None:
    model = Chain(32, 16).conv(16, 3).build()[0]
    there = machine_of(read_board("openmv-h7-plus"), "rom")
    flash, qspi = (
        plan_model(model, target="cortex-m7"),
        plan_model(model, target="cortex-m7", machine=there),
    )
    assert kernels(flash) == ["winograd_f4_s8"] and kernels(qspi) != kernels(flash)

    def cycles(plan: Plan, machine: Machine) -> int:
        return sum(predict_on(machine, one.kernel, plan.layer(one)) for one in plan.operators)

    assert cycles(qspi, there) < cycles(flash, there)
    assert cycles(flash, Machine()) < cycles(qspi, Machine())
    assert pack(model, target="cortex-m7") != pack(model, target="cortex-m7", machine=there)
