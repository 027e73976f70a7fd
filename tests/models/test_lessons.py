"""A teacher is asked once about each view, whatever networks learn from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.training.lessons import BATCH, Lessons

COUNT, CLASSES = 2 * BATCH + 3, 4


class Teacher:
    """Says of example i of a view what its logits are; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int, int]] = []
        self.fails = False

    def ask(self, view: int) -> Callable[[np.ndarray], np.ndarray]:
        def say(indices: np.ndarray) -> np.ndarray:
            if self.fails and indices[0]:
                raise KeyboardInterrupt
            self.asked.append((view, int(indices[0]), len(indices)))
            return logits(view)[indices]

        return say


def logits(view: int) -> np.ndarray:
    return np.arange(COUNT * CLASSES).reshape(COUNT, CLASSES) / 3 + view


def test_each_view_is_asked_about_once_in_batches_and_kept(tmp_path: Path) -> None:
    teacher = Teacher()
    for _ in range(2):  # of two networks
        lessons = Lessons({}, tmp_path / "teacher", COUNT, CLASSES, teacher.ask)
        for view in (0, 3):
            found = lessons(view)
            assert found.dtype == np.float32
            assert (found == logits(view).astype(np.float16)).all()
    batches = [(0, BATCH), (BATCH, BATCH), (2 * BATCH, 3)]
    assert teacher.asked == [(view, *batch) for view in (0, 3) for batch in batches]


def test_views_that_are_alike_share_what_is_said(tmp_path: Path) -> None:
    teacher = Teacher()
    lessons = Lessons({}, tmp_path, COUNT, CLASSES, teacher.ask, alike=2)
    assert (lessons(5) == lessons(4)).all() and (lessons(6) != lessons(5)).any()
    assert [view for view, start, _ in teacher.asked if start == 0] == [5, 6]


def test_what_was_broken_off_is_asked_anew(tmp_path: Path) -> None:
    teacher = Teacher()
    lessons = Lessons({}, tmp_path, COUNT, CLASSES, teacher.ask)
    teacher.fails = True
    with pytest.raises(KeyboardInterrupt):
        lessons(1)
    assert not [*tmp_path.iterdir()]
    teacher.fails = False
    assert (lessons(1) == logits(1).astype(np.float16)).all()
    assert [path.name for path in tmp_path.iterdir()] == ["views-1.npy"]
