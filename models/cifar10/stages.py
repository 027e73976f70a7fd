"""Data, teacher, training and quantization, in that order; recipe.py runs this.

It runs in the training environment and writes NAME.tflite and facts.json, which says how it was
made, into a folder.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

from host_tools.text import plain
from models.cifar10 import data, student, teacher, train
from models.cifar10.family import NETWORKS, operators, place
from models.training import quantize
from models.training.environment import made
from models.training.fit import Plan, fit, has_bfloat16
from models.training.recipe import stages_parser

CALIBRATION_PICTURES = 1000
COMPARED = 16  # Pictures, to see that the converter made no other network.
VIEWS = 16  # Of each picture, which the teacher judges.
DISTILLED = 0.9  # The teacher's share of the loss; the labels have the rest.
AVERAGE = 0.99  # Of the weights, over the steps: the share of the past that stays.


def run(
    name: str, cache: Path, pictures: data.Cifar10, seed: int, epochs: int, threads: int
) -> None:
    """Run every stage and write the files into `cache`/NAME."""
    network = NETWORKS[name]
    folder = cache / name
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads)
    split = data.hold_out(pictures)
    lessons = teacher.learn(split, threads, cache)
    plan = Plan(
        *(epochs, seed, threads, network.rate, network.decay),
        distilled=DISTILLED,
        average=AVERAGE,
        views=VIEWS,
        bfloat16=has_bfloat16(),
    )
    if network.colours == 1:
        split, pictures = data.monochrome(split), data.monochrome(pictures)
    torch.manual_seed(seed)
    trained, seconds = fit(
        student.Student(network), plan, train.Pictures(split, lessons), folder / "checkpoint.pt"
    )

    float_path, int8_path = folder / "float.tflite", folder / place(name).name
    shown = split.train_pictures[:CALIBRATION_PICTURES]
    quantize.float_model(student.Deployed(trained.eval()), shown[:COMPARED], float_path)
    quantize.int8_model(float_path, shown, int8_path)
    quantize.check(int8_path, operators(network))
    facts = {
        "float_accuracy": accuracy(trained, pictures.test_pictures, pictures.test_labels),
        "held_out_accuracy": accuracy(trained, split.held_out_pictures, split.held_out_labels),
        "training": {
            **asdict(plan),
            "pictures": len(split.train_labels),
            "seconds": round(seconds),
        },
        "teacher": lessons.facts,
        **made(),
        "data": data.PACKAGE,
        "data_sha256": data.SHA256,
    }
    (folder / "facts.json").write_text(json.dumps(facts, indent=2) + "\n")


def accuracy(model: nn.Module, pictures: np.ndarray, labels: np.ndarray) -> float:
    """Return the rounded percentage of uint8 [N, 32, 32, C] that `model` classifies right."""
    return round(train.accuracy(model, pictures, labels), 2)


def main() -> None:
    """Parse the arguments and run."""
    parser = stages_parser(NETWORKS)
    parser.add_argument("--data", type=Path)
    args = parser.parse_args()
    try:
        pictures = data.load(args.cache, args.data)
        run(args.name, args.cache, pictures, args.seed, args.epochs, args.threads)
    except (data.DataError, quantize.QuantizeError) as error:
        raise SystemExit(f"recipe: {plain(str(error))}") from None


if __name__ == "__main__":
    main()
