"""Our sources compile and link in OpenMV's firmware, as far as that shows without its tree.

Its flags are those of the OpenMV Cam H7, from github.com/openmv/openmv at cbbb877ed: Makefile,
ports/stm32/port_config.mk, boards/OPENMV4/board_config.mk, lib/tflm/tflm.mk. Its folder
lib/cmsis/include, with CMSIS-NN's headers of 2022, comes before a module's; the stand-in's say
that they were taken. Its libtflm-cortex-m7+fp-release.a has CMSIS-NN in it, a function a member.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from stm32_objects import MODULE, SOURCES, Part, make

CPU = "-mthumb -mcpu=cortex-m7 -mfpu=fpv5-sp-d16 -mfloat-abi=hard"
FLAGS = " ".join(
    f"""
    -O2 -DNDEBUG -std=gnu11 -Wall -Werror -Warray-bounds -nostartfiles -fdata-sections
    -ffunction-sections -fno-inline-small-functions -fsingle-precision-constant
    -Wdouble-promotion {CPU} -mtune=cortex-m7 -DSTM32H743xx -DOPENMV4 -DARM_NN_TRUNCATE
    -D__VFP_FP__ -DUSE_FULL_LL_DRIVER -DHSE_VALUE=12000000 -DOMV_CPU_FREQ_HZ=480000000
    -DMICROPY_ROM_TEXT_COMPRESSION=1 -DMICROPY_VFS_FAT=1 -DMICROPY_STREAMS_POSIX_API=1
    -DMICROPY_PY_ML=1 -DMICROPY_PY_ML_TFLM=1
    """.split()
)
LINK = f"{CPU} -mabi=aapcs-linux -nostdlib -Wl,--unresolved-symbols=ignore-all -Wl,-e,predict"

# headers of lib/cmsis/include that a file of ours was once looked for in, or may be
CLASHING_HEADERS = (
    "arm_math.h",
    "arm_nn_types.h",
    "arm_nnfunctions.h",
    "arm_nnsupportfunctions.h",
)
# what the archive defines and we once did
CLASHING_SYMBOLS = (
    "arm_avgpool_s8",
    "arm_avgpool_s8_get_buffer_size",
    "arm_convolve_wrapper_s8",
    "arm_convolve_wrapper_s8_get_buffer_size",
    "arm_depthwise_conv_wrapper_s8",
    "arm_depthwise_conv_wrapper_s8_get_buffer_size",
    "arm_elementwise_add_s8",
    "arm_elementwise_mul_s8",
    "arm_fully_connected_s8_get_buffer_size",
    "arm_max_pool_s8",
    "arm_softmax_s8",
)


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Ours, compiled with OpenMV's flags, its headers first in the path."""
    include = MODULE.parent / "build/test-openmv-include"
    include.mkdir(parents=True, exist_ok=True)
    for name in CLASHING_HEADERS:
        (include / name).write_text(f'#error "OpenMV\'s {name} was taken"\n')
    words = {"MICROPY_FLOAT_IMPL": "float", "CFLAGS_EXTRA": "-std=gnu11"}
    flags = f"{FLAGS} -I{include}"
    part = Part("NUCLEO_H743ZI", "h7", "STM32H743xx", 7, words, cflags=flags)
    folder, _ = make("OPENMV4", part)
    return [folder / "build/inkling" / path.with_suffix(".o") for path in SOURCES]


def test_every_source_compiles_behind_openmvs_headers(objects: list[Path]) -> None:
    assert len(objects) > 70
    readelf = ["arm-none-eabi-readelf", "-A", objects[-1]]
    told = subprocess.run(readelf, check=True, capture_output=True, text=True, timeout=60).stdout
    assert "FPv5/FP-D16" in told


def test_openmvs_ml_keeps_arms_kernels_beside_our_objects(
    objects: list[Path], tmp_path: Path
) -> None:
    def run(*words: object) -> str:
        command = [str(word) for word in words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    for name in CLASHING_SYMBOLS:
        (tmp_path / f"{name}.c").write_text(f"int {name}(void) {{ return 1; }}\n")
    calls = " + ".join(f"{name}()" for name in CLASHING_SYMBOLS)
    declared = "\n".join(f"int {name}(void);" for name in CLASHING_SYMBOLS)
    backend = f"{declared}\nint predict(void);\nint predict(void) {{ return {calls}; }}\n"
    (tmp_path / "backend.c").write_text(backend)
    compiler = ["arm-none-eabi-gcc", *CPU.split()]
    run(*compiler, "-c", "backend.c", *(f"{name}.c" for name in CLASHING_SYMBOLS))
    run("arm-none-eabi-ar", "rcs", "libtflm.a", *(f"{name}.o" for name in CLASHING_SYMBOLS))
    # OpenMV archives MicroPython's objects and ours, and links them whole, then TensorFlow's
    run("arm-none-eabi-ar", "rcs", "libmicropython.a", *objects)
    whole = ["-Wl,--whole-archive", "libmicropython.a", "-Wl,--no-whole-archive"]
    link = [*LINK.split(), "-Wl,-Map=map", "backend.o", *whole, "libtflm.a", "-o", "firmware.elf"]
    run(*compiler, *link)
    linked = set(re.findall(r"libtflm\.a\((\w+)\.o\)", (tmp_path / "map").read_text()))
    assert linked == set(CLASHING_SYMBOLS)
