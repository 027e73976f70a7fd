"""Results: confusion, the worst mistakes, how sure they are, which class needs more pictures."""

from __future__ import annotations

import numpy as np
import pytest

from host_tools.classify.results import interval, judge
from host_tools.teach.results import needs_more

NAMES = ["ant", "bee", "cow"]


def test_the_surest_mistakes_come_first() -> None:
    scores = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.0, 0.1, 0.9]])
    results = judge(scores, np.array([0, 1, 1, 2]))
    assert results.confusion.tolist() == [[1, 0, 0], [1, 0, 1], [0, 0, 1]]
    assert (results.right, results.count) == (2, 4)
    assert [(m.index, m.label, m.answer, m.score, m.right_score) for m in results.worst] == [
        (2, 1, 2, 0.8, 0.1), (1, 1, 0, 0.6, 0.3)
    ]  # fmt: skip


def test_only_ten_mistakes_are_kept() -> None:
    scores = np.linspace(0.6, 0.9, 25)
    results = judge(np.stack([1 - scores, scores], 1), np.zeros(25, int))
    assert [round(m.score, 4) for m in results.worst] == [round(s, 4) for s in scores[:14:-1]]


# from the formula's own paper's successors: 95 % of 10, of 1,000, none and all
@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [(8, 10, 0.4901, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_wilsons(right: int, count: int, low: float, high: float) -> None:
    assert interval(right, count) == pytest.approx((low, high), abs=2e-4)


def results_of(rows: list[list[int]]):
    scores, labels = [], []
    for label, row in enumerate(rows):
        for answer, count in enumerate(row):
            scores += [np.eye(len(rows))[answer]] * count
            labels += [label] * count
    return judge(np.array(scores), np.array(labels))


def test_the_class_of_which_least_can_be_promised_needs_more() -> None:
    assert needs_more(results_of([[9, 1, 0], [1, 5, 4], [0, 0, 10]]), NAMES) == (
        [1],
        "bee needs more pictures first: 5 of 10 held out were right, so at work 24 % or more; "
        "most often taken for cow",
    )
    # all right, but seldom asked
    first, text = needs_more(results_of([[3, 0, 0], [0, 20, 0], [0, 0, 20]]), NAMES)
    assert first == [0] and text.endswith("3 of 3 held out were right, so at work 44 % or more")
    first, text = needs_more(results_of([[4, 0], [0, 4]]), NAMES[:2])
    assert first == [0, 1] and text.startswith("every class needs more pictures alike: of each 4")
    first, text = needs_more(results_of([[4, 0, 0], [0, 4, 0], [0, 0, 9]]), NAMES)
    assert first == [0, 1] and text.startswith("ant and bee need more pictures first: of each 4")
