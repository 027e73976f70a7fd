"""The command line of a family's recipe and of its stages, and the order in which they run."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from models.training.environment import PROJECT, ROOT, environment, need_project, run


def recipe_parser(description: str, names: Iterable[str]) -> argparse.ArgumentParser:
    """Return the arguments that every recipe takes after the network's name."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("name", choices=list(names))
    parser.add_argument("--epochs", type=int, help="default: the network's")
    parser.add_argument("--seed", type=int, default=1, help="default 1")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="default all cores")
    parser.add_argument("--card", action="store_true", help="only measure the committed network")
    return parser


def stages_parser(names: Iterable[str]) -> argparse.ArgumentParser:
    """Return the arguments that the stages of every family take."""
    parser = argparse.ArgumentParser(description="Train and quantize a network.")
    parser.add_argument("name", choices=list(names))
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    return parser


def run_recipe(
    package: str,
    args: argparse.Namespace,
    epochs: int,
    data: list[str | Path],
    files: Iterable[str],
    into: Path,
) -> None:
    """Train, measure and take the network `args.name` of a package such as models.cifar10.

    Its stages get `epochs`, unless args.epochs says others, and the arguments `data`; the named
    `files` are copied `into` a folder when the network keeps its promise.
    """
    need_project()
    cache = ROOT / "build" / package.rpartition(".")[2]
    if args.card:
        run(PROJECT, "-m", f"{package}.card", args.name, "--cache", cache)
    else:
        settings: list[str | Path] = ["--seed", str(args.seed), "--threads", str(args.threads)]
        settings += ["--epochs", str(args.epochs or epochs), *data]
        stages = (environment(), "-m", f"{package}.stages", args.name)
        run(*stages, "--cache", cache, *settings)
        out = cache / args.name
        run(PROJECT, "-m", f"{package}.card", args.name, "--cache", cache, "--folder", out)
        into.mkdir(exist_ok=True)
        for name in files:
            shutil.copy(out / name, into / name)
    run(PROJECT, "-m", f"{package}.chart")
