"""Trains a keyword network anew, from features to its blob: python -m models.keywords.recipe NAME

Runs in any Python from 3.10 to 3.13, after `make setup` and `make firmware-virtual` (the network
is packed and measured in the project's environment). It makes the training environment under
build/; a run that was stopped goes on where it was. The committed files are replaced only by a
network that keeps its promise (see family.py); of most networks only the card is committed.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

from models.keywords.family import COMMITTED, NETWORKS, place
from models.training.environment import PROJECT, ROOT, environment, need_project, run

CACHE = ROOT / "build" / "keywords"


def main() -> None:
    """Run every stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=list(NETWORKS))
    parser.add_argument("--features", type=Path, help="folder with the features, see data.py")
    parser.add_argument("--epochs", type=int, help="default: the network's")
    parser.add_argument("--seed", type=int, default=1, help="default 1")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="default all cores")
    parser.add_argument("--card", action="store_true", help="only measure the committed network")
    args = parser.parse_args()

    need_project()
    if args.card:
        run(PROJECT, "-m", "models.keywords.card", args.name)
    else:
        if args.features is None:
            parser.error("--features FOLDER is needed to train")
        settings = ["--seed", args.seed, "--threads", args.threads]
        settings += ["--features", args.features.resolve()]
        if args.epochs is not None:
            settings += ["--epochs", args.epochs]
        run(environment(), "-m", "models.keywords.stages", args.name, "--cache", CACHE, *settings)
        out = CACHE / args.name
        run(PROJECT, "-m", "models.keywords.card", args.name, "--cache", CACHE, "--folder", out)
        path = place(args.name)
        path.parent.mkdir(exist_ok=True)
        files = ["card.json", "card.md"]
        if args.name in COMMITTED:
            files += [path.name, f"{path.stem}.ink"]
        for name in files:
            shutil.copy(out / name, path.parent / name)
    run(PROJECT, "-m", "models.keywords.chart")


if __name__ == "__main__":
    main()
