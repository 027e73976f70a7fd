"""What an epoch shows of CIFAR-10, and how often a network is right; no fitting here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from models.cifar10.data import Split
from models.training.fit import Plan

MEAN, DEVIATION = 120.0, 64.0  # Of CIFAR-10's pixels, rounded; one value for all colours.
SHIFT = 4  # Pictures move by up to this many pixels each way.
TEST_BATCH = 500
VIEWS_SEED = 0  # Of views that repeat: the teacher is asked about them once for all networks.


@dataclass(frozen=True)
class Views:
    """What one epoch shows: offsets uint8 [N, 2] of the crop and mirrored bool [N]."""

    offsets: np.ndarray
    mirrored: np.ndarray


class Pictures:
    """The training pictures of `split` as a Lesson.

    `teacher(v)` gives the logits float [N, 10] of view `v` of all training pictures.
    """

    def __init__(self, split: Split, teacher: Callable[[int], np.ndarray] | None = None) -> None:
        self.split, self.teacher = split, teacher
        self.count = len(split.train_labels)
        self.labels = torch.from_numpy(split.train_labels.astype(np.int64))
        self.padded = pad(split.train_pictures)

    def batches(self, plan: Plan, epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
        """Yield the epoch's pictures, moved and mirrored, in a drawn order."""
        view = epoch % plan.views if plan.views else epoch
        shown = (
            repeated_view(self.count, view)
            if plan.views
            else draw_views(self.count, plan.seed, view)
        )
        logits = torch.from_numpy(self.teacher(view)) if self.teacher else None
        order = np.random.default_rng([plan.seed, 2, epoch]).permutation(self.count)
        for start in range(0, self.count - plan.batch + 1, plan.batch):
            indices = order[start : start + plan.batch]
            wanted = None if logits is None else logits[indices]
            yield normalized(take(self.padded, shown, indices)), self.labels[indices], wanted

    def judge(self, model: nn.Module) -> float:
        """Return the percentage of the held out pictures that `model` classifies right."""
        return accuracy(model, self.split.held_out_pictures, self.split.held_out_labels)


def draw_views(count: int, seed: int, epoch: int) -> Views:
    """Draw the crop and mirroring of `count` pictures, the same for the same seed and epoch."""
    draw = np.random.default_rng([seed, 1, epoch])
    return Views(draw.integers(0, 2 * SHIFT + 1, (count, 2)), draw.random(count) < 0.5)


def repeated_view(count: int, view: int) -> Views:
    """Return what view `view` shows of `count` pictures; odd ones mirror the view before."""
    shown = draw_views(count, VIEWS_SEED, view // 2)
    return replace(shown, mirrored=shown.mirrored ^ bool(view % 2))


def pad(pictures: np.ndarray) -> np.ndarray:
    """Widen uint8 [N, 32, 32, C] by SHIFT reflected pixels on each side, for `take`."""
    return np.pad(pictures, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="reflect")


def take(padded: np.ndarray, shown: Views, indices: np.ndarray) -> np.ndarray:
    """Return the pictures at `indices`, cropped and mirrored: uint8 [n, 32, 32, C]."""
    batch = np.empty((len(indices), 32, 32, padded.shape[3]), np.uint8)
    for row, index in enumerate(indices):
        top, left = shown.offsets[index]
        picture = padded[index, top : top + 32, left : left + 32]
        batch[row] = picture[:, ::-1] if shown.mirrored[index] else picture
    return batch


def normalized(pictures: np.ndarray) -> Tensor:
    """Turn uint8 [N, 32, 32, C] into what the networks train on: float [N, C, 32, 32]."""
    values = torch.tensor(pictures).permute(0, 3, 1, 2)  # Channels stay last in memory.
    return (values.float() - MEAN) / DEVIATION


@torch.no_grad()
def accuracy(model: nn.Module, pictures: np.ndarray, labels: np.ndarray) -> float:
    """Return the percentage of uint8 [N, 32, 32, C] that `model` classifies right."""
    model.eval()
    right = 0
    for start in range(0, len(pictures), TEST_BATCH):
        logits = model(normalized(pictures[start : start + TEST_BATCH]))
        right += int((logits.argmax(1).numpy() == labels[start : start + TEST_BATCH]).sum())
    return 100.0 * right / len(pictures)
