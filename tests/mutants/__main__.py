"""`make mutants`: changes verifier and planner, a slip at a time; says what nothing notices."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from mutants import planner, verifier
from mutants.c_mutants import c_mutants
from mutants.corpus import make_corpus
from mutants.plan_mutants import plan_mutants

from host_tools.host_build import build_program
from host_tools.places import ROOT
from host_tools.progress import progress

# what is said of a mutant that nothing notices
NOT_KILLED = ("survives", "another good plan")


def chosen(mutants: Sequence[Any], number: int, seed: int) -> list[Any]:
    """As many of each kind as there are, up to `number` in all, at random."""
    shuffled = list(mutants)
    random.Random(seed).shuffle(shuffled)
    rank: Counter[str] = Counter()
    places = []
    for position, mutant in enumerate(shuffled):
        rank[mutant.kind] += 1
        places.append((rank[mutant.kind], position))
    return [shuffled[position] for _, position in sorted(places)[:number]]


def of_verifier(mutants: Sequence[Any], folder: Path, jobs: int) -> list[str]:
    """What becomes of each."""
    print("gathering blobs from the tests", file=sys.stderr)
    judge = build_program(ROOT / "tests" / "runtime" / "judge_blobs.c", sanitize=True)
    files = make_corpus(judge, folder)
    print("compiling the mutants", file=sys.stderr)
    program, broken = verifier.build(mutants, folder, jobs)
    found = dict.fromkeys(broken, "does not compile")
    with progress("trying mutants of the C verifier", len(mutants)) as done:
        for number, verdict in verifier.verdicts(program, files, mutants, jobs):
            found.setdefault(number, verdict)
            done(len(found) - 1)
    return [found[number] for number in range(1, len(mutants) + 1)]


def of_planner(mutants: Sequence[Any], folder: Path, jobs: int) -> list[str]:
    """What becomes of each."""
    print("gathering models from the tests", file=sys.stderr)
    packed = planner.make_packed(folder)
    assert planner.verdict(None, packed) == "survives"
    found = {}
    with (
        progress("trying mutants of the planner", len(mutants)) as done,
        ThreadPoolExecutor(jobs) as pool,
    ):
        tried = {pool.submit(planner.verdict, m, packed): i for i, m in enumerate(mutants)}
        for each in as_completed(tried):
            found[tried[each]] = each.result()
            done(len(found))
    return [found[number] for number in range(len(mutants))]


def report(name: str, mutants: Sequence[Any], verdicts: Sequence[str]) -> None:
    """A line a kind, then one a survivor."""
    by_kind: dict[str, Counter[str]] = {"all": Counter()}
    for mutant, verdict in zip(mutants, verdicts, strict=True):
        for kind in ("all", mutant.kind):
            by_kind.setdefault(kind, Counter())[verdict] += 1
    for kind, counts in by_kind.items():
        said = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
        print(f"{name}, {kind}: {counts.total()} mutants: {said}")
    for mutant, verdict in zip(mutants, verdicts, strict=True):
        if verdict in NOT_KILLED:
            where = f"{mutant.source.relative_to(ROOT)}:{mutant.line}"
            print(f"{verdict}: {where}: {mutant.kind}: {mutant.change}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--number", type=int, default=300, help="mutants of each (300)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (2)")
    parser.add_argument("--of", default="", help="only of sources with this in their path")
    parser.add_argument("--json", type=Path, help="a file to write a line on each mutant to")
    options = parser.parse_args()
    folder = ROOT / "build" / "mutants"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    said = []
    for name, every in (("verifier", c_mutants()), ("planner", plan_mutants())):
        mutants = [m for m in every if options.of in str(m.source.relative_to(ROOT))]
        mutants = chosen(mutants, options.number, options.seed)
        if not mutants:
            continue
        if name == "verifier":
            verdicts = of_verifier(mutants, folder, options.jobs)
        else:
            verdicts = of_planner(mutants, folder, options.jobs)
        report(name, mutants, verdicts)
        said += [(mutant, verdict) for mutant, verdict in zip(mutants, verdicts, strict=True)]
    if options.json:
        lines = (
            {
                "source": str(mutant.source.relative_to(ROOT)),
                "line": mutant.line,
                "kind": mutant.kind,
                "change": mutant.change,
                "verdict": verdict,
            }
            for mutant, verdict in said
        )
        options.json.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
