"""With icount the virtual board counts instructions, exactly and equally on every run."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.virtual_board import VirtualBoard


@pytest.fixture
def board(virtual_board_firmware: Path) -> VirtualBoard:
    return VirtualBoard(virtual_board_firmware, icount=True)


def test_a_loop_takes_its_instructions_exact_to_one_tick(board: VirtualBoard) -> None:
    # two instructions a round and one more, 64 ns each, in ticks of 40 ns of a timer counting down
    script = """
import micropython

@micropython.asm_thumb
def measure(r0):
    movwt(r1, 0x40000004)
    ldr(r2, [r1, 0])
    label(AGAIN)
    sub(r0, 1)
    bne(AGAIN)
    ldr(r3, [r1, 0])
    sub(r0, r2, r3)

for rounds in 1, 1000, 5000000:
    print(rounds, measure(rounds))
"""
    for line in board.run_script(script).stdout.splitlines():
        rounds, ticks = map(int, line.split())
        assert abs(ticks - (2 * rounds + 1) * 64 / 40) <= 1


def test_the_counts_of_every_width_agree(board: VirtualBoard) -> None:
    script = """
import time, virtual_board
first = virtual_board.ticks()
middle = time.ticks_cpu()
last = virtual_board.ticks()
mask = (1 << 30) - 1
print(0 < middle - (first & mask) < last - first < 10000)
"""
    assert board.run_script(script).stdout == "True\n"


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
for sleep, amount, ms in (time.sleep_ms, 9, 9), (time.sleep, 0.25, 250), (time.sleep_us, 900, 0.9):
    start = virtual_board.ticks(), time.ticks_ms(), time.ticks_us()
    sleep(amount)
    us = (virtual_board.ticks() - start[0]) / 25
    print(0 <= us - ms * 1000 < 300, abs(time.ticks_diff(time.ticks_ms(), start[1]) - ms) < 2,
        abs(time.ticks_diff(time.ticks_us(), start[2]) - us) < 1000)
"""
    assert board.run_script(script).stdout == "True True True\n" * 3
