"""Counts what a blob costs on the virtual board, in instructions, operator by operator."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from host_tools.blob.reader import read_blob
from host_tools.errors import CommandError
from host_tools.virtual_board import VirtualBoard

# under QEMU's -icount shift=6 an instruction takes 64 ns; the board's ticks are 40 ns long
INSTRUCTION_NS, TICK_NS = 64, 40

_SCRIPT = """\
import gc
import inkling

class Picture:
    def width(self):
        return 320
    def height(self):
        return 240
    def bytearray(self):
        return pixels

model = inkling.Model("/rom/model.ink")
inputs = [memoryview(open("/rom/input%d" % i, "rb")) for i in range(len(model.input_shape))]
if {picture}:
    pixels = inputs[0]
    inputs = [Picture()]
gc.collect()
gc.disable()
print(model.profile(inputs))
"""


@dataclass(frozen=True)
class Cost:
    """Instructions of one operator, or of the input's or output's conversion (index None)."""

    index: int | None
    name: str
    kernel: str
    instructions: int
    macs: int


def random_inputs(blob: bytes, seed: int = 0) -> list[bytes]:
    """Stored values for each input of a blob: any byte, or floats of -1 to 1."""
    generator = np.random.default_rng(seed)
    inputs = []
    read = read_blob(blob)
    for index in read.inputs:
        tensor = read.tensors[index]
        if tensor.dtype == "float32":
            floats = generator.uniform(-1, 1, tensor.size // 4)
            inputs.append(floats.astype("<f4").tobytes())
        else:
            inputs.append(generator.bytes(tensor.size))
    return inputs


def profile_on_board(
    blob: bytes,
    inputs: Sequence[bytes] | np.ndarray,
    *,
    firmware: Path | None = None,
    timeout: float = 120.0,
) -> list[Cost]:
    """What a prediction costs: the input's conversion, each operator, the output's conversion.

    `inputs` are stored values, or a frame of the camera (uint16 [240, 320]). The counts are exact
    to one instruction and the same on every run. Raises CommandError with the board's message
    when it does not take the blob or the inputs.
    """
    picture = isinstance(inputs, np.ndarray)
    contents = [inputs.astype("<u2").tobytes()] if isinstance(inputs, np.ndarray) else inputs
    files: dict[str, bytes | Path] = {"model.ink": blob}
    files |= {f"input{index}": content for index, content in enumerate(contents)}
    board = VirtualBoard(firmware, romfs=files, icount=True)
    result = board.run_script(_SCRIPT.format(picture=picture), timeout=timeout)
    if result.status:
        raise CommandError(f"the virtual board cannot run the blob:\n{result.stdout.strip()}")
    rows = ast.literal_eval(result.stdout)
    return [
        Cost(index, name, kernel, round(ticks * TICK_NS / INSTRUCTION_NS), macs)
        for index, name, kernel, _microseconds, ticks, macs in rows
    ]
