"""Commands work without what only POSIX systems have: as on Windows, as far as that goes here.

The modules cannot be imported from host_tools, and the functions are not in `os`. Third parties,
which have code for Windows of their own, keep theirs.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from firmware_builder import ROOT

RUN = """
import builtins
import os
import sys

MODULES = {"curses", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog"}
MODULES |= {"termios", "tty"}
FUNCTIONS = ("fchmod", "fork", "forkpty", "geteuid", "getuid", "killpg", "mkfifo", "nice")
FUNCTIONS += ("openpty", "setsid", "statvfs", "ttyname")
actual = builtins.__import__

def denying(name, globals=None, locals=None, fromlist=(), level=0):
    asking = (globals or {}).get("__name__", "")
    if asking.split(".")[0] == "host_tools" and name.split(".")[0] in MODULES:
        raise ImportError(f"{asking} imports {name}, which Windows lacks")
    return actual(name, globals, locals, fromlist, level)

builtins.__import__ = denying
import serial, mpremote.transport_serial  # those for this system
for name in FUNCTIONS:
    delattr(os, name)
from host_tools.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command in `folder`, without a C compiler."""
    return subprocess.run(
        [sys.executable, "-c", RUN, *words],
        cwd=folder,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_networks_are_packed_shown_and_run_on_the_computer(tmp_path: Path) -> None:
    model = ROOT / "models/cifar10/cifar10.tflite"
    np.save(tmp_path / "in.npy", np.zeros((1, 32, 32, 3), np.int8))
    for words in (
        ("pack-model", str(model), "-o", "net.ink"),
        ("inspect", "net.ink"),
        ("run", "net.ink", "--on", "host", "--input", "in.npy", "--output", "out.npy"),
        ("boards",),
        ("boards", "nucleo-h743zi"),
    ):
        done = run(tmp_path, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    assert np.load(tmp_path / "out.npy").shape == (1, 10)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("deploy", "net.ink", "--port", "/dev/none"), "/dev/none: there is no such port"),
        (("validate", "net.ink", "--on", "/dev/none"), "/dev/none: there is no such port"),
        (("flash", "--board", "nucleo-h743zi", "--dry-run", "none.bin"), "none.bin: "),
    ],
    ids=["deploy", "validate", "flash"],
)  # fmt: skip
def test_commands_for_boards_get_as_far_as_the_board(
    tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    model = ROOT / "models/cifar10/cifar10.ink"
    (tmp_path / "net.ink").write_bytes(model.read_bytes())
    done = run(tmp_path, *words)
    assert done.returncode == 1 and told in done.stderr, done.stderr


def test_a_virtual_board_behind_a_serial_port_is_refused_with_the_cure(
    tmp_path: Path, virtual_board_firmware: Path
) -> None:
    done = run(tmp_path, "sim", "--firmware", str(virtual_board_firmware))
    assert done.returncode == 1, done.stderr
    assert "which Windows cannot make: use WSL, or --on host" in done.stderr
