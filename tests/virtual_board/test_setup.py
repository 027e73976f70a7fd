"""The set-up installs nothing that is there, and says what is missing where it cannot install."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from firmware_builder import ROOT, folder_of_programs, make

SCRIPTS = ROOT / "host_tools" / "setup"


def run(script: str, *args: str, path: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    shell = shutil.which("sh")
    assert shell
    return subprocess.run(
        [shell, str(SCRIPTS / script), *args],
        cwd=cwd,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_nothing_is_installed_where_all_programs_are_there(tmp_path: Path) -> None:
    trap = tmp_path / "apt-get"
    trap.write_text("#!/bin/sh\necho called >&2\nexit 1\n")
    trap.chmod(0o755)
    python = shutil.which("python3")
    assert python
    done = run("system_tools.sh", python, path=f"{tmp_path}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_missing_program_and_its_package_is_named_where_apt_is_not(tmp_path: Path) -> None:
    path = folder_of_programs(tmp_path / "bin", "cut", "tr", "id")
    done = run("system_tools.sh", "python3", path=str(path))
    assert done.returncode == 1
    assert "there is no apt-get here" in done.stderr
    for words in (
        "Python 3.10 or newer with venv, as 'python3' (Debian: python3 python3-venv)",
        "a C compiler with its headers (cc) (Debian: gcc libc6-dev)",
        "arm-none-eabi-gcc (Debian: gcc-arm-none-eabi libnewlib-arm-none-eabi)",
        "qemu-system-arm (Debian: qemu-system-arm)",
        "then run make again",
    ):
        assert words in done.stderr


def test_make_fuzz_alone_asks_for_clang(tmp_path: Path) -> None:
    path = folder_of_programs(tmp_path / "bin", "cut", "tr", "id")
    asked, plain = (
        run("system_tools.sh", "python3", *words, path=str(path)).stderr
        for words in (["clang"], [])
    )
    assert "(Debian: clang libclang-rt-dev)" in asked
    assert "clang" not in plain


def test_a_failing_apt_leaves_the_list_of_what_is_missing(tmp_path: Path) -> None:
    programs = ("cut", "tr", "id", "env", "mkdir", "tail", "sh", "dirname", "sleep")
    path = folder_of_programs(tmp_path / "bin", *programs)
    (path / "apt-get").write_text("#!/bin/sh\necho no network >&2\nexit 100\n")
    (path / "apt-get").chmod(0o755)
    (path / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
    (path / "sudo").chmod(0o755)
    done = run("system_tools.sh", "python3", path=str(path), cwd=tmp_path)
    assert done.returncode == 1
    assert "no network" in done.stderr
    assert "apt-get failed" in done.stderr
    assert "(Debian: qemu-system-arm)" in done.stderr


def test_a_step_that_takes_longer_says_every_ten_seconds_what_it_does(tmp_path: Path) -> None:
    log = tmp_path / "step.log"
    step = "echo getting it; sleep 11; echo almost; exit 7"
    start = time.monotonic()
    done = run("alive.sh", "set-up: a step", str(log), "sh", "-c", step, path=os.environ["PATH"])
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr == "set-up: a step: 10 s; getting it\n"
    assert log.read_text() == "getting it\nalmost\n"
    # what tells lets go of our output at once
    assert time.monotonic() - start < 18


def test_micropython_without_debian_asks_for_a_checkout(tmp_path: Path) -> None:
    programs = ("awk", "basename", "dirname", "mkdir", "mktemp", "rm")
    path = folder_of_programs(tmp_path / "bin", *programs)
    done = run("get_micropython.sh", "python3", str(tmp_path / "source"), path=str(path))
    assert done.returncode == 1
    assert "make MICROPYTHON=<checkout>" in done.stderr
    assert list(tmp_path.iterdir()) == [path]


def test_recordings_without_debian_leave_nothing_behind(tmp_path: Path) -> None:
    path = folder_of_programs(tmp_path / "bin", "dirname", "mkdir", "mktemp", "rm")
    done = run("get_recordings.sh", "python3", str(tmp_path / "recordings"), path=str(path))
    assert done.returncode == 1
    said = "recordings of words: it comes from Debian, and there is no apt-get here."
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_no_micropython_is_named(tmp_path: Path) -> None:
    done = make("firmware-virtual", f"MICROPYTHON={tmp_path}")
    assert done.returncode != 0
    assert f"MICROPYTHON='{tmp_path}' is not a source tree of MicroPython 1.25" in done.stderr


def test_help_is_the_default_and_names_every_target() -> None:
    done = make()
    for target in (
        "setup",
        "demo",
        "demo-sound",
        "test",
        "bench",
        "lint",
        "format",
        "firmware-virtual",
        "firmware-unix",
        "natmod",
        "clean",
    ):
        assert f"make {target}" in done.stdout
