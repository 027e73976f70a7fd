"""The harness, linked to the objects of the virtual board's firmware."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

for _folder in ("guarded", "runtime"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / _folder))


@pytest.fixture(scope="session")
def guarded_image(virtual_board_firmware: Path) -> Path:
    import guarded

    return guarded.build(virtual_board_firmware)
