"""Fixtures of the tests on the virtual board: boards to run scripts on, files for /rom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from board_models import LABELS, BoardMaker, Files, Runner, build_float, build_tiny, build_two
from firmware_builder import build_firmware, build_natmod

from host_tools.pack import pack
from host_tools.virtual_board import VirtualBoard

# where `inkling` is: in the firmware, or in a native module beside stock firmware
BOARDS = ("firmware", "natmod")


@pytest.fixture(scope="session", params=BOARDS)
def new_board(request: pytest.FixtureRequest) -> BoardMaker:
    """Makes a virtual board that has `inkling`; the tests of the device run on each of BOARDS."""
    if request.param == "firmware":
        firmware = request.getfixturevalue("virtual_board_firmware")
        module: Files = {}
    else:
        firmware = build_firmware(STOCK="1")
        module = {"inkling.mpy": build_natmod()}

    def make(
        romfs: Mapping[str, bytes | Path] | None = None, *, icount: bool = False
    ) -> VirtualBoard:
        return VirtualBoard(firmware, romfs={**module, **(romfs or {})}, icount=icount)

    return make


@pytest.fixture
def on_board(new_board: BoardMaker) -> Runner:
    """Runs a script with these files in /rom, headless; gives what it printed.

    Fails the test when the script ends with an exception.
    """

    def run(
        script: str, files: Mapping[str, bytes | Path] | None = None, *, icount: bool = False
    ) -> str:
        result = new_board(files, icount=icount).run_script(script, timeout=100)
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
