"""A model of the Cortex-M7's pipeline: in order, at most two instructions a cycle.

Two neighbours go in one cycle when the younger needs nothing that is not there yet, both find the
units they use, and neither is of a kind that goes alone (see instructions.py):

- a multiply or multiply-accumulate, a store, a branch, a bit-field or parallel instruction, an
  operand with a shift: one of each a cycle; loads: two. A multiply does not pair with a store;
- loaded words: next cycle for arithmetic, one more for an address, a shifted operand or a factor;
- a product takes two cycles, but the next multiply-accumulate adds to it after one;
- LDRD, STRD, LDM, STM, PUSH, POP go alone and move two registers a cycle;
- a branch that is taken ends its pair; it costs nothing else: prediction is taken as perfect.

Not in it: caches, waiting for flash, two loads from one bank of memory, unaligned addresses, full
store buffers, mispredicted branches, the placing of instructions in memory.
"""

from __future__ import annotations

from functools import cache

from host_tools.cycles.instructions import Instruction, decode

WIDTH = {"load": 2}


class Pipeline:
    """Instructions one after the other; `cycle` is that of the newest."""

    def __init__(self) -> None:
        self.cycle = 0
        self._pair: list[Instruction] = []
        self._closed = True
        self._ready: dict[str, int] = {}
        self._loaded: dict[str, int] = {}

    def issue(self, instruction: Instruction, taken: bool = False) -> int:
        """Issues one instruction; returns its cycle, the first is 1."""
        needed = self._needed(instruction)
        if needed > self.cycle or not self._pairs(instruction):
            self.cycle = max(self.cycle + 1, needed)
            self._pair = []
        self._pair.append(instruction)
        start = self.cycle
        self.cycle += instruction.cycles - 1
        self._closed = instruction.alone or taken or len(self._pair) == 2
        for register, latency in instruction.writes:
            # even what is bypassed at once does not go from the older of a pair to the younger
            self._ready[register] = start + latency
            self._loaded[register] = start if "load" in instruction.units and latency else -1
        return start

    def _needed(self, instruction: Instruction) -> int:
        needed = 0
        factor = "multiplier" in instruction.units
        for register, when in instruction.reads:
            if register in self._ready:
                ready = self._ready[register] + when
                if factor and when == 0 and self._loaded[register] >= 0:
                    ready = max(ready, self._loaded[register] + 2)
                needed = max(needed, ready)
        return needed

    def _pairs(self, younger: Instruction) -> bool:
        if self._closed or younger.alone or younger.first:
            return False
        older = self._pair[0]
        if {"multiplier", "store"} <= {*older.units, *younger.units}:
            return False
        written = [register for register, latency in older.writes if latency == 0]
        if any(register in written for register, _ in younger.reads):
            return False
        return all(
            [*older.units, *younger.units].count(unit) <= WIDTH.get(unit, 1)
            for unit in younger.units
        )


@cache
def block_cycles(before: tuple[str, ...], block: tuple[str, ...], jumped: bool = True) -> int:
    """Cycles that `block` adds when it runs right after `before`, both lists of instructions.

    `jumped`: whether `before` ended by a taken branch.
    """
    pipeline = Pipeline()
    for number, text in enumerate(before, 1):
        pipeline.issue(decode(text), taken=jumped and number == len(before))
    start = pipeline.cycle
    for text in block:
        pipeline.issue(decode(text))
    return pipeline.cycle - start
