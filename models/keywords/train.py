"""What an epoch shows of the words, and how often a network is right; no fitting here."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from models.keywords.data import Words
from models.keywords.family import BANDS, FRAMES, LABELS
from models.training.fit import Plan

MEAN, DEVIATION = 96.0, 48.0  # Of the features, rounded.
SHIFT = 10  # Frames by which a word moves, at most, each way.
GAIN = 14.0  # Of 256, added to or taken from all features: 6 dB.
NOISY = 0.2  # The share of the examples with noise added,
QUIETER = 90.0  # by so much of 256 below what it is, at most: 39 dB.
LOGARITHM = 10.0  # Features are so many times the natural logarithm of an energy.
BLANKED = (12, 6)  # Most frames and bands blanked: Park et al., "SpecAugment", 2019.
TEST_BATCH = 500


class Spoken:
    """The training words as a Lesson; rarer labels are drawn more often than their share."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.count = len(words.train_labels)
        self.labels = torch.from_numpy(words.train_labels.astype(np.int64))
        self.shown = torch.from_numpy(words.train[..., 0])
        counts = np.bincount(words.train_labels, minlength=len(LABELS))
        share = 1.0 / np.sqrt(counts)[words.train_labels]
        self.share = share / share.sum()
        self.noises = np.flatnonzero(words.train_labels == LABELS.index("silence"))

    def batches(self, plan: Plan, epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
        """Yield words drawn with replacement: moved, louder or softer, noisy, partly blanked."""
        draw = np.random.default_rng([plan.seed, epoch])
        order = draw.choice(self.count, self.count, p=self.share)
        for start in range(0, self.count - plan.batch + 1, plan.batch):
            indices = order[start : start + plan.batch]
            shown = self.shown[indices].float()
            shown = add_noise(shown, self.shown[draw.choice(self.noises, plan.batch)], draw)
            yield normalized(blank(move(shown, draw), draw)[:, None]), self.labels[indices], None

    def judge(self, model: nn.Module) -> float:
        """Return the percentage of the held out words that `model` classifies right."""
        return accuracy(model, self.words.held_out, self.words.held_out_labels)


def add_noise(shown: Tensor, noise: Tensor, draw: np.random.Generator) -> Tensor:
    """Add the energies of `noise`, made quieter, to some of float [n, 98, 40]."""
    quieter = torch.from_numpy(draw.uniform(0, QUIETER, len(shown))).float()
    quieter[torch.from_numpy(draw.random(len(shown)) >= NOISY)] = 1000.0
    noise = noise.float() - quieter[:, None, None]
    return torch.logaddexp(shown / LOGARITHM, noise / LOGARITHM) * LOGARITHM


def move(shown: Tensor, draw: np.random.Generator) -> Tensor:
    """Move float [n, 98, 40] in time, the edge repeated, and change its loudness."""
    frames = torch.arange(FRAMES) + torch.from_numpy(
        draw.integers(-SHIFT, SHIFT + 1, (len(shown), 1))
    )
    rows = torch.arange(len(shown))[:, None]
    gain = torch.from_numpy(draw.uniform(-GAIN, GAIN, len(shown))).float()
    return (shown[rows, frames.clamp(0, FRAMES - 1)] + gain[:, None, None]).clamp(0, 255)


def blank(shown: Tensor, draw: np.random.Generator) -> Tensor:
    """Set some frames and bands of float [n, 98, 40] to the mean."""
    count = len(shown)
    for side, most in zip((FRAMES, BANDS), BLANKED, strict=True):
        size = draw.integers(0, most + 1, count)
        start = (draw.random(count) * (side - size)).astype(np.int64)
        places = np.arange(side)
        hit = (places >= start[:, None]) & (places < (start + size)[:, None])
        mask = torch.from_numpy(hit)
        mask = mask[:, :, None] if side == FRAMES else mask[:, None, :]
        shown = torch.where(mask, torch.tensor(MEAN), shown)
    return shown


def normalized(shown: Tensor) -> Tensor:
    """Turn features 0 to 255 into what the networks train on."""
    return (shown - MEAN) / DEVIATION


@torch.no_grad()
def accuracy(model: nn.Module, shown: np.ndarray, labels: np.ndarray) -> float:
    """Return the percentage of uint8 [N, 98, 40, 1] that `model` classifies right."""
    model.eval()
    right = 0
    for start in range(0, len(shown), TEST_BATCH):
        values = torch.from_numpy(shown[start : start + TEST_BATCH]).float().permute(0, 3, 1, 2)
        found = model(normalized(values)).argmax(1).numpy()
        right += int((found == labels[start : start + TEST_BATCH]).sum())
    return 100.0 * right / len(shown)
