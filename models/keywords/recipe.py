"""Trains a keyword network anew, from features to its blob: python -m models.keywords.recipe NAME

Runs in any Python from 3.10 to 3.13, after `make setup` and `make firmware-virtual` (the network
is packed and measured in the project's environment). It makes the training environment under
build/; a run that was stopped goes on where it was. The committed files are replaced only by a
network that keeps its promise (see family.py); of most networks only the card is committed.
"""

from __future__ import annotations

from pathlib import Path

from models.keywords.family import COMMITTED, NETWORKS, place
from models.training.recipe import recipe_parser, run_recipe


def main() -> None:
    """Run every stage."""
    parser = recipe_parser(__doc__.splitlines()[0], NETWORKS)
    parser.add_argument("--features", type=Path, help="folder with the features, see data.py")
    args = parser.parse_args()
    if args.features is None and not args.card:
        parser.error("--features FOLDER is needed to train")
    data = ["--features", args.features.resolve()] if args.features else []
    path, epochs = place(args.name), NETWORKS[args.name].epochs
    files = ["card.json", "card.md"]
    if args.name in COMMITTED:
        files += [path.name, f"{path.stem}.ink"]
    run_recipe("models.keywords", args, epochs, data, files, path.parent)


if __name__ == "__main__":
    main()
