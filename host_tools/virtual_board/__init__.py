"""The virtual board: QEMU's Cortex-M7 running our firmware, driven from Python."""

from host_tools.virtual_board.board import ScriptResult, VirtualBoard
from host_tools.virtual_board.qemu import default_firmware
from host_tools.virtual_board.romfs import build_romfs

__all__ = ["ScriptResult", "VirtualBoard", "build_romfs", "default_firmware"]
