"""Counts what a run needs of a Cortex-M7: pipeline cycles, mispredictions, lines of the caches.

The same run twice: QEMU's log of executed blocks gives the first two, cache_plugin.c the lines.
"""

from __future__ import annotations

import dataclasses
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from host_tools.cycles import read_trace
from host_tools.cycles.lines import Lines
from host_tools.errors import CommandError
from host_tools.files import temporary_folder
from host_tools.graph import Graph
from host_tools.kernels import KERNELS
from host_tools.pack import pack
from host_tools.places import build_folder
from host_tools.virtual_board import qemu
from host_tools.virtual_board.profiling import (
    CALLER,
    STEPS,
    profile_on_virtual_board,
    random_inputs,
)

# what lies in flash: code and constants, and on the virtual board the PSRAM, which holds /rom
_FLASH = ((0, 0x00400000), (0x60000000, 0x61000000))
# of the images, behind the DTCM; of the virtual board's firmware, all RAM
_IMAGE_RAM = (0x20200000, 0x20400000)
_BOARD_RAM = (0x20000000, 0x20400000)
_CONVOLUTIONS = ("conv_s8", "depthwise_conv_s8", "fully_connected_s8")
# QEMU's API of plugins by its major version; each takes those of two versions before
_PLUGIN_VERSIONS = {7: 1, 8: 1, 9: 2, 10: 4}


@dataclass(frozen=True)
class Step:
    """A call of a function, or an operator; `lines` are of flash and of RAM."""

    name: str
    instructions: int
    pipeline: int
    mispredictions: int
    lines: Lines


def measure_image(
    image: Path, caller: str, functions: Sequence[str], cache_bytes: int
) -> list[Step]:
    """The calls of `functions` by `caller` in a run of an ELF image, which must stop by itself.

    Raises CommandError where it does not run, or calls none of them.
    """
    qemu.check_firmware(image)
    words = [qemu.PROGRAM, "-machine", "mps2-an500", "-display", "none", "-monitor", "none"]
    words += ["-serial", "none", "-semihosting-config", "enable=on,target=native"]
    words += ["-icount", f"shift={qemu.ICOUNT_SHIFT}", "-kernel", str(image.resolve())]
    log = ["-d", "in_asm,exec,nochain", "-D", "/dev/stdout"]
    with subprocess.Popen([*words, *log], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        sections = read_trace(process.stdout, functions, caller)
    counted = []
    with temporary_folder() as folder:
        out = Path(folder) / "lines.txt"
        plugin = _arguments(out, caller, functions, (*_FLASH, _IMAGE_RAM), cache_bytes)
        status = subprocess.run([*words, *plugin], check=False).returncode
        if status == 0 and process.returncode == 0:
            counted = _read(out)
    if not sections or len(counted) != len(sections):
        raise CommandError(
            f"{image}: {len(sections)} calls were seen in one run and {len(counted)} in the other "
            f"(QEMU ended with status {process.returncode}): build it with symbols, to end by "
            f"semihosting, and with {caller} calling {', '.join(functions)}"
        )
    return [
        Step(section.function, section.instructions, section.cycles, section.mispredictions, lines)
        for section, lines in zip(sections, counted, strict=True)
    ]


def measure_network(
    network: Path | Graph, firmware: Path, cache_bytes: int, scratch: int
) -> list[Step]:
    """The operators of a network, packed portable, on firmware that has Arm's kernels.

    `scratch` is how much more of it each convolution gets, for versions that ask for more.
    """
    for kernel in _CONVOLUTIONS if scratch else ():
        KERNELS[kernel] = _with_scratch(kernel, scratch)
    blob = pack(network, target="portable", drop_constants=False)
    with temporary_folder() as folder:
        out = Path(folder) / "lines.txt"
        plugin = _arguments(out, CALLER, STEPS, (*_FLASH, _BOARD_RAM), cache_bytes)
        costs = profile_on_virtual_board(
            blob, random_inputs(blob), firmware=firmware, cycles=True, more=plugin
        )
        counted = _read(out)
    return [
        Step(cost.name, cost.instructions, cost.cycles or 0, cost.mispredictions, lines)
        for cost, lines in zip(costs, counted, strict=True)
    ]


def _with_scratch(kernel: str, more: int):  # type: ignore[no-untyped-def]
    card = KERNELS[kernel]
    return dataclasses.replace(card, scratch=lambda layer: card.scratch(layer) + more)


def _arguments(
    out: Path,
    caller: str,
    functions: Sequence[str],
    regions: Sequence[tuple[int, int]],
    cache_bytes: int,
) -> list[str]:
    """QEMU's, for the plugin."""
    words = [f"file={_built()}", f"out={out}", f"caller={caller}"]
    words += [f"function={name}" for name in functions]
    words += [f"region={start:#x}:{end:#x}" for start, end in regions]
    return ["-plugin", ",".join([*words, f"data={cache_bytes}", f"code={cache_bytes}"])]


def _built() -> Path:
    """The plugin, compiled. Raises CommandError where that fails."""
    source = Path(__file__).with_name("cache_plugin.c")
    found = subprocess.run([qemu.PROGRAM, "--version"], capture_output=True, text=True, check=True)
    major = int(re.findall(r"version (\d+)", found.stdout)[0])
    output = build_folder() / "cache_plugin.so"
    output.parent.mkdir(parents=True, exist_ok=True)
    words = ["cc", "-std=gnu11", "-O2", "-shared", "-fPIC", str(source), "-o", str(output)]
    version = _PLUGIN_VERSIONS.get(major, max(_PLUGIN_VERSIONS.values()))
    built = subprocess.run(
        [*words, f"-DPLUGIN_VERSION={version}"], capture_output=True, text=True, check=False
    )
    if built.returncode:
        raise CommandError(f"{source} does not compile:", built.stderr)
    return output


def _read(path: Path) -> list[Lines]:
    """A section a line: its function, lines of data by region, lines of code by region."""
    found = []
    for line in path.read_text().splitlines():
        counts = [int(word) for word in line.split()[1:]]
        half = len(counts) // 2
        flash = sum(counts[: half - 1]) + sum(counts[half:-1])
        found.append(Lines(flash, counts[half - 1] + counts[-1]))
    return found
