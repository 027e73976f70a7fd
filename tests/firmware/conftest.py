"""Fixtures of the tests on the virtual board: a way to run scripts, files for /rom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from board_models import LABELS, Files, Runner, build_float, build_tiny, build_two

from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard


@pytest.fixture
def on_board(virtual_board_firmware: Path) -> Runner:
    """Runs a script with these files in /rom, headless; gives what it printed.

    Fails the test when the script ends with an exception.
    """

    def run(
        script: str, files: Mapping[str, bytes | Path] | None = None, *, icount: bool = False
    ) -> str:
        board = VirtualBoard(virtual_board_firmware, romfs=files, icount=icount)
        result = board.run_script(script, timeout=100)
        assert result.status == 0, result.stdout
        return result.stdout

    return run


@pytest.fixture(scope="session")
def tiny_model() -> bytes:
    return build_tiny()


@pytest.fixture(scope="session")
def tiny(tiny_model: bytes) -> Files:
    """Files for /rom with the tiny model in tiny.ink."""
    return {"tiny.ink": pack(tiny_model, labels=LABELS, name="tiny")}


@pytest.fixture(scope="session")
def two() -> Files:
    return {"two.ink": pack(build_two(), name="two")}


@pytest.fixture(scope="session")
def real_valued() -> Files:
    return {"float.ink": pack(build_float(), name="float")}
