"""CMSIS_NN=prefix takes the kernels behind CMSIS-NN's interface from a library, and only those."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from firmware_builder import ROOT, build_firmware, make

from host_tools.virtual_board import VirtualBoard

KERNELS = ROOT / "firmware_module" / "kernels"
FLAGS = ["-mcpu=cortex-m7", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv5-d16"]
FLAGS += ["-O3", "-ffunction-sections"]
UNUSED = "int nowhere(int); int nobody_calls_this(int x) { return nowhere(x); }"


def make_prefix(prefix: Path) -> list[str]:
    """Builds our own kernels as if they were Arm's library; returns the names of its members."""
    shutil.rmtree(prefix, ignore_errors=True)
    shutil.copytree(ROOT / "tests/kernels/cmsis_nn/include", prefix / "include")
    objects = prefix / "objects"
    objects.mkdir()
    (objects / "unused.c").write_text(UNUSED)
    sources = [*sorted(KERNELS.glob("ink_nn_*.c")), objects / "unused.c"]
    include = ["-DINK_CMSIS_NN", f"-I{prefix / 'include'}", f"-I{KERNELS.parent / 'runtime'}"]
    compile_all = ["arm-none-eabi-gcc", *FLAGS, *include, "-c", *map(str, sources)]
    subprocess.run(compile_all, cwd=objects, check=True, timeout=300)
    (prefix / "lib").mkdir()
    members = [source.stem for source in sources]
    archive = ["arm-none-eabi-ar", "rcs", str(prefix / "lib" / "libcmsis-nn.a")]
    subprocess.run([*archive, *(f"{m}.o" for m in members)], cwd=objects, check=True, timeout=60)
    return members


def test_a_cmsis_nn_library_replaces_our_kernels_behind_its_interface() -> None:
    # always the same folder, so that only the first run builds all of MicroPython
    members = make_prefix(ROOT / "build" / "test-cmsis-nn")
    firmware = build_firmware(CMSIS_NN=str(ROOT / "build" / "test-cmsis-nn"))
    map_text = firmware.with_suffix(".map").read_text()
    linked = re.findall(
        r"^ \.text\.\w+\s+0x0*[1-9a-f]\w*\s+0x\w+ \S*libcmsis-nn\.a\((\w+)\.o\)", map_text, re.M
    )
    assert set(linked) == {member for member in members if member != "unused"}
    ours = firmware.parent / "firmware_module" / "kernels"
    assert not list(ours.glob("ink_nn_*.o"))
    assert list(ours.glob("ink_*.o"))
    result = VirtualBoard(firmware).run_script("import inkling; print(inkling.Model)")
    assert (result.stdout, result.status) == ("<class 'Model'>\n", 0)


def test_a_prefix_without_the_library_is_named(tmp_path: Path) -> None:
    done = make("firmware-virtual", f"CMSIS_NN={tmp_path}")
    assert done.returncode != 0
    assert f"CMSIS_NN='{tmp_path}' has neither lib/libcmsis-nn.a nor libcmsis-nn.a" in done.stderr


@pytest.mark.parametrize("target", ["natmod", "wheel"])
def test_the_native_module_refuses_arms_library(target: str, tmp_path: Path) -> None:
    (tmp_path / "libcmsis-nn.a").touch()
    done = make(target, f"CMSIS_NN={tmp_path}")
    assert done.returncode != 0
    assert "the native module has our kernels alone" in done.stderr
