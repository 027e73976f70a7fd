"""The small trunk, as a file and read."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_trunk import small_trunk

from host_tools.teach.trunk import Trunk, read_trunk


@pytest.fixture
def trunk_file(tmp_path: Path) -> Path:
    path = tmp_path / "small.tflite"
    path.write_bytes(small_trunk())
    return path


@pytest.fixture
def trunk(trunk_file: Path) -> Trunk:
    return read_trunk(trunk_file)
