"""Compiles the runtime and its kernels for this computer, with the system's C compiler.

What is built lies in places.build_folder(), under names that hold a digest of everything that went
in.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.files import temporary_folder
from host_tools.places import ROOT, build_folder
from host_tools.progress import progress

FIRMWARE_MODULE = ROOT / "firmware_module"
ROOMS = ("runtime", "kernels", "audio")  # of firmware_module, what no port is needed for
BUILD = build_folder() / "host"


class NoCompilerError(CommandError):
    """There is no C compiler to build with."""


_WARNINGS = ("-Wall", "-Wextra", "-Werror")
_FAST = ("-std=c11", "-O3", "-fPIC", *_WARNINGS)
_SANITIZED = (
    "-std=c11",
    "-O1",
    "-g",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
    *_WARNINGS,
)
_TIMEOUT_SECONDS = 300
_INCLUDED = re.compile(rb'^\s*#\s*include\s*["<]([^">]+)[">]', re.M)


def build_library(cmsis_nn: Path | None = None) -> Path:
    """The shared library of runtime and kernels, built where it is not up to date.

    `cmsis_nn` is a prefix with include/ and lib/libcmsis-nn.a (or libcmsis-nn.a) whose functions
    take the place of our ink_nn_*.c. Raises CommandError without a compiler or where it fails.
    """
    objects, archive = _runtime(_FAST, cmsis_nn)
    return _link("libinkling", ".so", (*_FAST, "-shared"), objects, archive)


def build_program(
    source: Path, *, sanitize: bool = False, fuzzer: bool = False, cmsis_nn: Path | None = None
) -> Path:
    """A program of one C file and the runtime, with AddressSanitizer and UBSan if wished, and with
    libFuzzer, which clang alone has: CC must name it then."""
    flags = _SANITIZED if sanitize else _FAST
    if fuzzer:
        flags = (*flags, "-fsanitize=fuzzer")
    objects, archive = _runtime(flags, cmsis_nn)
    objects = [*objects, _compile(source, flags, _includes(cmsis_nn))]
    return _link(source.stem, "", flags, objects, archive)


def sanitized_objects() -> dict[str, Path]:
    """The runtime's objects with AddressSanitizer and UBSan, by their source's name."""
    objects, _ = _runtime(_SANITIZED, None)
    return {path.name.rpartition("-")[0] + ".c": path for path in objects}


def _runtime(flags: Sequence[str], cmsis_nn: Path | None) -> tuple[list[Path], list[Path]]:
    """The object files, and the archive in place of what is left out."""
    sources = [
        path
        for room in ROOMS
        for pattern in ("*.c", "*/*.c")
        for path in sorted((FIRMWARE_MODULE / room).glob(pattern))
        if cmsis_nn is None or not path.name.startswith("ink_nn_")
    ]
    if not sources:
        raise CommandError(
            f"{FIRMWARE_MODULE} holds no C sources: run host_tools from a checkout of Inkling"
        )
    archive = [] if cmsis_nn is None else [_archive(cmsis_nn)]
    flags = flags if cmsis_nn is None else [*flags, "-DINK_CMSIS_NN"]
    includes = _includes(cmsis_nn)
    objects: list[Path] = []
    with (
        progress("compiling Inkling's C for this computer, once", len(sources)) as done,
        ThreadPoolExecutor(2) as pool,
    ):
        for made in pool.map(lambda source: _compile(source, flags, includes), sources):
            objects.append(made)
            done(len(objects))
    return objects, archive


def _includes(cmsis_nn: Path | None) -> tuple[Path, ...]:
    ours = FIRMWARE_MODULE, FIRMWARE_MODULE / "runtime"
    return ours if cmsis_nn is None else (*ours, cmsis_nn / "include")


def _archive(cmsis_nn: Path) -> Path:
    for path in (cmsis_nn / "lib" / "libcmsis-nn.a", cmsis_nn / "libcmsis-nn.a"):
        if path.is_file():
            return path
    raise CommandError(f"{cmsis_nn} has neither lib/libcmsis-nn.a nor libcmsis-nn.a")


def _read(source: Path, includes: Sequence[Path]) -> dict[Path, bytes]:
    """A source and whatever it includes, directly or not; the system's headers are left out."""
    found: dict[Path, bytes] = {}
    waiting = [source]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = path.read_bytes()
        for name in _INCLUDED.findall(found[path]):
            places = (folder / name.decode() for folder in (path.parent, *includes))
            waiting += [place for place in places if place.is_file()][:1]
    return found


def _compile(source: Path, flags: Sequence[str], includes: Sequence[Path]) -> Path:
    folders = [f"-I{path}" for path in includes]
    digest = hashlib.sha256()
    for path, content in _read(source, includes).items():
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    digest.update("\0".join([str(source), *flags, *folders]).encode())
    target = BUILD / "objects" / f"{source.stem}-{digest.hexdigest()[:20]}.o"
    if not target.is_file():
        _run_compiler(target, [*flags, *folders, "-c", str(source)])
    return target


def _link(
    name: str, suffix: str, flags: Sequence[str], objects: list[Path], archive: list[Path]
) -> Path:
    digest = hashlib.sha256("\0".join([*flags, *(path.name for path in objects)]).encode())
    for path in archive:
        digest.update(path.read_bytes())
    target = BUILD / f"{name}-{digest.hexdigest()[:20]}{suffix}"
    if not target.is_file():
        _run_compiler(target, [*flags, *map(str, [*objects, *archive])])
    return target


def _run_compiler(target: Path, words: list[str]) -> None:
    """Makes `target` whole or not at all, so that several may build at once."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        raise NoCompilerError(
            "there is no C compiler: install one (Debian: gcc and libc6-dev), or name it in CC"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(target.parent) as folder:
        made = Path(folder, target.name)
        try:
            result = subprocess.run(
                [compiler, *words, "-o", str(made)],
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise CommandError(f"{compiler} took over {_TIMEOUT_SECONDS} seconds") from None
        if result.returncode:
            raise CommandError(f"{compiler} failed:", result.stderr.strip()[:4000])
        made.replace(target)
