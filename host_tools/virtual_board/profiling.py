"""Counts what a blob costs on the virtual board, operator by operator: instructions, cycles."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from host_tools.blob.reader import read_blob
from host_tools.cycles import Section, read_trace
from host_tools.errors import CommandError
from host_tools.virtual_board import VirtualBoard, qemu

# under QEMU's -icount shift=6 an instruction takes 64 ns; the board's ticks are 40 ns long
INSTRUCTION_NS, TICK_NS = 64, 40
# Model.profile() calls these, one for each row of its result
STEPS = ("inkling_set_inputs", "inkling_run_operator", "inkling_make_outputs")
CALLER = "profile"

_SCRIPT = """\
import array
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
elif model.input_dtype[0] == "b":
    inputs = [array.array("b", stored) for stored in inputs]
gc.collect()
gc.disable()
print(model.profile(inputs))
"""


@dataclass(frozen=True)
class Cost:
    """What one operator costs, or the input's or output's conversion (index None).

    `cycles` is an estimate of the pipeline alone (see host_tools.cycles), None where nobody asked
    for it; `mispredictions` are counted with it.
    """

    index: int | None
    name: str
    kernel: str
    instructions: int
    macs: int
    cycles: int | None = None
    mispredictions: int = 0


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


def profile_on_virtual_board(
    blob: bytes,
    inputs: Sequence[bytes] | np.ndarray,
    *,
    firmware: Path | None = None,
    cycles: bool = False,
    timeout: float = 600.0,
    more: Sequence[str] = (),
) -> list[Cost]:
    """What a prediction costs: the input's conversion, each operator, the output's conversion.

    `inputs` are stored values, or a frame of the camera (uint16 [240, 320]). The counts are exact
    to one instruction and the same on every run, and so are the estimated cycles, which take some
    seconds longer. Raises CommandError with the board's message when it does not take the blob or
    the inputs.
    """
    picture = isinstance(inputs, np.ndarray)
    contents = [inputs.astype("<u2").tobytes()] if isinstance(inputs, np.ndarray) else inputs
    files: dict[str, bytes | Path] = {"model.ink": blob}
    files |= {f"input{index}": content for index, content in enumerate(contents)}
    board = VirtualBoard(firmware, romfs=files, icount=True, heap=qemu.MOST_HEAP)
    sections: list[Section] = []

    def watch(lines: Iterable[bytes]) -> None:
        sections.extend(read_trace(lines, STEPS, CALLER))

    script = _SCRIPT.format(picture=picture)
    result = board.run_script(script, timeout=timeout, watch=watch if cycles else None, more=more)
    if result.status:
        raise CommandError("the virtual board cannot run the blob:", result.stdout.strip())
    rows = ast.literal_eval(result.stdout)
    if cycles and len(sections) != len(rows):
        raise CommandError(
            f"{len(sections)} steps of the firmware were seen where {len(rows)} ran: "
            "cycles need firmware with its symbols, as `make firmware-virtual` builds it"
        )
    estimates = [(section.cycles, section.mispredictions) for section in sections]
    return [
        Cost(index, name, kernel, round(ticks * TICK_NS / INSTRUCTION_NS), macs, *estimate)
        for (index, name, kernel, _microseconds, ticks, macs), estimate in zip(
            rows, estimates if cycles else [()] * len(rows), strict=True
        )
    ]
