"""MicroPython's own STM32 port with Inkling in it, for B_L475E_IOT01A on QEMU's machine.

It is built by what `make firmware` builds with, from the checkout that MICROPYTHON names; beside
our module lies tests/ports/stm32_on_qemu, which lists all that is replaced for QEMU's sake.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import zlib
from pathlib import Path

import pytest
from firmware_builder import ROOT, building

from host_tools.board_firmware import make, micropython
from host_tools.errors import CommandError
from host_tools.virtual_board import VirtualBoard, qemu

BOARD = "B_L475E_IOT01A"
MACHINE = "b-l475e-iot01a"
REPLACEMENTS = ROOT / "tests/ports/stm32_on_qemu"
# as its micropython.mk has them
ROMFS_ADDRESS = 0x08080000
FLASH_KB = (0x080FFFF0, 1024)

# before a script that writes files: its flash cannot be written in QEMU
RAM_DISK = """
import vfs
class RamDisk:
    def __init__(self):
        self._memory = memoryview(bytearray(25 << 10))
    def readblocks(self, block, buffer):
        buffer[:] = self._memory[block * 512 : block * 512 + len(buffer)]
    def writeblocks(self, block, buffer):
        self._memory[block * 512 : block * 512 + len(buffer)] = buffer
    def ioctl(self, operation, argument):
        return 50 if operation == 4 else 512 if operation == 5 else 0
disk = RamDisk()
vfs.VfsFat.mkfs(disk)
vfs.mount(vfs.VfsFat(disk), "/flash")
"""


class Stm32Board(VirtualBoard):
    """QEMU's board; files for /rom lie in its flash, 508 KB at most."""

    def _command_line(self, folder: Path) -> list[str]:
        words = [qemu.PROGRAM, "-display", "none", "-monitor", "none", "-machine", MACHINE]
        words += qemu.CONFINED
        words += ["-kernel", str(self.firmware)]
        words += ["-device", f"loader,addr={FLASH_KB[0]},data={FLASH_KB[1]},data-len=4"]
        if self._image:
            image = folder / "romfs.img"
            image.write_bytes(self._image)
            # -m changes no memory of this machine, but is the most that QEMU loads from one file
            words += ["-m", "1M"]
            words += ["-device", f"loader,file={image},addr={ROMFS_ADDRESS},force-raw=on"]
        return words

    def _open_mailbox(self, folder: Path) -> None:
        """It has none."""


def build_stm32_firmware() -> Path:
    """The firmware; skips the test, saying what is missing, where it cannot be built or run."""
    source = os.environ.get("MICROPYTHON")
    if not source or not any(Path(source).glob("lib/stm32lib/*")):
        pytest.skip(f"needs MICROPYTHON=<checkout with the submodules of {BOARD}>")
    machines = subprocess.run(
        [qemu.PROGRAM, "-machine", "help"], capture_output=True, text=True, timeout=60
    ).stdout
    if f"{MACHINE} " not in machines:
        pytest.skip(f"needs QEMU 9 or newer: this one has no machine {MACHINE}")
    with building():
        return _build(source)


def _build(source: str) -> Path:
    folder = ROOT / f"build/test-stm32-on-qemu/{zlib.crc32(source.encode()):08x}"
    try:
        build = micropython.prepare(BOARD, Path(source), "", folder / "mpy-cross")
    except CommandError as error:
        pytest.skip(str(error))
    modules = folder / "modules"
    for name, target in (("inkling", ROOT / "firmware_module"), ("on_qemu", REPLACEMENTS)):
        link = modules / name
        if not link.is_symlink():
            modules.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target)
    ours = {"BUILD": folder / "build", "USER_C_MODULES": modules}
    words = [word for word in build.words if word.partition("=")[0] not in ours]
    image = folder / "build/firmware.elf"
    make.run(
        dataclasses.replace(
            build,
            words=words + [f"{name}={value}" for name, value in ours.items()],
            image=image,
            log=folder / "build.log",
            stale=folder / "build/frozen_content.c",
        )
    )
    return image
