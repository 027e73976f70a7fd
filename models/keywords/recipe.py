"""Trains a keyword network anew, from features to its blob: python -m models.keywords.recipe NAME

Runs in any Python from 3.10 to 3.13, after `make setup` and `make firmware-virtual` (the network
is packed and measured in the project's environment). It makes the training environment under
build/; a run that was stopped goes on where it was. The committed files are replaced only by a
network that keeps its promise (see family.py); of most networks only the card is committed.
With --wavs it learns your words from a folder of recordings, and replaces nothing here.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from models.keywords.family import COMMITTED, NETWORKS, place
from models.training.environment import PROJECT, ROOT, need_project, run
from models.training.recipe import recipe_parser, run_recipe

OWN = ROOT / "build" / "keywords-own"


def main() -> None:
    """Run every stage."""
    parser = recipe_parser(__doc__.splitlines()[0], NETWORKS)
    sources = parser.add_mutually_exclusive_group()
    sources.add_argument("--features", type=Path, help="folder with the features, see data.py")
    sources.add_argument(
        "--wavs", type=Path, help="folder with a subfolder of recordings for each word to learn"
    )
    parser.add_argument(
        "--out", type=Path, help="folder for what --wavs makes; default build/keywords-own/NAME"
    )
    args = parser.parse_args()
    if args.wavs is None and args.out is not None:
        parser.error("--out FOLDER is for --wavs FOLDER")
    if args.card and args.wavs is not None:
        parser.error("--card is for a committed network, not for --wavs")
    if args.features is None and args.wavs is None and not args.card:
        parser.error("--features FOLDER or --wavs FOLDER is needed to train")
    if args.wavs is not None:
        train_own(args)
        return
    data = ["--features", args.features.resolve()] if args.features else []
    path, epochs = place(args.name), NETWORKS[args.name].epochs
    files = ["card.json", "card.md"]
    if args.name in COMMITTED:
        files += [path.name, f"{path.stem}.ink"]
    run_recipe("models.keywords", args, epochs, data, files, path.parent)


def train_own(args: Namespace) -> None:
    """Train on the user's recordings; the project's environment reads them."""
    need_project()
    out = args.out or OWN / args.name
    command: list[str | Path] = ["--wavs", args.wavs.resolve(), "--out", out.resolve()]
    command += ["--cache", OWN, "--seed", str(args.seed), "--threads", str(args.threads)]
    command += ["--epochs", str(args.epochs or 0)]  # 0: by how many recordings there are.
    run(PROJECT, "-m", "models.keywords.own", args.name, *command)


if __name__ == "__main__":
    main()
