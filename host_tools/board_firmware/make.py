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

from host_tools.build_log import read_causes
from host_tools.errors import CommandError
from host_tools.files import write_whole
from host_tools.places import checkout

ROOT = checkout()
_ALIVE = ROOT / "host_tools/setup/alive.sh"


@dataclass(frozen=True)
class Build:
    """What to build: `words` for make in `folder`, which leave `image`.

    `source` is "micropython" or "openmv", `name` what the board is called there, `title` what is
    built, `first` what it needs, `stale` a file that its makefiles fail to make anew.
    """

    source: str
    name: str
    title: str
    folder: Path
    words: list[str]
    image: Path
    log: Path
    first: Build | None = None
    stale: Path | None = None


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


def freeze(manifest: Path, own: Sequence[str]) -> str:
    """Writes a manifest with our Python and what the board's own ones name; make's word for it."""
    included = [*own, str(ROOT / "firmware_module/manifest.py")]
    lines = "".join(f"include({path!r})\n" for path in included)
    if not manifest.is_file() or manifest.read_text(encoding="utf8") != lines:
        manifest.parent.mkdir(parents=True, exist_ok=True)
        write_whole(manifest, lines.encode())
    return f"FROZEN_MANIFEST={manifest}"


def run(build: Build) -> None:
    """Builds, with the log in a file, and tells every ten seconds how far it is.

    Raises CommandError with the log's lines that say why it failed.
    """
    if build.first:
        run(build.first)
    if build.stale:
        build.stale.unlink(missing_ok=True)
    command = ["make", f"-j{os.cpu_count() or 2}", "-C", str(build.folder), *build.words]
    build.log.parent.mkdir(parents=True, exist_ok=True)
    print(f"building {build.title}: {shlex.join(command)}", file=sys.stderr, flush=True)
    telling = ["sh", str(_ALIVE), f"building {build.title}", str(build.log), *command]
    if subprocess.run(telling, env=_environment()).returncode:
        causes = "\n".join(read_causes(build.log))
        raise CommandError(f"{build.title} does not build: see {build.log}", causes)
    if not build.image.is_file():
        raise CommandError(f"the build ended well but left no {build.image}: see {build.log}")


def _environment() -> dict[str, str]:
    """Ours without the options of the make that called us: another makefile would take them."""
    options = [word.partition("=")[0] for word in shlex.split(os.environ.get("MAKEFLAGS", ""))]
    flags = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", *options}
    return {name: value for name, value in os.environ.items() if name not in flags}
