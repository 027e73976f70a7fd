"""What `host_tools teach` says of its work: as text, and as JSON; page.py has the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.classify.results import Results, interval
from host_tools.teach.results import needs_more
from host_tools.text import plain, text_table, wrapped

MADE = "made"


@dataclass(frozen=True)
class Report:
    """All that is told. `learned`: pictures learned from, by class; 0 where they are made.

    `results` are those of int8; `float_right` counts what float32 has right. `files` are the
    pictures held out, "" for made ones, `seen` the same as the network sees them: uint8 [N,
    height, width, channels].
    """

    folder: str
    output: str
    page: str
    trunk: str
    names: Sequence[str]
    learned: Sequence[int]
    results: Results
    float_right: int
    warnings: Sequence[str]
    skipped: Sequence[str]
    blob_bytes: int
    arena_bytes: int
    macs: int
    rounds: int
    seed: int
    seconds: float
    next: str
    files: Sequence[str]
    seen: npt.NDArray[np.uint8]

    def facts(self) -> list[tuple[str, str]]:
        """The rest, as pairs of words."""
        return [
            ("blob", f"{self.output}, {self.blob_bytes:,} bytes of flash"),
            ("arena", f"{self.arena_bytes:,} bytes of RAM"),
            ("multiply-accumulates", f"{self.macs:,}"),
            ("trunk", self.trunk),
            ("training", f"{self.rounds} rounds, seed {self.seed}, {self.seconds:.0f} s in all"),
        ]


def as_json(report: Report) -> dict[str, Any]:
    """The same as a document; shares are of 0 to 1."""
    results = report.results
    rows = results.confusion.tolist()
    first, reason = needs_more(results, report.names)
    return {
        "blob": report.output,
        "page": report.page,
        "trunk": report.trunk,
        "classes": [
            {
                "name": name,
                "learned_from": report.learned[number] or None,
                "held_out": sum(rows[number]),
                "right": rows[number][number],
                "at_work": list(interval(rows[number][number], sum(rows[number]))),
            }
            for number, name in enumerate(report.names)
        ],
        "held_out": results.count,
        "int8_right": results.right,
        "float32_right": report.float_right,
        "at_work": list(interval(results.right, results.count)),
        "confusion": rows,
        "worst": [
            {
                "file": report.files[one.index] or None,
                "class": report.names[one.label],
                "answer": report.names[one.answer],
                "score": one.score,
                "right_score": one.right_score,
            }
            for one in results.worst
        ],
        "needs_more": [report.names[number] for number in first],
        "advice": reason,
        "warnings": list(report.warnings),
        "skipped": list(report.skipped),
        "blob_bytes": report.blob_bytes,
        "arena_bytes": report.arena_bytes,
        "macs": report.macs,
        "rounds": report.rounds,
        "seed": report.seed,
        "seconds": report.seconds,
        "next": report.next,
    }


def as_text(report: Report) -> str:
    """Accuracy, a table of the classes with whom each is taken for, and what comes next."""
    results = report.results
    low, high = interval(results.right, results.count)
    rows = []
    for number, name in enumerate(report.names):
        row = results.confusion[number]
        right, count = int(row[number]), int(row.sum())
        bounds = interval(right, count)
        taken = ", ".join(
            f"{plain(report.names[k])} {row[k]}"
            for k in np.argsort(-row, kind="stable")
            if k != number and row[k]
        )
        learned = report.learned[number]
        rows.append(
            [
                plain(name),
                f"{learned:,}" if learned else MADE,
                f"{count:,}",
                f"{right:,}",
                f"{100 * bounds[0]:.0f} to {100 * bounds[1]:.0f} %",
                taken,
            ]
        )
    header = ["class", "learned from", "held out", "right", "at work", "taken for"]
    width = max(len(name) for name, _ in report.facts())
    return "\n".join(
        [
            f"{report.folder} -> {report.output}, {len(report.names)} classes",
            text_table(header, rows),
            wrapped(
                f"accuracy: {100 * results.right / results.count:.1f} % of {results.count} "
                f"pictures held out ({results.right} right in int8, {report.float_right} in "
                f"float32); on new ones expect {100 * low:.0f} to {100 * high:.0f} %"
            ),
            wrapped(needs_more(results, [plain(name) for name in report.names])[1]),
            *(wrapped(f"  {name:<{width}}  {value}") for name, value in report.facts()),
            f"mistakes and confusion, with pictures: {report.page}",
            f"next: {report.next}",
        ]
    )
