"""MicroPython's STM32 port, as `make firmware` builds it, heals at its start, before boot.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stm32_board import Stm32Board, build_stm32_firmware

from host_tools.virtual_board import VirtualBoard

# A file system for the half of its flash that QEMU is given, and in it a list of names that was
# cut before it had a cluster: to remove it takes one sector, which FAT keeps in RAM.
FILES = """
import computer, vfs
memory = bytearray(1016 * 512)
class Disk:
    def readblocks(self, block, buffer):
        buffer[:] = memory[block * 512 : block * 512 + len(buffer)]
    def writeblocks(self, block, buffer):
        memory[block * 512 : block * 512 + len(buffer)] = buffer
    def ioctl(self, operation, argument):
        return 1016 if operation == 4 else 512 if operation == 5 else 0
vfs.VfsFat.mkfs(Disk())
vfs.mount(vfs.VfsFat(Disk()), "/made")
for name in (".inkling-moves", "other"):
    open("/made/" + name, "w").close()
with open("/made/boot.py", "w") as file:
    file.write("import os, sys; sys.modules['seen'] = os.listdir('/flash')")
vfs.umount("/made")
computer.write("files", memory)
"""


@pytest.fixture(scope="module")
def board(virtual_board_firmware: Path) -> Iterator[Stm32Board]:
    firmware = build_stm32_firmware()
    made = VirtualBoard(virtual_board_firmware, heap=2 << 20).run_script(FILES)
    assert made.status == 0, made.stdout
    with Stm32Board(firmware, romfs=made.written["files"]) as board:
        yield board


def test_the_stm32_ports_start_heals_before_boot_py(board: Stm32Board) -> None:
    said = board.exec("print(sorted(sys.modules['seen']), 'inkling_start' in sys.modules)")
    assert said.strip() == "['boot.py', 'other'] True"
