"""MicroPython that is sent to the board; each file is the text of one `Device.exec`."""

from __future__ import annotations

from pathlib import Path

from host_tools.places import BOARD_LIBRARY


def source(name: str) -> str:
    """The text of a module beside this one."""
    return (Path(__file__).parent / f"{name}.py").read_text(encoding="utf8")


def frozen_source(name: str) -> str:
    """The text of a module that our firmware has frozen in, for boards with other firmware too."""
    return (BOARD_LIBRARY / f"{name}.py").read_text(encoding="utf8")
