"""What an epoch shows of the words, and how often a network is right; no fitting here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from models.keywords.data import Words
from models.keywords.family import BANDS, FRAMES, SILENCE
from models.training.fit import Plan

MEAN, DEVIATION = 96.0, 48.0  # Of the features, rounded.
SHIFT = 10  # Frames by which a word moves, at most, each way.
GAIN = 14.0  # Of 256, added to or taken from all features: 6 dB.
NOISY = 0.2  # The share of the examples with noise added,
QUIETER = 90.0  # by so much of 256 below what it is, at most: 39 dB.
LOGARITHM = 10.0  # Features are so many times the natural logarithm of an energy.
BLANKED = (12, 6)  # Most frames and bands blanked: Park et al., "SpecAugment", 2019.
TEST_BATCH = 500
VIEWS_SEED = 0  # Of views that repeat: the teacher is asked about them once for all networks.


@dataclass(frozen=True)
class Views:
    """How each of N words is shown: moved, louder or softer, with noise, partly blanked."""

    moves: np.ndarray  # int [N]: frames.
    gains: np.ndarray  # float [N]: added to all features.
    noises: np.ndarray  # int [N]: the example whose energies are added,
    quieter: np.ndarray  # float [N]: this much below what they are; infinite: not at all.
    blanked: np.ndarray  # int [N, 4]: first frame and frames, first band and bands.


class Spoken:
    """The training words as a Lesson; rarer labels are drawn more often than their share.

    `teacher(v)` gives the logits float [N, classes] of view `v` of all training words.
    """

    def __init__(self, words: Words, teacher: Callable[[int], np.ndarray] | None = None) -> None:
        self.words, self.teacher = words, teacher
        self.count = len(words.train_labels)
        self.labels = torch.from_numpy(words.train_labels.astype(np.int64))
        self.shown = torch.from_numpy(words.train[..., 0])
        counts = np.bincount(words.train_labels, minlength=len(words.labels))
        share = 1.0 / np.sqrt(counts)[words.train_labels]
        self.share = share / share.sum()
        silent = [words.labels.index(SILENCE)] if SILENCE in words.labels else []
        self.noises = np.flatnonzero(np.isin(words.train_labels, silent))

    def batches(self, plan: Plan, epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
        """Yield words drawn with replacement, each as the epoch's view shows it."""
        view = epoch % plan.views if plan.views else epoch
        views = repeated_view(self, view) if plan.views else draw_views(self, plan.seed, view)
        logits = torch.from_numpy(self.teacher(view)) if self.teacher else None
        draw = np.random.default_rng([plan.seed, 2, epoch])
        order = draw.choice(self.count, self.count, p=self.share)
        for start in range(0, self.count - plan.batch + 1, plan.batch):
            indices = order[start : start + plan.batch]
            wanted = None if logits is None else logits[indices]
            yield self.take(views, indices), self.labels[indices], wanted

    def take(self, views: Views, indices: np.ndarray) -> Tensor:
        """Return the words at `indices` as shown: float [n, 1, 98, 40], normalized."""
        noise = self.shown[views.noises[indices]]
        shown = add_noise(self.shown[indices].float(), noise, views.quieter[indices])
        shown = move(shown, views.moves[indices], views.gains[indices])
        return normalized(blank(shown, views.blanked[indices])[:, None])

    def judge(self, model: nn.Module) -> float:
        """Return the percentage of the held out words that `model` classifies right."""
        return accuracy(model, self.words.held_out, self.words.held_out_labels)


def draw_views(spoken: Spoken, seed: int, epoch: int) -> Views:
    """Draw how all words are shown, the same for the same seed and epoch."""
    draw, count = np.random.default_rng([seed, 1, epoch]), spoken.count
    quieter = draw.uniform(0, QUIETER, count)
    quieter[draw.random(count) >= (NOISY if len(spoken.noises) else 0)] = np.inf
    sides, most = np.array((FRAMES, BANDS)), np.array(BLANKED)
    sizes = draw.integers(0, most + 1, (count, 2))
    starts = (draw.random((count, 2)) * (sides - sizes)).astype(np.int64)
    return Views(
        moves=draw.integers(-SHIFT, SHIFT + 1, count),
        gains=draw.uniform(-GAIN, GAIN, count),
        noises=draw.choice(spoken.noises if len(spoken.noises) else 1, count),
        quieter=quieter,
        blanked=np.stack((starts, sizes), axis=2).reshape(count, 4),
    )


def repeated_view(spoken: Spoken, view: int) -> Views:
    """Return what view `view` shows of all words, the same for every network."""
    return draw_views(spoken, VIEWS_SEED, view)


def add_noise(shown: Tensor, noise: Tensor, quieter: np.ndarray) -> Tensor:
    """Add the energies of `noise`, made `quieter` [n], to those of float [n, 98, 40]."""
    noise = noise.float() - torch.from_numpy(quieter).float()[:, None, None]
    return torch.logaddexp(shown / LOGARITHM, noise / LOGARITHM) * LOGARITHM


def move(shown: Tensor, moves: np.ndarray, gains: np.ndarray) -> Tensor:
    """Move float [n, 98, 40] in time, the edge repeated, and change its loudness."""
    frames = torch.arange(FRAMES) + torch.from_numpy(moves)[:, None]
    rows = torch.arange(len(shown))[:, None]
    gain = torch.from_numpy(gains).float()[:, None, None]
    return (shown[rows, frames.clamp(0, FRAMES - 1)] + gain).clamp(0, 255)


def blank(shown: Tensor, blanked: np.ndarray) -> Tensor:
    """Set some frames and bands of float [n, 98, 40] to the mean."""
    for side, (start, size) in zip((FRAMES, BANDS), (blanked.T[:2], blanked.T[2:]), strict=True):
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
