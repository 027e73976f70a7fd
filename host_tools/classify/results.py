"""How right a network is on pictures of known classes, and its worst mistakes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WORST = 10
# of the normal distribution, for 19 cases of 20
Z = 1.96


@dataclass(frozen=True)
class Mistake:
    """Picture `index` is of class `label`, and was taken for `answer`."""

    index: int
    label: int
    answer: int
    score: float
    right_score: float


@dataclass(frozen=True)
class Results:
    """Of each class (a row), how many were taken for which, and the surest mistakes."""

    confusion: npt.NDArray[np.int64]
    worst: Sequence[Mistake]

    @property
    def right(self) -> int:
        return int(np.trace(self.confusion))

    @property
    def count(self) -> int:
        return int(self.confusion.sum())


def judge(scores: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> Results:
    """Results of `scores` [N, classes] for pictures of classes `labels` [N]."""
    classes = scores.shape[1]
    answers = scores.argmax(1)
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (labels, answers), 1)
    wrong = np.flatnonzero(answers != labels)
    order = wrong[np.argsort(-scores[wrong, answers[wrong]], kind="stable")]
    worst = [
        Mistake(
            int(index),
            int(labels[index]),
            int(answers[index]),
            float(scores[index, answers[index]]),
            float(scores[index, labels[index]]),
        )
        for index in order[:WORST]
    ]
    return Results(confusion, worst)


def interval(right: int, count: int) -> tuple[float, float]:
    """Between which shares, 0 to 1, the true one lies in 19 cases of 20.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    if not count:
        return 0.0, 1.0
    share = right / count
    middle = (share + Z**2 / (2 * count)) / (1 + Z**2 / count)
    reach = math.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2)) * Z
    reach /= 1 + Z**2 / count
    return max(0.0, middle - reach), min(1.0, middle + reach)
