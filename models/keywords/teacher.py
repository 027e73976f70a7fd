"""The teacher: two networks, one too large for a board, whose logits the small ones learn from.

One is wide and convolutional, as that of models/cifar10, the other a recurrent one of the family;
both learn from the labels alone. Their mean is right more often than either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.keywords import network, train
from models.keywords.data import Words
from models.keywords.family import NETWORKS, batch, enough
from models.training.fit import Plan, fit, has_bfloat16, logits
from models.training.lessons import Lessons

STEM, WIDTHS, DROPPED = 32, (48, 96), 0.3
RECURRENT = NETWORKS["crnn-m"]
SEED, SMOOTHED = 1, 0.1


class Wide(nn.Module):
    """Takes features float [N, 1, 98, 40], made by `train.normalized`; gives logits
    [N, classes]."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = Layer(1, STEM, 5, stride=2)
        self.blocks = nn.ModuleList(
            nn.ModuleList((Layer(before, after, 3), Layer(after, after, 3)))
            for before, after in zip((STEM, *WIDTHS), WIDTHS, strict=False)
        )
        self.classify = nn.Linear(2 * WIDTHS[-1], classes)

    def forward(self, shown: Tensor) -> Tensor:
        values = self.stem(shown)
        for first, second in self.blocks:
            values = first(functional.max_pool2d(values, 2))
            values = values + second(values)
        values = torch.cat((values.mean((2, 3)), values.amax((2, 3))), 1)
        return self.classify(functional.dropout(values, DROPPED, self.training))


class Layer(nn.Module):
    """A convolution that keeps the sides, but for a stride, with normalization and ReLU."""

    def __init__(self, before: int, after: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, size, stride, size // 2, bias=False)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, values: Tensor) -> Tensor:
        return functional.relu(self.norm(self.convolution(values)))


class Mean(nn.Module):
    """The mean of what networks say."""

    def __init__(self, networks: list[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, shown: Tensor) -> Tensor:
        said = [network(shown) for network in self.networks]
        return torch.stack(said).mean(0)


def learn(words: Words, threads: int, cache: Path) -> Lessons:
    """Return the lessons of the teachers in `cache`, after training those that are not there."""
    count, classes = len(words.train_labels), len(words.labels)
    plan = Plan(
        *(enough(20, count), SEED, threads, 2e-3, 5e-2),
        batch=batch(count),
        average=0.998,
        smoothed=SMOOTHED,
        optimizer="adamw",
        bfloat16=has_bfloat16(),
    )
    recurrent = replace(
        plan,
        epochs=enough(RECURRENT.epochs, count),
        rate=RECURRENT.rate,
        decay=RECURRENT.decay,
        average=RECURRENT.average,
    )
    spoken, teachers, facts, digest = train.Spoken(words), [], {}, hashlib.sha256()
    for name, made, chosen in (
        ("wide", lambda: Wide(classes), plan),
        ("recurrent", lambda: network.Trained(replace(RECURRENT, classes=classes)), recurrent),
    ):
        torch.manual_seed(SEED)
        trained, seconds = fit(made(), chosen, spoken, cache / f"teacher-{name}.pt")
        right = spoken.judge(trained)
        teachers.append(trained)
        facts[name] = {
            **asdict(chosen),
            "seconds": round(seconds),
            "held_out_accuracy": round(right, 2),
        }
        for value in trained.state_dict().values():
            digest.update(value.numpy().tobytes())
    both = train.accuracy(Mean(teachers), words.held_out, words.held_out_labels)
    facts["held_out_accuracy"] = round(both, 2)
    folder = cache / f"teacher-{digest.hexdigest()[:12]}"
    return Lessons(facts, folder, count, classes, asking(Mean(teachers).eval(), spoken))


def asking(
    teacher: nn.Module, spoken: train.Spoken
) -> Callable[[int], Callable[[np.ndarray], np.ndarray]]:
    """Return `ask` of Lessons, of train.repeated_view."""

    def ask(view: int) -> Callable[[np.ndarray], np.ndarray]:
        views = train.repeated_view(spoken, view)
        return lambda indices: logits(teacher, spoken.take(views, indices))

    return ask
