"""Misses and false accepts of a stream, threshold by threshold, from one pass of the network."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from host_tools.stream.made import LATE_SECONDS, RATIOS, Clip

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)
MOST_AN_HOUR = 1.0


@dataclass(frozen=True)
class Heard:
    """A word that was heard, by its output, and the sample until which it took."""

    end: int
    word: int


@dataclass(frozen=True)
class Scores:
    """Smoothed scores [results, outputs] and each result's last sample, [results]."""

    ends: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Point:
    """At one threshold: missed and placed words by ratio, and false accepts by where they were."""

    threshold: float
    missed: dict[int | None, int]
    placed: dict[int | None, int]
    false_accepts: dict[str, int]
    hours: float

    def misses(self, ratio: int | None) -> float | None:
        """Percent at a ratio, None where no word was."""
        placed = self.placed[ratio]
        return 100 * self.missed[ratio] / placed if placed else None

    def all_misses(self) -> float:
        return 100 * sum(self.missed.values()) / max(1, sum(self.placed.values()))

    def an_hour(self) -> float:
        return sum(self.false_accepts.values()) / self.hours


def replay(
    scores: Scores, words: Sequence[int], threshold: float, hysteresis: float, refractory: int
) -> list[Heard]:
    """What the listener decides (firmware_module/audio/ink_listener.c), in the same floats.

    `words` are the outputs that count, `refractory` is in results.
    """
    least = float(np.float32(threshold))
    released = float(np.float32(threshold) - np.float32(hysteresis))
    counted = scores.scores[:, list(words)]
    best = np.asarray(words)[counted.argmax(axis=1)].tolist()
    highest = counted.max(axis=1).tolist()
    rows = scores.scores.tolist()
    heard = []
    held, resting = None, 0
    for i, word in enumerate(best):
        if held is not None and rows[i][held] < released:
            held = None
        if resting:
            resting -= 1
        elif word != held and highest[i] >= least:
            heard.append(Heard(int(scores.ends[i]), word))
            held, resting = word, refractory
    return heard


class Judge:
    """Says of words in the order in which they are heard which are right.

    Each word is heard once, within its clip or the second after it; all else is false.
    """

    def __init__(self, clips: Sequence[Clip], rate: int) -> None:
        self._clips = clips
        self._starts = [clip.start for clip in clips]
        self._late = LATE_SECONDS * rate
        self.right: set[int] = set()

    def judge(self, one: Heard) -> tuple[Clip | None, bool]:
        """The clip that it was heard in, None for noise, and whether it is right."""
        index = bisect.bisect_right(self._starts, one.end) - 1
        if index < 0 or one.end > self._clips[index].end + self._late:
            return None, False
        clip = self._clips[index]
        right = clip.word == one.word and index not in self.right
        if right:
            self.right.add(index)
        return clip, right


def count(
    clips: Sequence[Clip], heard: Sequence[Heard], threshold: float, rate: int, samples: int
) -> Point:
    """Counts what is missed and what is false, by Judge's rule."""
    placed: dict[int | None, int] = dict.fromkeys(RATIOS, 0)
    for clip in clips:
        placed[clip.ratio] += clip.word is not None
    missed = dict(placed)
    false = {"words": 0, "other_words": 0, "noise": 0}
    judge = Judge(clips, rate)
    for one in heard:
        where, right = judge.judge(one)
        if where is None:
            false["noise"] += 1
        elif right:
            missed[where.ratio] -= 1
        else:
            false["other_words" if where.word is None else "words"] += 1
    return Point(threshold, missed, placed, false, samples / rate / 3600)


def suggested(points: Sequence[Point]) -> Point:
    """The fewest misses with at most one false accept an hour, or else the fewest of these."""
    fit = [point for point in points if point.an_hour() <= MOST_AN_HOUR]
    if fit:
        return min(fit, key=lambda point: (point.all_misses(), point.threshold))
    return min(points, key=lambda point: (point.an_hour(), point.all_misses()))
