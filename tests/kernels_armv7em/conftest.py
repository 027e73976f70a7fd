"""Both machines for every test: the fast kernels under QEMU, their twins on this computer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))


@pytest.fixture(params=["cortex-m7", "host"])
def machine(request: pytest.FixtureRequest) -> str:
    return request.param
