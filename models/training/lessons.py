"""What a teacher says to views of the training examples, computed once for all networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

BATCH = 500


@dataclass(frozen=True)
class Lessons:
    """The logits of a teacher to each view of `count` examples, kept in `folder`.

    `ask(view)` gives a function from indices to logits float [n, classes] of the examples there
    as the view shows them. `alike` views in a row have the same.
    """

    facts: dict[str, Any]  # What a card says about the teacher.
    folder: Path
    count: int
    classes: int
    ask: Callable[[int], Callable[[np.ndarray], np.ndarray]]
    alike: int = 1

    def __call__(self, view: int) -> np.ndarray:
        """Return the logits float32 [count, classes] of a view, rounded to float16."""
        path = self.folder / f"views-{view // self.alike}.npy"
        if not path.exists():
            say = self.ask(view)
            found = np.empty((self.count, self.classes), np.float16)
            for start in range(0, self.count, BATCH):
                indices = np.arange(start, min(start + BATCH, self.count))
                found[indices] = say(indices)
            self.folder.mkdir(exist_ok=True)
            partial = path.with_suffix(".partial.npy")
            np.save(partial, found)
            partial.replace(path)
        return np.load(path).astype(np.float32)
