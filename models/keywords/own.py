"""Trains a keyword network on a folder of the user's recordings; recipe.py --wavs runs this.

Runs in the project's environment, which reads recordings and measures; the training environment
does the rest, in stages.py. Features and checkpoints lie in a folder of the cache that serves
these recordings alone; nothing in models/ is replaced, and no promise is demanded.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.text import plain
from models.keywords import recordings
from models.keywords.card import MADE, counted, heard, hearing
from models.keywords.card_text import markdown
from models.keywords.data import Words
from models.keywords.family import NETWORKS, enough, place
from models.training.card import write_card
from models.training.environment import environment, run
from models.training.recipe import stages_parser


def main() -> None:
    """Read the recordings, train, measure and write the files."""
    parser = stages_parser(NETWORKS)
    parser.add_argument("--wavs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    try:
        words, cache = recordings.load(args.wavs, args.cache)
        epochs = args.epochs or enough(NETWORKS[args.name].epochs, len(words.train_labels))
        settings = ["--seed", str(args.seed), "--threads", str(args.threads)]
        settings += ["--epochs", str(epochs), "--cache", str(cache)]
        run(environment(), "-m", "models.keywords.stages", args.name, *settings)
        finish(args.name, words, cache / args.name, args.out)
    except (OSError, CommandError) as error:
        raise SystemExit(f"recipe: {plain(str(error))}") from None


def finish(name: str, words: Words, made: Path, out: Path) -> None:
    """Pack and measure the network in the folder `made`, and write all of it into `out`."""
    network = replace(NETWORKS[name], classes=len(words.labels))
    out.mkdir(parents=True, exist_ok=True)
    path = out / place(name).name
    shutil.copy(made / path.name, path)
    blob = hearing(path, words.labels)
    facts = json.loads((made / "facts.json").read_text())
    card = counted(name, network, path, blob)
    card |= heard(blob, words)
    card |= {key: facts[key] for key in MADE}
    card["labels"] = list(words.labels)
    write_card(path, blob, card, markdown(card, network))
    written = (path, path.with_suffix(".ink"), out / "card.json", out / "card.md")
    print(
        f"{name}: float {card['float_accuracy']} %, int8 {card['int8_accuracy']} % of "
        f"{len(words.test_labels)} test recordings; {len(blob):,} bytes of flash, "
        f"{card['arena_bytes']:,} of RAM, {card['board_cycles']:,} cycles (an estimate)\n"
        f"written: {', '.join(plain(str(file)) for file in written)}"
    )


if __name__ == "__main__":
    main()
