"""MicroPython that is sent to the board; each file is the text of one `Device.exec`."""

from __future__ import annotations

from pathlib import Path


def source(name: str) -> str:
    """The text of a module beside this one."""
    return (Path(__file__).parent / f"{name}.py").read_text(encoding="utf8")
