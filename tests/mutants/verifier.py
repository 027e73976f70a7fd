"""Builds the C verifier with all its mutants, and shows each the corpus."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mutants.c_mutants import Mutant, with_mutants
from mutants.corpus import ALL_KERNELS

from host_tools import host_build
from host_tools.errors import CommandError
from host_tools.kernels import KERNELS
from host_tools.places import ROOT

_JUDGE = ROOT / "tests" / "mutants" / "judge_mutants.c"
_INCLUDES = [ROOT / "tests" / "runtime", host_build.FIRMWARE_MODULE]
_INCLUDES += [host_build.FIRMWARE_MODULE / room for room in ("runtime", "audio")]
_INCLUDES.append(host_build.FIRMWARE_MODULE / "runtime" / "operators")
_FLAGS = (
    "-std=c11",
    "-O0",
    "-w",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    *(f"-I{path}" for path in _INCLUDES),
)


def build(mutants: Sequence[Mutant], folder: Path, jobs: int) -> tuple[Path, set[int]]:
    """The program with mutants 1 to their number, and those that do not compile."""
    numbered: dict[Path, list[tuple[int, Mutant]]] = {}
    for number, mutant in enumerate(mutants, 1):
        numbered.setdefault(mutant.source, []).append((number, mutant))
    broken: set[int] = set()
    changed = {source.name for source in numbered}
    built = host_build.sanitized_objects()
    objects = [made for source, made in built.items() if source not in changed]
    sources = [_JUDGE, *numbered]
    targets = [folder / f"{source.stem}.o" for source in sources]
    with ThreadPoolExecutor(jobs) as pool:
        of_sources = [numbered.get(source, []) for source in sources]
        for some in pool.map(_compile, sources, of_sources, targets):
            broken |= some
    objects += targets
    program = folder / "judge_mutants"
    subprocess.run(["cc", *_FLAGS, *objects, "-o", program], check=True)
    return program, broken


def _compile(source: Path, mutants: list[tuple[int, Mutant]], target: Path) -> set[int]:
    """Makes the object; returns the mutants that do not compile."""
    broken: set[int] = set()
    written = target.with_suffix(".c")
    while True:
        text = source.read_text()
        written.write_text(with_mutants(text, mutants, broken) if mutants else text)
        made = subprocess.run(
            ["cc", *_FLAGS, "-c", written, "-o", target], capture_output=True, text=True
        )
        if made.returncode == 0:
            return broken
        more = {int(n) for n in re.findall(r"(?m)^mutant-(\d+):\d+:\d+: error", made.stderr)}
        if not more - broken - {0}:
            raise CommandError(f"{source} with mutants does not compile:\n{made.stderr[:2000]}")
        broken |= more


def kernels_in(mutant: Mutant) -> int:
    """The kernels whose blobs it may judge otherwise."""
    names = re.findall(r"(?m)^const ink_kernel_t ink_op_(\w+)", mutant.source.read_text())
    return sum(1 << KERNELS[name].number for name in names) or ALL_KERNELS


def verdicts(
    program: Path, files: tuple[Path, Path, Path], mutants: Sequence[Mutant], jobs: int
) -> Iterator[tuple[int, str]]:
    """Numbers and what became of them, as they come. No mutant, number 0, must survive."""
    words = [f"0 {ALL_KERNELS}"]
    words += [f"{number} {kernels_in(mutant)}" for number, mutant in enumerate(mutants, 1)]
    with subprocess.Popen(
        [program, *files, str(jobs)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as judge:
        assert judge.stdin and judge.stdout
        judge.stdin.write("\n".join(words) + "\n")
        judge.stdin.close()
        for line in judge.stdout:
            number, _, verdict = line.strip().partition(" ")
            if number == "0" and verdict != "survives":
                raise CommandError(f"the verifier itself does not pass: {verdict}")
            yield int(number), verdict
    if judge.returncode:
        raise CommandError(f"{program} ended with {judge.returncode}")
