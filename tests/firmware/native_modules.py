"""What tests of the native module share: scripts that count and compare, networks by name."""

from __future__ import annotations

import ast
from pathlib import Path

from firmware_builder import ROOT
from oracle import real_model

from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.profiling import INSTRUCTION_NS, TICK_NS

COUNT = """
import array
import gc
in_its_place = bytearray(%d)
import inkling
import os
import virtual_board

counts = {}
for name in sorted(os.listdir("/rom")):
    if not name.endswith(".ink"):
        continue
    model = inkling.Model("/rom/" + name)
    stored = memoryview(open("/rom/" + name[:-4], "rb"))
    inputs = [array.array(model.input_dtype[0], stored)]
    gc.collect()
    gc.disable()
    # the module looks for Ctrl-C after some work: once in several runs of the smallest network
    runs = 20 if model.len < 10000 else 1
    before = virtual_board.ticks()
    for _ in range(runs):
        model.predict(inputs)
    counts[name[:-4]] = (virtual_board.ticks() - before) // runs
    gc.enable()
print(counts)
"""

# imports, then runs every blob on its inputs; names those that give other bytes than they should
COMPARE = """
import gc
gc.collect()
free = gc.mem_free()
import inkling
import os
gc.collect()
print(free - gc.mem_free())

for name in sorted(os.listdir("/rom")):
    if not name.endswith(".ink"):
        continue
    model = inkling.Model("/rom/" + name)
    given = memoryview(open("/rom/" + name[:-4] + ".in", "rb"))
    expected = memoryview(open("/rom/" + name[:-4] + ".out", "rb"))
    size, count = len(model.input()), len(model.output())
    same = True
    for i in range(len(given) // size):
        model.input()[:] = given[i * size : (i + 1) * size]
        model.run()
        same = same and bytes(model.output()) == bytes(expected[i * count : (i + 1) * count])
    print(name[:-4], same)
"""


def network(name: str) -> Path:
    return ROOT / "models/cifar10/cifar10.tflite" if name == "cifar10" else real_model(name)


def count_all(board: VirtualBoard, in_its_place: int) -> dict[str, int]:
    """Instructions of a whole predict, by network, with so many bytes at the heap's start."""
    result = board.run_script(COUNT % in_its_place, timeout=100)
    assert result.status == 0, result.stdout
    ticks = ast.literal_eval(result.stdout)
    return {name: count * TICK_NS // INSTRUCTION_NS for name, count in ticks.items()}
