"""micropython.cmake builds what micropython.mk does: the same machine code of every source."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from firmware_builder import MICROPYTHON, ROOT, build_firmware

MODULE = ROOT / "firmware_module"
PORT = Path(__file__).with_name("cmake_port")
# the virtual board's, as its Makefile gives them
FLAGS = (
    "-mthumb -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16 -std=gnu99 -Os -ffunction-sections"
)
FLAGS += " -fdata-sections -Wall -Werror -Wpointer-arith -Wdouble-promotion -Wfloat-conversion"
DEFINITIONS = "NDEBUG MICROPY_FLOAT_IMPL=MICROPY_FLOAT_IMPL_DOUBLE MICROPY_HEAP_SIZE=524288"
DEFINITIONS += " MICROPY_OBJ_REPR=MICROPY_OBJ_REPR_A"


def cmake(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("cmake", path=str(ROOT / ".venv/bin"))
    assert program, "run `make setup`"
    return subprocess.run([program, *words], capture_output=True, text=True, timeout=600)


def configure(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return cmake(
        "-G",
        "Unix Makefiles",
        *("-S", PORT, "-B", folder),
        f"-DPROJECT_ROOT={ROOT}",
        f"-DMICROPY_DIR={MICROPYTHON}",
        f"-DUSER_C_MODULES={MODULE / 'micropython.cmake'}",
        f"-DPORT_FLAGS={FLAGS.replace(' ', ';')}",
        f"-DPORT_DEFINITIONS={DEFINITIONS.replace(' ', ';')}",
        *words,
    )


def instructions(path: Path) -> str:
    command = ["arm-none-eabi-objdump", "-dr", "--no-show-raw-insn", path]
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return text.partition("Disassembly")[2]


def test_cmake_compiles_the_machine_code_that_make_does() -> None:
    # always the same folder, so that only the first run compiles all
    folder = ROOT / f"build/test-cmake-{zlib.crc32(bytes(MICROPYTHON)):08x}"
    done = configure(folder)
    assert done.returncode == 0, done.stderr
    assert "Found User C Module(s): usermod_inkling" in done.stderr + done.stdout
    done = cmake("--build", folder, "-j", str(os.cpu_count()))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]

    made = build_firmware(FPU="double", OBJECTS="A").parent / "firmware_module"
    entries = json.loads((folder / "compile_commands.json").read_text())
    built = {
        Path(entry["file"]).relative_to(MODULE): folder / entry["output"]
        for entry in entries
        if Path(entry["file"]).is_relative_to(MODULE)
    }
    rooms = ("module", "runtime", "kernels", "audio")
    assert set(built) == {
        path.relative_to(MODULE) for room in rooms for path in (MODULE / room).rglob("*.c")
    }
    for source, by_cmake in built.items():
        # in the binding there are numbers of strings, which other modules shift
        if source.parts[0] != "module":
            by_make = made / source.with_suffix(".o")
            assert instructions(by_cmake) == instructions(by_make), source


def test_cmake_takes_arms_library_behind_its_interface(tmp_path: Path) -> None:
    done = configure(tmp_path / "none", f"-DCMSIS_NN={tmp_path}")
    assert done.returncode != 0
    said = " ".join(done.stderr.split())
    assert f"CMSIS_NN='{tmp_path}' has neither lib/libcmsis-nn.a nor libcmsis-nn.a" in said

    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/libcmsis-nn.a").touch()
    done = configure(tmp_path / "build", f"-DCMSIS_NN={tmp_path}")
    assert done.returncode == 0, done.stderr
    commands = (tmp_path / "build/compile_commands.json").read_text()
    assert f"-I{tmp_path}/include" in commands
    assert "-DINK_CMSIS_NN" in commands
    assert "kernels/ink_copy.c" in commands
    assert not re.search(r"kernels/ink_nn_\w+\.c", commands)


@pytest.mark.parametrize("list_name", ["INKLING_FAST", "INKLING_SMALL"])
def test_every_name_in_the_lists_of_flags_is_a_source(list_name: str) -> None:
    text = (MODULE / "optimization.mk").read_text().replace("\\\n", " ")
    found = re.search(rf"(?m)^{list_name} := (.+)$", text)
    assert found
    folder = MODULE / ("kernels" if list_name == "INKLING_SMALL" else "")
    for name in found[1].split():
        assert (folder / f"{name}.c").is_file(), name
