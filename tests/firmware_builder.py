"""Builds the virtual board's firmware and the native module through make, for tests."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# what the firmware is built from
MICROPYTHON = Path(os.environ.get("MICROPYTHON") or ROOT / "build/micropython").resolve()


def make(*words: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
    """Runs the project's make as if from a terminal, whatever make runs the tests."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    command = ["make", "--silent", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout
    )


@functools.cache
def build_firmware(**options: str) -> Path:
    """Builds with these options of make, such as FPU="single"; returns the firmware's path."""
    done = make("firmware-virtual", *(f"{name}={value}" for name, value in options.items()))
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@functools.cache
def build_natmod(models: str = "") -> Path:
    """Builds inkling.mpy for stock firmware, of use for these models or for all; its path."""
    done = make("natmod", f"FOR={models}")
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def folder_of_programs(folder: Path, *names: str) -> Path:
    """A new folder to be all of PATH: it has these programs alone."""
    folder.mkdir()
    for name in names:
        program = shutil.which(name)
        assert program, name
        (folder / name).symlink_to(program)
    return folder
