"""What tests share: the virtual board's firmware, and data that a machine may lack."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def build_firmware(**options: str) -> Path:
    """Builds the virtual board's firmware with these options of make, such as FPU="single"."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    words = ["make", "--silent", "firmware-virtual"]
    words += [f"{name}={value}" for name, value in options.items()]
    made = subprocess.run(
        words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, timeout=900
    )
    assert made.returncode == 0, f"{' '.join(words)} failed; what it said is above"
    return Path(made.stdout.strip())


@pytest.fixture(scope="session")
def virtual_board_firmware() -> Path:
    """The firmware that `make test` built, else the one that is built now."""
    named = os.environ.get("INKLING_FIRMWARE")
    if named and Path(named).is_file():
        return Path(named)
    return build_firmware()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of models and data that INKLING_SHARED names (default: ../shared)."""
    folder = Path(os.environ.get("INKLING_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"needs the data folder {folder} (set INKLING_SHARED)")
    return folder
