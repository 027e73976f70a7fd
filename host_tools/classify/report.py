"""What `host_tools classify` says of its pictures: lines, a summary in 80 columns, and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.classify.results import Results, interval
from host_tools.text import plain

WIDTH = 80
LONGEST = 20
PAIRS = 10


@dataclass(frozen=True)
class Report:
    """The pictures that could be read, with `scores` [N, classes]; `skipped` has a sentence each.

    `truths` [N] are their classes and `results` what comes of them, where folders name them.
    """

    network: str
    on: str
    names: Sequence[str]
    files: Sequence[str]
    scores: npt.NDArray[np.float64]
    skipped: Sequence[str]
    top: int
    truths: npt.NDArray[np.int64] | None = None
    results: Results | None = None

    def right_in_top(self) -> int:
        """How many pictures have their class among the `top` best."""
        assert self.truths is not None
        best = np.array([order(scores)[: self.top] for scores in self.scores])
        return int((best == self.truths[:, np.newaxis]).any(1).sum())


def order(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The classes, best first; of equal ones the first comes first, as on the board."""
    return np.argsort(-scores, kind="stable")


def line(file: str, scores: npt.NDArray[np.float64], names: Sequence[str], top: int) -> str:
    """Label and score of the `top` best, and the file."""
    width = min(LONGEST, max(len(name) for name in names))
    best = order(scores)[:top]
    cells = [f"{names[index]:<{width}} {scores[index]:.2f}" for index in best]
    return f"{'  '.join(cells)}  {plain(file)}"


def summary(report: Report) -> str:
    """Accuracy, confusion and the worst mistakes, of pictures whose classes are known."""
    results, names = report.results, report.names
    assert results is not None
    low, high = interval(results.right, results.count)
    lines = [
        f"accuracy: {_share(results.right, results.count)} of {results.count:,} pictures "
        f"({results.right:,} right)",
        f"on new pictures of this kind expect {100 * low:.1f} to {100 * high:.1f} %",
    ]
    if report.top > 1:
        lines.append(
            f"among the best {report.top}: {_share(report.right_in_top(), results.count)}"
        )
    lines += ["", *_confusion(results, names)]
    if results.worst:
        lines += ["", "the worst mistakes, with what the right class scored:"]
    for one in results.worst:
        lines += [
            f"  {one.score:.2f} against {one.right_score:.2f}: {_short(names[one.label])}, taken "
            f"for {_short(names[one.answer])}",
            f"    {plain(report.files[one.index])}",
        ]
    return "\n".join(lines)


def occurring(results: Results) -> list[int]:
    """The classes that have pictures or were answered."""
    counts = results.confusion.sum(0) + results.confusion.sum(1)
    return np.flatnonzero(counts).tolist()


def pairs(results: Results) -> list[tuple[int, int, int]]:
    """How often which class was taken for which other: the most frequent first."""
    wrong = results.confusion - np.diag(np.diag(results.confusion))
    places = np.argsort(-wrong, axis=None, kind="stable")[:PAIRS]
    rows, columns = np.unravel_index(places, wrong.shape)
    found = [(int(wrong[r, c]), int(r), int(c)) for r, c in zip(rows, columns, strict=True)]
    return [pair for pair in found if pair[0]]


def _confusion(results: Results, names: Sequence[str]) -> list[str]:
    """The matrix, or the pairs taken for each other most often where it is too wide."""
    shown = occurring(results)
    matrix = results.confusion[np.ix_(shown, shown)]
    digits = len(str(shown[-1]))
    labels = [f"{k:>{digits}} {_short(names[k])}" for k in shown]
    left = max(len("taken for"), *map(len, labels))
    column = 1 + max(len(f"{matrix.max()}"), digits, 2)
    if left + column * len(shown) + len("  100.0 %") > WIDTH:
        lines = [f"{len(shown)} classes; most often taken for another:"]
        return lines + [
            f"  {count:,} times {_short(names[label])}, taken for {_short(names[answer])}"
            for count, label, answer in pairs(results)
        ]
    header = "".join(f"{k:>{column}}" for k in shown)
    lines = [f"{'taken for':<{left}}{header}    right"]
    for k, label, row in zip(shown, labels, matrix, strict=True):
        cells = "".join(f"{count or '.':>{column}}" for count in row)
        right, count = int(results.confusion[k, k]), int(row.sum())
        lines.append(f"{label:<{left}}{cells}  {_share(right, count) if count else '':>7}")
    return lines


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."


def _share(right: int, count: int) -> str:
    return f"{100 * right / count:.1f} %"


def as_json(report: Report) -> dict[str, Any]:
    """The same as a document; shares are of 0 to 1."""
    entries: list[dict[str, Any]] = []
    for number, (file, scores) in enumerate(zip(report.files, report.scores, strict=True)):
        best = [
            {"class": int(k), "label": report.names[k], "score": float(scores[k])}
            for k in order(scores)[: report.top]
        ]
        entry: dict[str, Any] = {"file": file, "top": best}
        if report.truths is not None:
            truth = int(report.truths[number])
            entry |= {"truth": report.names[truth], "right": best[0]["class"] == truth}
        entries.append(entry)
    document: dict[str, Any] = {
        "network": report.network,
        "on": report.on,
        "pictures": entries,
        "skipped": list(report.skipped),
    }
    if report.results is None:
        return document
    results = report.results
    return document | {
        "count": results.count,
        "right": results.right,
        "right_in_top": report.right_in_top(),
        "accuracy": results.right / results.count,
        "at_work": list(interval(results.right, results.count)),
        "classes": list(report.names),
        "confusion": results.confusion.tolist(),
        "worst": [
            {
                "file": report.files[one.index],
                "truth": report.names[one.label],
                "answer": report.names[one.answer],
                "score": one.score,
                "right_score": one.right_score,
            }
            for one in results.worst
        ],
    }
