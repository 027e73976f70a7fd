"""Of a failed build's log, the lines that say why are shown, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from firmware_builder import ROOT

from host_tools.build_log import causes

STEPS = """Use make V=1 or set BUILD_VERBOSE in your environment to increase build verbosity.
GEN build/genhdr/root_pointers.h
Root pointer registrations updated
CC ../../lib/mbedtls_errors/mp_mbedtls_errors.c
CC ../../extmod/moderrno.c
CC undefined.c
"""
FAILED = "make: *** [../../py/mkrules.mk:231: build/x.o] Error 1\n"
WAITING = "make: *** Waiting for unfinished jobs....\nCC last.c\n"

COMPILER = """main.c: In function 'main':
main.c:7:5: error: 'x' undeclared (first use in this function)
    7 |     x = 1;
      |     ^
main.c:7:5: note: each undeclared identifier is reported only once
cc1: all warnings being treated as errors
"""
COMPILER_CAUSES = COMPILER.splitlines()[1:4]
GIT = "https://github.com/micropython/stm32lib"
MPY_CROSS = "mpy-cross not found at /src/mpy-cross/build/mpy-cross, please build it first"


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (STEPS + COMPILER + FAILED + WAITING, COMPILER_CAUSES),
        # no compiler: what stands above the step that failed, and the step
        (
            STEPS + f"{MPY_CROSS}\n" + FAILED + WAITING,
            [MPY_CROSS, FAILED.strip()],
        ),
        (
            STEPS
            + "ld: main.o: in function `main':\nmain.c:(.text.main+0x2): undefined reference to "
            "`gone'\ncollect2: error: ld returned 1 exit status\n" + FAILED,
            ["main.c:(.text.main+0x2): undefined reference to `gone'"],
        ),
        (
            STEPS + f"fatal: clone of '{GIT}' failed\nmkdir -p build/lib\n" + FAILED,
            [f"fatal: clone of '{GIT}' failed"],
        ),
        # no cause that is known
        (
            STEPS + "mkdir -p build/lib\ngave up\n" + FAILED,
            ["gave up", FAILED.strip()],
        ),
        (
            STEPS + "ld: region `FLASH_TEXT' overflowed by 1040 bytes\n" + FAILED,
            ["ld: region `FLASH_TEXT' overflowed by 1040 bytes"],
        ),
        (
            "Makefile:5: *** FPU='x': it is double or single.  Stop.\n",
            ["Makefile:5: *** FPU='x': it is double or single.  Stop."],
        ),
        (
            "make: *** No rule to make target 'inkling.mpy'.  Stop.\n",
            ["make: *** No rule to make target 'inkling.mpy'.  Stop."],
        ),
        (
            STEPS + 'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n'
            "ModuleNotFoundError: No module named 'elftools'\n" + FAILED,
            ["ModuleNotFoundError: No module named 'elftools'"],
        ),
        (
            "sh: 1: arm-none-eabi-gcc: not found\n" + FAILED,
            ["sh: 1: arm-none-eabi-gcc: not found"],
        ),
    ],
    ids=[
        "compiler",
        "script",
        "linker",
        "git",
        "unknown",
        "memory",
        "makefile",
        "rule",
        "python",
        "program",
    ],
)
def test_the_lines_that_say_why_are_found_among_those_that_only_name_files(
    log: str, expected: list[str]
) -> None:
    assert causes(log.splitlines()) == expected


def test_a_log_without_a_known_word_shows_its_end() -> None:
    assert causes([f"line {i}" for i in range(50)]) == [f"line {i}" for i in range(30, 50)]
    assert causes([]) == []


def test_the_makefile_calls_it_with_a_log(tmp_path: Path) -> None:
    (tmp_path / "build.log").write_text(STEPS + COMPILER + FAILED)
    done = subprocess.run(
        [sys.executable, "-m", "host_tools.build_log", tmp_path / "build.log"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == COMPILER_CAUSES
