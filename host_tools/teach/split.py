"""Which pictures the network learns from, and which it is judged by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.teach.folder import FEW, Pictures

SHARE = 0.2
UNBALANCED = 4


def hold_out(
    pictures: Pictures, groups: npt.NDArray[np.int64], seed: int
) -> npt.NDArray[np.bool_]:
    """Which pictures are held out, [N]: a fifth of each class, one at least.

    Twins of a class (a group) stay on one side, but where all of a class are twins.
    """
    draw = np.random.default_rng([seed, 0])
    held = np.zeros(len(groups), bool)
    for number in range(len(pictures.names)):
        own = np.flatnonzero(pictures.labels == number)
        wanted = max(1, round(SHARE * len(own)))
        names = draw.permutation(np.unique(groups[own]))
        if len(names) == 1:
            held[own[-wanted:]] = True
            continue
        for name in names:
            group = own[groups[own] == name]
            if held[own].sum() + len(group) <= wanted:
                held[group] = True
        if not held[own].any():
            sizes = [int((groups[own] == name).sum()) for name in names]
            held[own[groups[own] == names[int(np.argmin(sizes))]]] = True
    return held


def warnings(pictures: Pictures) -> list[str]:
    """A sentence where classes have few pictures, or some many more than others."""
    found = []
    counts = pictures.counts()
    few = [f"{n} ({c})" for n, c in zip(pictures.names, counts, strict=True) if c < FEW]
    if few:
        found.append(
            f"few pictures: {', '.join(few)}; {FEW} a class are a start, a hundred are better"
        )
    least, most = int(np.argmin(counts)), int(np.argmax(counts))
    if counts[most] >= UNBALANCED * counts[least]:
        found.append(
            f"{pictures.names[most]} has {counts[most]} pictures and {pictures.names[least]} "
            f"{counts[least]}: each is shown as often in training, so those of the latter many "
            "times; take more of it"
        )
    return found
