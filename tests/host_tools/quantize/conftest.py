"""The network of corners, pictures for it, and their labels, as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from corner_networks import CORNERS, bright, corners
from PIL import Image


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "corners.tflite"
    path.write_bytes(corners())
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of twelve pictures in each of four subfolders, named by the corner."""
    rng = np.random.default_rng(3)
    folder = tmp_path / "pictures"
    for corner, name in enumerate(CORNERS):
        (folder / name).mkdir(parents=True)
        for number in range(12):
            Image.fromarray(bright(corner, rng)).save(folder / name / f"{number:02}.png")
    return folder


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.txt"
    path.write_text("\n".join(CORNERS))
    return path
