"""What tests share: the virtual board's firmware, and data that a machine may lack."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from firmware_builder import ROOT, build_firmware


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
