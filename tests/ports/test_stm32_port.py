"""Every source of ours is compiled by the makefiles and headers of MicroPython's STM32 port."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from stm32_objects import SOURCES, Part, make

from host_tools import stack_use

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


@pytest.mark.parametrize("name", PARTS)
def test_every_source_compiles_as_a_part_of_the_stm32_ports_firmware(name: str) -> None:
    part = PARTS[name]
    folder, _ = make(name, part)
    assert len(SOURCES) > 70
    generated = (folder / "build/genhdr/qstrdefs.generated.h").read_text()
    assert "MP_QSTR_predict," in generated
    fast = folder / "build/inkling/kernels/armv7em/conv_packed_tile.o"
    attributes = tool("readelf", "-A", fast)
    for attribute in part.attributes:
        assert attribute in attributes
    code = "".join(tool("objdump", "-d", path) for path in fast.parent.glob("*.o"))
    assert bool(re.search(r"\bsmlad\b", code)) == part.has_dsp
    # the linker makes the code of the other
    if part.has_dsp:
        assert stack_use.check(folder / "build/inkling").entries["predict"] > 500


@pytest.mark.parametrize("changed", ["micropython.mk", "optimization.mk"])
def test_a_changed_flag_compiles_every_source_again(changed: str) -> None:
    folder, _ = make("STM32H743", PARTS["STM32H743"])
    inkling = folder / "modules/inkling"
    # a dry run takes the binding for changed: it cannot know that the strings stay the same
    plain = {str(inkling / path) for path in SOURCES if path.parts[0] != "module"}

    def compiled(*more: str) -> set[str]:
        said = make("STM32H743", PARTS["STM32H743"], "--dry-run", *more)[1]
        return plain.intersection(re.findall(r"CC (\S+\.c)", said))

    assert compiled() == set()
    assert compiled("-W", str(inkling / changed)) == plain


def tool(name: str, option: str, path: Path) -> str:
    command = [f"arm-none-eabi-{name}", option, path]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
