"""Headers, macros and global symbols of ours begin with ink: in one firmware lies others' code."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from firmware_builder import ROOT, build_firmware, build_natmod, make
from stm32_objects import MODULE, SOURCES

VIRTUAL = MODULE / "boards/virtual"
# what MicroPython includes from a port by name
PORT_HEADERS = {"mpconfigport.h", "mphalport.h", "qstrdefsport.h"}
# what MicroPython and the C library call in a port
PORT_SYMBOLS = re.compile(
    r"main|gc_collect|nlr_jump_fail|__assert_func|mp_hal_\w+|mp_vfs_rom_ioctl|get_fattime|"
    r"__wrap_gc_\w+"
)
# what MicroPython's linker starts from, and C's functions that a native module has to bring
NATMOD_SYMBOLS = re.compile("mpy_init|mem(cmp|cpy|move|set)|strlen")
# what py/dynruntime.h lacks in a native module, or has otherwise
NATMOD_MACROS = {
    "mp_call_method_n_kw",
    "mp_fun_table",
    "mp_native_qstr_table",
    "mp_obj_get_float_to_f",
    "mp_obj_get_int",
    "mp_obj_new_float_from_f",
    "mp_type_MemoryError",
    "mp_type_OSError",
    "nlr_pop",
    "nlr_push",
}


def global_symbols(objects: list[Path], nm: str = "arm-none-eabi-nm") -> set[str]:
    command = [nm, "--defined-only", "--extern-only", "--format=posix", *objects]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return {words[0] for words in map(str.split, done.stdout.splitlines()) if len(words) > 2}


def strangers(symbols: set[str], allowed: re.Pattern[str] | None = None) -> set[str]:
    return {
        symbol
        for symbol in symbols
        if not symbol.startswith("ink") and not (allowed and allowed.fullmatch(symbol))
    }


def test_headers_and_their_macros_begin_with_ink() -> None:
    headers = [path for path in MODULE.rglob("*.h") if path.name not in PORT_HEADERS]
    assert len(headers) > 30
    assert [path for path in headers if not path.name.startswith("ink")] == []
    for path in headers:
        if VIRTUAL not in path.parents:
            macros = set(re.findall(r"(?m)^ *# *define +(\w+)", path.read_text()))
            others = {name for name in macros if not name.lower().startswith("ink")}
            assert others <= NATMOD_MACROS, path


@pytest.mark.parametrize("fpu", ["double", "single"])
def test_symbols_of_firmware_begin_with_ink(fpu: str) -> None:
    firmware = build_firmware(FPU=fpu, OBJECTS="C" if fpu == "single" else "A")
    objects = [firmware.parent / "firmware_module" / path.with_suffix(".o") for path in SOURCES]
    symbols = global_symbols(objects)
    assert {"ink_predict", "ink_nn_conv_s8", "inkling_module"} & symbols
    assert strangers(symbols) == set()


def test_symbols_of_the_virtual_board_begin_with_ink() -> None:
    folder = build_firmware(FPU="double", OBJECTS="A").parent
    objects = [folder / f"{path.stem}.o" for path in sorted(VIRTUAL.glob("*.c"))]
    symbols = global_symbols(objects)
    assert "ink_board_exit" in symbols
    assert strangers(symbols, PORT_SYMBOLS) == set()


def test_symbols_of_the_unix_port_begin_with_ink() -> None:
    done = make("firmware-unix")
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip()).parent / "firmware_module"
    symbols = global_symbols([folder / path.with_suffix(".o") for path in SOURCES], "nm")
    assert "inkling_module" in symbols
    assert strangers(symbols) == set()


def test_symbols_of_the_native_module_begin_with_ink() -> None:
    build_natmod()
    folder = ROOT / "build/natmod"
    made = [folder / path.relative_to(MODULE).with_suffix(".o") for path in MODULE.rglob("*.c")]
    # without what only firmware has, and what was left there of sources that are gone
    objects = [path for path in made if path.is_file()]
    symbols = global_symbols(objects)
    assert {"mpy_init", "inkling_port_get_int", "ink_nn_conv_s8"} <= symbols
    assert strangers(symbols, NATMOD_SYMBOLS) == set()
