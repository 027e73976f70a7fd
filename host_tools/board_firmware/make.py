"""make in somebody else's source tree: questions to its makefiles, and a build with its log."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.places import checkout

ROOT = checkout()
_MOST_LINES = 60


@dataclass(frozen=True)
class Build:
    """What to build: `words` for make in `folder`, which leave `image`.

    `source` is "micropython" or "openmv", `name` what the board is called there.
    """

    source: str
    name: str
    folder: Path
    words: list[str]
    image: Path
    log: Path


def ask(folder: Path, words: Sequence[str], question: str) -> list[str]:
    """The words of `question`, in which $(NAME) is a variable of the makefiles; builds nothing.

    Raises CommandError with make's own words where the makefiles refuse `words`.
    """
    command = ["make", "--no-print-directory", "--silent", "-C", str(folder), *words]
    done = subprocess.run(
        [*command, f"--eval=inkling-asks:;@echo inkling-answers: {question}", "inkling-asks"],
        env=_environment(),
        capture_output=True,
        text=True,
    )
    answer = re.search(r"(?m)^inkling-answers:(.*)$", done.stdout)
    if done.returncode or answer is None:
        raise CommandError(f"{shlex.join(command)} would not build: {done.stderr.strip()}")
    return answer[1].split()


def run(build: Build) -> None:
    """Builds, with the log in a file. Raises CommandError with the errors in it."""
    command = ["make", f"-j{os.cpu_count() or 2}", "-C", str(build.folder), *build.words]
    build.log.parent.mkdir(parents=True, exist_ok=True)
    print(f"building {build.name}'s firmware: {shlex.join(command)}", file=sys.stderr)
    compiled = 0
    with (
        build.log.open("w", encoding="utf8") as log,
        subprocess.Popen(
            command,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout
        for line in process.stdout:
            log.write(line)
            if re.match(r"(CC|CXX|AS|GEN|LINK) ", line):
                compiled += 1
                if sys.stderr.isatty():
                    print(f"\r{compiled} files", end="", file=sys.stderr, flush=True)
        if compiled and sys.stderr.isatty():
            print(file=sys.stderr)
    if process.returncode:
        raise CommandError(f"{_errors(build.log)}\nthe firmware does not build: see {build.log}")
    if not build.image.is_file():
        raise CommandError(f"the build ended well but left no {build.image}: see {build.log}")


def _environment() -> dict[str, str]:
    """Ours without the options of the make that called us: another makefile would take them."""
    options = [word.partition("=")[0] for word in shlex.split(os.environ.get("MAKEFLAGS", ""))]
    flags = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", *options}
    return {name: value for name, value in os.environ.items() if name not in flags}


def _errors(log: Path) -> str:
    lines = log.read_text(encoding="utf8").splitlines()
    told = [line for line in lines if re.search(r"(?i)error|undefined|overflowed|\*\*\*", line)]
    return "\n".join((told or lines)[:_MOST_LINES])
