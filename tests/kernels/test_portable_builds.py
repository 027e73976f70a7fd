"""The portable kernels compile without a warning, alone, and run clean under the sanitizers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from portable_kernels import INCLUDES, ROOT, WARNINGS, sources

HERE = Path(__file__).resolve().parent
CROSS = "arm-none-eabi-"
CORTEX_M7 = ["-mcpu=cortex-m7", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv5-d16"]

# What the compiler may call by itself, and what only its own library has: no libm, no malloc, no
# division of 64 bits; and who wants to be asked now and then in long operators
ALLOWED = {"memcpy", "memset", "ink_pause"}


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    if not shutil.which(f"{CROSS}gcc"):
        pytest.skip(f"needs {CROSS}gcc")
    folder = tmp_path_factory.mktemp("cortex_m7")
    for level in ("-O2", "-O3"):
        subprocess.run(
            [f"{CROSS}gcc", level, "-c", *CORTEX_M7, *WARNINGS, *INCLUDES, *map(str, sources())],
            cwd=folder,
            check=True,
            timeout=240,
        )
    return {source.stem: folder / f"{source.stem}.o" for source in sources()}


def test_every_kernel_compiles_for_the_cortex_m7_without_a_warning(
    objects: dict[str, Path],
) -> None:
    assert len(objects) >= 17
    assert all(path.is_file() for path in objects.values())


def test_kernels_call_nothing_but_each_other(objects: dict[str, Path]) -> None:
    def names(path: Path, which: str) -> set[str]:
        listing = _output(f"{CROSS}nm", which, str(path))
        return {line.split()[-1] for line in listing.splitlines() if line.strip()}

    defined = set().union(*(names(path, "--defined-only") for path in objects.values()))
    for name, path in objects.items():
        others = names(path, "--undefined-only") - ALLOWED - defined
        assert not others, f"{name} calls {sorted(others)}"


def test_kernels_have_no_writable_data(objects: dict[str, Path]) -> None:
    for name, path in objects.items():
        _, data, bss = _output(f"{CROSS}size", str(path)).splitlines()[1].split()[:3]
        assert (data, bss) == ("0", "0"), f"{name} has {data} bytes of data and {bss} of bss"


def test_kernels_run_clean_under_the_sanitizers() -> None:
    runtime = _output("cc", "-print-file-name=libasan.so").strip()
    if not Path(runtime).is_file():
        pytest.skip("needs the compiler's AddressSanitizer")
    environment = {
        **os.environ,
        "INKLING_SANITIZED": "1",
        "LD_PRELOAD": runtime,
        "ASAN_OPTIONS": "detect_leaks=0",
    }
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        + [str(HERE / "test_portable_kernels.py")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    assert re.search(r"^\d+ passed", ran.stdout, re.MULTILINE)


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
