"""QEMU's command line for the virtual board, and how its process is started: to die with us."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from host_tools.errors import CommandError
from host_tools.places import ROOT

PROGRAM = "qemu-system-arm"
# firmware_module/boards/virtual/memory.ld: _romfs_size
ROMFS_SIZE = 12 << 20
# the PSRAM, which holds /flash, the mailbox and /rom: MEMORY in m7.ld
STORAGE_SIZE = 16 << 20
LEAST_HEAP = 16 << 10
MOST_HEAP = 3 << 20
# instructions = ticks * 5 / 8: an instruction takes 2**6 ns, a tick 40 ns
ICOUNT_SHIFT = 6

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Machine:
    """A machine of QEMU's with memory as the firmware for it is linked.

    `romfs` is the address of _romfs_start in firmware_module/boards/virtual/memory.ld, `heap` that
    of _heap_asked: a word that is 0, or the bytes of heap that are wanted.
    """

    name: str
    romfs: int
    heap: int


CORTEX_M7 = Machine("mps2-an500", 0x60400000, 0x203FFFF0)


def default_firmware() -> Path:
    """Returns the firmware that INKLING_FIRMWARE names (make sets it), else the checkout's.

    Raises CommandError where there is none.
    """
    named = os.environ.get("INKLING_FIRMWARE")
    firmware = Path(named) if named else ROOT / "build/firmware/virtual-double/firmware.elf"
    if not firmware.is_file():
        raise CommandError(
            f"the virtual board's firmware is missing at {firmware}: "
            "run `make firmware-virtual` in the checkout"
        )
    return firmware


def check_firmware(path: Path) -> None:
    """Raises CommandError where QEMU would start and crash, or not start."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as e:
        raise CommandError(f"cannot read the firmware {path}: {e.strerror}") from None
    if magic != b"\x7fELF":
        raise CommandError(
            f"{path} is not firmware for the virtual board: give the ELF file that "
            "`make firmware-virtual` prints"
        )


# Semihosting for the exit status alone: its files and commands would be a debugger's to serve, and
# there is none; the command line that it tells is not QEMU's. The machine has hardware for a
# network: one that leads nowhere, because with none at all QEMU 7.2 sometimes forgets its serial
# port.
CONFINED = ["-semihosting-config", "enable=on,target=gdb,arg=firmware", "-nic", "user,restrict=on"]


def command_line(
    machine: Machine,
    firmware: Path,
    memory: Path,
    romfs: Path | None,
    icount: bool,
    heap: int | None,
) -> list[str]:
    """Returns the arguments that every use of the virtual board has in common.

    `memory` is a file of STORAGE_SIZE bytes, or that it makes.
    """
    words = [PROGRAM, "-display", "none", "-monitor", "none", "-kernel", str(firmware), *CONFINED]
    # shared: what the board writes is in the file at once, also when QEMU is killed
    path = str(memory).replace(",", ",,")
    words += ["-object", f"memory-backend-file,id=psram,mem-path={path}"]
    words[-1] += f",size={STORAGE_SIZE},share=on"
    words += ["-machine", f"{machine.name},memory-backend=psram"]
    if icount:
        words += ["-icount", f"shift={ICOUNT_SHIFT}"]
    if heap:
        words += ["-device", f"loader,addr={machine.heap:#x},data={heap},data-len=4"]
    if romfs:
        path = str(romfs).replace(",", ",,")
        words += ["-device", f"loader,file={path},addr={machine.romfs:#x},force-raw=on"]
    return words


def execution_log(descriptors: Sequence[int]) -> list[str]:
    """Returns the arguments that log to this descriptor which blocks of instructions are run.

    A block's instructions are logged when it is translated (`in_asm`), its address each time that
    it is run (`exec`), and none runs unlogged after another (`nochain`).
    """
    words = []
    for descriptor in descriptors:
        words += ["-d", "in_asm,exec,nochain", "-D", f"/dev/fd/{descriptor}"]
    return words


def start(
    words: Sequence[str],
    *,
    stdout: int | IO[bytes],
    stderr: int | IO[bytes],
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Starts QEMU in a session of its own; it dies with the thread that started it.

    Raises CommandError where QEMU is not installed.
    """
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            pass_fds=pass_fds,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    except FileNotFoundError:
        raise CommandError(
            f"{PROGRAM} is not on PATH: run `make setup`, or install QEMU's Arm system emulator "
            "(Debian: qemu-system-arm)"
        ) from None


def _death_signal_setter() -> Callable[[], Any] | None:
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


# a process that is killed cannot stop what it started: on Linux the kernel does it
_die_with_parent = _death_signal_setter()
