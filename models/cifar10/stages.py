"""Data, training, quantization, measurement and card, in that order; recipe.py runs this.

It runs in the training environment and writes cifar10.tflite, labels.txt, card.json and card.md
into a folder. It exits 1 when the network is worse than what the project promises.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import card
import network
import quantize
import torch
import train
from data import LABELS, DataError, load

LEAST_INT8 = 85.0  # Percent of the 10,000 test pictures.
MOST_LOST = 0.3  # Points between float and int8.


def run(cache: Path, folder: Path | None, plan: train.Plan) -> card.Card:
    """Run every stage, write the files into `cache`/out and return the card."""
    data = load(cache, folder)
    out = cache / "out"
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    student = network.Student()
    seconds = train.fit(student, plan, data, cache / "checkpoint.pt")

    float_path, int8_path = cache / "float.tflite", out / "cifar10.tflite"
    quantize.float_model(network.Deployed(student.eval()), float_path)
    pictures = data.train_pictures[: quantize.CALIBRATION_PICTURES]
    quantize.int8_model(float_path, pictures, int8_path)
    quantize.check(int8_path)
    float_right = train.accuracy(student, data.test_pictures, data.test_labels)
    print("measuring the int8 network on the test pictures, some minutes", flush=True)
    int8_right = quantize.int8_accuracy(int8_path, data.test_pictures, data.test_labels)

    result = card.make(int8_path, float_right, int8_right, seconds, asdict(plan))
    (out / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    (out / "card.json").write_text(card.as_json(result))
    (out / "card.md").write_text(card.as_markdown(result))
    return result


def main() -> None:
    """Parse the arguments, run, and judge the result."""
    parser = argparse.ArgumentParser(description="Train, quantize and measure the network.")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    args = parser.parse_args()
    plan = train.Plan(args.epochs, args.seed, args.threads)
    try:
        result = run(args.cache, args.data, plan)
    except (DataError, quantize.QuantizeError) as error:
        raise SystemExit(f"recipe: {error}") from None
    print(f"float {result.float_accuracy:.2f} %, int8 {result.int8_accuracy:.2f} %")
    if result.int8_accuracy < LEAST_INT8:
        raise SystemExit(f"recipe: int8 accuracy is below {LEAST_INT8} %: train more epochs")
    if round(result.float_accuracy - result.int8_accuracy, 2) > MOST_LOST:
        raise SystemExit(f"recipe: int8 lost more than {MOST_LOST} points against float")


if __name__ == "__main__":
    main()
