"""Counts what each kind of front end costs a frame, on the virtual board."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import numpy as np

from host_tools.audio import make_front_end, make_settings
from host_tools.blob.writer import write_blob
from host_tools.errors import CommandError
from host_tools.plan_types import Plan, PlanTensor
from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.profiling import INSTRUCTION_NS, TICK_NS

# frames and values a frame of the networks that each kind is for
_SHAPES = {"mfcc": (49, 10), "log-mel": (98, 40), "micro": (98, 40)}
_HOPS = 24
_WORDS = 12

_SCRIPT = """\
import inkling
import time

sound = memoryview(open("/rom/sound.raw", "rb").read())
for kind, size in {sizes}:
    listener = inkling.Listener(inkling.Model("/rom/%s.ink" % kind))
    hops = [sound[i * size : (i + 1) * size] for i in range({hops})]
    for hop in hops[:4]:
        listener.feed(hop)
    none = sound[:0]
    start = time.ticks_cpu()
    for hop in hops[4:]:
        listener.feed(none)
    between = time.ticks_cpu()
    for hop in hops[4:]:
        listener.feed(hop)
    end = time.ticks_cpu()
    print((kind, (end - between) - (between - start), listener.ram))
"""


@dataclass(frozen=True)
class FrontEndCost:
    """Instructions of a frame, taking its samples included, and bytes beside the arena."""

    kind: str
    instructions: int
    ram: int
    frames: int
    coefficients: int


def front_end_costs() -> list[FrontEndCost]:
    """Of each kind with its defaults, on noise. Raises CommandError without firmware or QEMU."""
    files, sizes = {}, []
    for kind, (frames, coefficients) in _SHAPES.items():
        shape = (1, frames, coefficients)
        tensor = PlanTensor("frames", shape, "int8", 0.5, 0)
        front_end = make_front_end(make_settings(kind, {}), shape, "int8", 0.5, 0)
        # no network: its scores are another input
        scores = PlanTensor(
            "scores", (1, _WORDS), "int8", 1 / 256, -128, offset=-(-tensor.size // 4) * 4
        )
        plan = Plan(kind, "portable", [tensor, scores], [], (0, 1), (1,), [None, None])
        plan.arena_size = -(-(scores.offset + scores.size) // 16) * 16
        plan.front_end = front_end
        files[f"{kind}.ink"] = write_blob(plan)
        sizes.append((kind, 2 * front_end.numbers["hop"]))
    noise = np.random.default_rng(1).normal(0, 3000, _HOPS * 320)
    files["sound.raw"] = noise.astype("<i2").tobytes()
    script = _SCRIPT.format(sizes=sizes, hops=_HOPS)
    result = VirtualBoard(romfs=files, icount=True).run_script(script, timeout=100)
    if result.status:
        raise CommandError("the virtual board cannot count front ends:", result.stdout)
    costs = []
    for line in result.stdout.splitlines():
        kind, ticks, ram = ast.literal_eval(line)
        instructions = ticks * TICK_NS // INSTRUCTION_NS // (_HOPS - 4)
        costs.append(FrontEndCost(kind, instructions, ram, *_SHAPES[kind]))
    return costs
