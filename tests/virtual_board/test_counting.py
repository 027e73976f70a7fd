"""With icount the virtual board counts instructions, exactly and equally on every run."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.virtual_board import VirtualBoard


@pytest.fixture
def board(virtual_board_firmware: Path) -> VirtualBoard:
    return VirtualBoard(virtual_board_firmware, icount=True)


def test_a_loop_takes_its_instructions_exact_to_one_tick(board: VirtualBoard) -> None:
    # two instructions a round, 64 ns each, in ticks of 40 ns
    script = """
import micropython, time, virtual_board

@micropython.asm_thumb
def loop(r0):
    label(AGAIN)
    sub(r0, 1)
    bne(AGAIN)

def measure(ticks, loop, rounds):
    start = ticks()
    loop(rounds)
    return ticks() - start

for ticks in virtual_board.ticks, time.ticks_cpu:
    for rounds in 1, 5001, 5000001:
        measure(ticks, loop, rounds)
        print(measure(ticks, loop, rounds))
"""
    counts = [int(line) for line in board.run_script(script).stdout.split()]
    for base, *longer in (counts[:3], counts[3:]):
        for count, rounds in zip(longer, (5000, 5000000), strict=True):
            assert abs(count - base - rounds * 2 * 64 / 40) <= 1


def test_counts_repeat_from_run_to_run(board: VirtualBoard) -> None:
    script = """
import virtual_board
def work():
    return sum(hash(str(i)) for i in range(2000))
start = virtual_board.ticks()
work()
print(virtual_board.ticks() - start, virtual_board.ticks())
"""
    first = board.run_script(script).stdout
    assert int(first.split()[0]) > 100000
    assert [board.run_script(script).stdout for _ in range(3)] == [first] * 3


def test_the_count_runs_on_through_the_timers_wrap(board: VirtualBoard) -> None:
    # the timer is set to shortly before its wrap, so that reads fall on every phase around it
    script = """
import machine, virtual_board
ticks = virtual_board.ticks
def read():
    return ticks(), ticks(), ticks(), ticks(), ticks(), ticks()
longest = 0
for before in range(1500, 4500, 7):
    machine.mem32[0x40000004] = before
    times = read()
    for earlier, later in zip(times, times[1:]):
        assert 0 < later - earlier < 2000, (before, times)
    assert times[-1] >> 32 == (times[0] >> 32) + 1, (before, times)
print(ticks() >> 32)
"""
    assert board.run_script(script).stdout == "429\n"


def test_sleeping_takes_the_time_it_says(board: VirtualBoard) -> None:
    script = """
import time, virtual_board
for sleep, amount, ms in (time.sleep_ms, 30, 30), (time.sleep, 0.05, 50), (time.sleep_us, 2000, 2):
    start = virtual_board.ticks(), time.ticks_ms(), time.ticks_us()
    sleep(amount)
    us = (virtual_board.ticks() - start[0]) / 25
    print(0 <= us - ms * 1000 < 300, abs(time.ticks_diff(time.ticks_ms(), start[1]) - ms) <= 1,
        abs(time.ticks_diff(time.ticks_us(), start[2]) - us) < 1000)
"""
    assert board.run_script(script).stdout == "True True True\n" * 3
