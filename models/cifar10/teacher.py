"""The teacher: a wide network too large for a board, whose logits the small ones learn from.

Three blocks of 3x3 convolutions behind a fixed whitening layer, after K. Jordan, "94% on CIFAR-10
in 3.29 Seconds on a Single GPU", 2024: the first layer decorrelates patches of 2x2 pixels, and the
first filters of each convolution start as copies of their input. Both make it learn in few epochs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.cifar10 import train
from models.cifar10.data import Split
from models.training.fit import Plan, fit, has_bfloat16, logits
from models.training.lessons import Lessons

WEIGHTS = Path(__file__).with_name("teacher.npz")
WIDTHS = (64, 192, 256)
PATCHES = 12  # Values of a patch: 2x2 pixels of three colours.
WHITENED_PICTURES = 5000
LEAST_VARIANCE = 5e-4  # Keeps the whitening from blowing up noise.
LOGIT_SCALE = 1 / 9
EPOCHS, SEED, RATE, DECAY, AVERAGE = 18, 1, 0.1, 5e-4, 0.99


class Block(nn.Module):
    """Convolution, 2x2 pooling, convolution; each with normalization and GELU."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)
        for convolution in (self.first, self.second):
            nn.init.dirac_(convolution.weight.data[: convolution.in_channels])

    def forward(self, values: Tensor) -> Tensor:
        values = functional.max_pool2d(self.first(values), 2)
        values = functional.gelu(self.first_norm(values))
        return functional.gelu(self.second_norm(self.second(values)))


class Teacher(nn.Module):
    """Takes pictures float [N, 3, 32, 32], made by `train.normalized`; gives logits [N, 10]."""

    def __init__(self) -> None:
        super().__init__()
        self.whiten = nn.Conv2d(3, 2 * PATCHES, 2)
        inputs = (2 * PATCHES, *WIDTHS)
        self.blocks = nn.Sequential(
            *(Block(before, after) for before, after in zip(inputs[:-1], WIDTHS, strict=True))
        )
        self.classify = nn.Linear(WIDTHS[-1], 10, bias=False)

    @torch.no_grad()
    def set_whitening(self, pictures: Tensor) -> None:
        """Set the first layer, for good, from the 2x2 patches of float pictures [N, 3, 32, 32]."""
        patches = pictures.unfold(2, 2, 1).unfold(3, 2, 1).permute(0, 2, 3, 1, 4, 5)
        patches = patches.reshape(-1, PATCHES)
        variances, directions = torch.linalg.eigh(patches.T @ patches / len(patches))
        filters = directions.T / torch.sqrt(variances + LEAST_VARIANCE)[:, None]
        filters = filters.reshape(PATCHES, 3, 2, 2)
        self.whiten.weight.copy_(torch.cat((filters, -filters)))
        self.whiten.weight.requires_grad_(False)
        self.whiten.bias.zero_()

    def forward(self, pictures: Tensor) -> Tensor:
        values = self.blocks(functional.gelu(self.whiten(pictures)))
        return self.classify(functional.max_pool2d(values, 3).flatten(1)) * LOGIT_SCALE


def learn(split: Split, threads: int, cache: Path) -> Lessons:
    """Return the lessons of the committed teacher, or of one trained anew where there is none.

    A new one is written to WEIGHTS, its weights in float16, and its facts beside it.
    """
    if not WEIGHTS.exists():
        train_anew(split, threads, cache)
    teacher = Teacher()
    with np.load(WEIGHTS) as arrays:
        weights = {name: torch.from_numpy(arrays[name]) for name in arrays}
    teacher.load_state_dict(
        {name: v.float() if v.is_floating_point() else v for name, v in weights.items()}
    )
    digest = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    folder = cache / f"teacher-{digest[:12]}"
    facts = json.loads(WEIGHTS.with_suffix(".json").read_text())
    asked = asking(teacher.eval(), split.train_pictures)
    return Lessons(facts, folder, len(split.train_pictures), 10, asked, alike=2)


def asking(
    teacher: nn.Module, pictures: np.ndarray
) -> Callable[[int], Callable[[np.ndarray], np.ndarray]]:
    """Return `ask` of Lessons: the mean of a view's logits and of its mirror image's.

    The mirror image is a view as well, see train.repeated_view.
    """

    def ask(view: int) -> Callable[[np.ndarray], np.ndarray]:
        shown = train.repeated_view(len(pictures), view)
        padded = train.pad(pictures)

        def say(indices: np.ndarray) -> np.ndarray:
            taken = train.normalized(train.take(padded, shown, indices))
            return (logits(teacher, taken) + logits(teacher, taken.flip(3))) / 2

        return say

    return ask


def train_anew(split: Split, threads: int, cache: Path) -> None:
    """Train the teacher and write WEIGHTS and its facts."""
    plan = Plan(
        *(EPOCHS, SEED, threads, RATE, DECAY),
        average=AVERAGE,
        bfloat16=has_bfloat16(),
    )
    torch.manual_seed(SEED)
    teacher = Teacher()
    teacher.set_whitening(train.normalized(split.train_pictures[:WHITENED_PICTURES]))
    trained, seconds = fit(teacher, plan, train.Pictures(split), cache / "teacher.pt")
    right = train.accuracy(trained, split.held_out_pictures, split.held_out_labels)
    write(trained, plan, seconds, right)


def write(trained: nn.Module, plan: Plan, seconds: float, right: float) -> None:
    """Write the teacher's weights and facts; `right` of the held out pictures, in percent."""
    facts = {**asdict(plan), "seconds": round(seconds), "held_out_accuracy": round(right, 2)}
    WEIGHTS.with_suffix(".json").write_text(json.dumps(facts, indent=2) + "\n")
    values = {name: value.numpy() for name, value in trained.state_dict().items()}
    np.savez(
        WEIGHTS,
        **{n: v.astype(np.float16) if v.dtype == np.float32 else v for n, v in values.items()},
    )
