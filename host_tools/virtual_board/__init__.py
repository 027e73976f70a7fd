"""The virtual board: QEMU's Cortex-M7 running our firmware, driven from Python."""

from host_tools.virtual_board.board import ScriptResult, VirtualBoard
from host_tools.virtual_board.qemu import default_firmware

__all__ = ["ScriptResult", "VirtualBoard", "default_firmware"]
