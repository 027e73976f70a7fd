"""Features, teacher, training and quantization, in that order; recipe.py runs this.

It runs in the training environment and writes NAME.tflite and facts.json, which says how it was
made, into a folder.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from host_tools.text import plain
from models.keywords import data, network, teacher, train
from models.keywords.family import NETWORKS, Recurrent, average, batch, place
from models.training import environment, quantize
from models.training.environment import made
from models.training.fit import Plan, fit, has_bfloat16
from models.training.recipe import stages_parser

CALIBRATION_WORDS = 1000
COMPARED = 16  # Words, to see that the converter made no other network.
VIEWS = 12  # Of each word, which the teacher judges.
DISTILLED = 0.9  # The teacher's share of the loss; the labels have the rest.
TAUGHT = 2000  # Training words from which on there are teachers.


def run(name: str, cache: Path, words: data.Words, seed: int, epochs: int, threads: int) -> None:
    """Run every stage and write the files into `cache`/NAME."""
    kind = replace(NETWORKS[name], classes=len(words.labels))
    folder = cache / name
    folder.mkdir(parents=True, exist_ok=True)
    lstm = any(isinstance(layer, Recurrent) and layer.kind == "lstm" for layer in kind.layers)
    keras = environment.environment(environment.KERAS) if lstm else None
    torch.set_num_threads(threads)
    count = len(words.train_labels)
    lessons = teacher.learn(words, threads, cache) if count >= TAUGHT else None
    plan = Plan(
        *(epochs, seed, threads, kind.rate, kind.decay),
        batch=batch(count),
        distilled=DISTILLED if lessons else 0.0,
        views=VIEWS if lessons else 0,
        average=average(kind, epochs * (count // batch(count))),
        smoothed=kind.smoothed,
        optimizer="adamw",
        bfloat16=has_bfloat16(),
    )
    torch.manual_seed(seed)
    lesson = train.Spoken(words, lessons)
    trained, seconds = fit(network.Trained(kind), plan, lesson, folder / "checkpoint.pt")

    float_path, int8_path = folder / "float.tflite", folder / place(name).name
    trained.eval()
    shown = words.train[:: max(count // CALIBRATION_WORDS, 1)]
    deployed = network.Deployed(trained).eval()
    if keras:
        write_twin(deployed, shown, folder)
        environment.run(keras, "-m", "models.keywords.twin", name, folder)
    else:
        quantize.float_model(deployed, shown[:COMPARED], float_path)
        quantize.int8_model(float_path, shown, int8_path)
    quantize.check(int8_path, None)
    facts = {
        "float_accuracy": round(train.accuracy(trained, words.test, words.test_labels), 2),
        "held_out_accuracy": round(lesson.judge(trained), 2),
        "training": {
            **asdict(plan),
            "words": lesson.count,
            "seconds": round(seconds),
        },
        "teacher": lessons.facts if lessons else None,
        **made(),
    }
    if keras:
        facts["versions"] |= json.loads((folder / "twin.json").read_text())
    (folder / "facts.json").write_text(json.dumps(facts, indent=2) + "\n")


def write_twin(deployed: network.Deployed, shown: np.ndarray, folder: Path) -> None:
    """Write what twin.py needs, with the probabilities that it holds its network to."""
    with torch.no_grad():
        inputs = torch.from_numpy(shown[:COMPARED].astype(np.float32))
        expected = deployed(inputs).numpy()
    weights = {f"weights_{n}": values.numpy() for n, values in enumerate(deployed.weights())}
    np.savez(folder / "twin.npz", shown=shown, expected=expected, **weights)


def main() -> None:
    """Parse the arguments and run."""
    parser = stages_parser(NETWORKS)
    parser.add_argument("--features", type=Path, help="default: what lies in the cache")
    args = parser.parse_args()
    try:
        cache = args.cache / "words.npz"
        words = data.load(args.features, cache) if args.features else data.cached(cache)
        run(args.name, args.cache, words, args.seed, args.epochs, args.threads)
    except (data.DataError, quantize.QuantizeError) as error:
        raise SystemExit(f"recipe: {plain(str(error))}") from None


if __name__ == "__main__":
    main()
