"""Counts what it costs to make an input from a camera's picture, on the virtual board."""

from __future__ import annotations

import ast
import itertools
from dataclasses import dataclass

import numpy as np

from host_tools.blob.writer import write_blob
from host_tools.errors import CommandError
from host_tools.images import SCALINGS
from host_tools.pictures import FRAME_HEIGHT, FRAME_WIDTH
from host_tools.plan_types import Plan, PlanTensor
from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.profiling import INSTRUCTION_NS, TICK_NS

SIDES = (32, 96, 192)
_BYTES = {"RGB565": 2, "grayscale": 1}

_SCRIPT = """\
import inkling

class Picture:
    def __init__(self, bytes_a_pixel):
        self._pixels = memoryview(open("/rom/pixels", "rb"))[: {pixels} * bytes_a_pixel]
    def width(self):
        return {width}
    def height(self):
        return {height}
    def bytearray(self):
        return self._pixels

for side, scaling in {ways}:
    model = inkling.Model("/rom/%d-%s.ink" % (side, scaling))
    for kind, bytes_a_pixel in {kinds}:
        inputs = [Picture(bytes_a_pixel), bytes(4)]
        print((kind, scaling, side, model.profile(inputs)[0][4]))
"""


@dataclass(frozen=True)
class PictureCost:
    """Instructions from a picture of 320x240 pixels to int8 [1, side, side, 3], cropped."""

    kind: str
    scaling: str
    side: int
    instructions: int


def picture_costs() -> list[PictureCost]:
    """Of each kind of picture, scaling and side. Raises CommandError without firmware or QEMU."""
    files = {}
    ways = list(itertools.product(SIDES, SCALINGS))
    for side, scaling in ways:
        tensor = PlanTensor("pixels", (1, side, side, 3), "int8", 1.0, -128)
        # no network: its output is another input
        scores = PlanTensor("scores", (1, 4), "int8", 1.0, 0, offset=-(-tensor.size // 16) * 16)
        plan = Plan("pictures", "portable", [tensor, scores], [], (0, 1), (1,))
        plan.image_tables = [np.arange(-128, 128).astype(np.int8), None]
        plan.arena_size, plan.scaling = scores.offset + 16, scaling
        files[f"{side}-{scaling}.ink"] = write_blob(plan)
    pixels = FRAME_WIDTH * FRAME_HEIGHT
    files["pixels"] = np.random.default_rng(1).bytes(2 * pixels)
    script = _SCRIPT.format(
        pixels=pixels, width=FRAME_WIDTH, height=FRAME_HEIGHT, ways=ways, kinds=[*_BYTES.items()]
    )
    result = VirtualBoard(romfs=files, icount=True).run_script(script, timeout=100)
    if result.status:
        raise CommandError("the virtual board cannot count pictures:", result.stdout)
    costs = []
    for line in result.stdout.splitlines():
        kind, scaling, side, ticks = ast.literal_eval(line)
        costs.append(PictureCost(kind, scaling, side, ticks * TICK_NS // INSTRUCTION_NS))
    return costs
