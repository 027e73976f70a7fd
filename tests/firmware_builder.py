"""Builds the virtual board's firmware and the native module through make, for tests."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# what the firmware is built from
MICROPYTHON = Path(os.environ.get("MICROPYTHON") or ROOT / "build/micropython").resolve()

_builds = 0  # of this process, one within another


@contextlib.contextmanager
def building() -> Iterator[None]:
    """One build at a time of all processes that test, because they share folders."""
    global _builds
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build/test.lock").open("w") as lock:
        if not _builds:
            fcntl.flock(lock, fcntl.LOCK_EX)
        _builds += 1
        try:
            yield
        finally:
            _builds -= 1


def make(*words: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
    """Runs the project's make as if from a terminal, whatever make runs the tests."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    command = ["make", "--silent", *words]
    with building():
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout
        )


@functools.cache
def build_firmware(**options: str) -> Path:
    """Builds with these options of make, such as FPU="single"; returns the firmware's path."""
    done = make("firmware-virtual", *(f"{name}={value}" for name, value in options.items()))
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@functools.cache
def build_natmod(models: str = "") -> Path:
    """Builds inkling.mpy for stock firmware, of use for these models or for all; its path.

    One for some models lies beside its inkling_words.py and what it is linked from, inkling.o.
    """
    with building():
        done = make("natmod", f"FOR={models}")
        assert done.returncode == 0, done.stderr
        made = Path(done.stdout.strip())
        if not models:
            return made
        # another test builds its own in the same place
        parts = (made, made.with_name("inkling_words.py"), made.parents[1] / "inkling.o")
        digest = zlib.crc32(b"".join(path.read_bytes() for path in parts))
        kept = ROOT / f"build/test-natmod-for/{digest:08x}"
        if not (kept / made.name).exists():
            kept.mkdir(parents=True, exist_ok=True)
            for path in reversed(parts):
                shutil.copy(path, kept)
        return kept / made.name


def folder_of_programs(folder: Path, *names: str) -> Path:
    """A new folder to be all of PATH: it has these programs alone."""
    folder.mkdir()
    for name in names:
        program = shutil.which(name)
        assert program, name
        (folder / name).symlink_to(program)
    return folder
