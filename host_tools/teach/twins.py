"""Pictures that are nearly the same, which teach nothing new and must not judge each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.teach.folder import Pictures

SIDE = 16
# the root of the mean squared difference of grey pixels, of 0 to 255, below which two are twins
NEAR = 3.0
PIECE = 512


def twins(pictures: Pictures) -> npt.NDArray[np.int64]:
    """The group of each picture, [N]: twins share one, and so do twins of twins."""
    grey = _grey(pictures)
    order = np.argsort(grey.mean(1), kind="stable")
    grey = grey[order]
    means, squares = grey.mean(1), (grey**2).sum(1)
    parent = np.arange(len(grey))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = int(parent[index])
        return index

    for start in range(0, len(grey), PIECE):
        part = grey[start : start + PIECE]
        # the means of twins differ by less than their pixels
        end = int(np.searchsorted(means, means[start + len(part) - 1] + NEAR))
        others = grey[start:end]
        distances = squares[start : start + len(part), None] + squares[start:end]
        distances -= 2 * part @ others.T
        for a, b in np.argwhere(distances <= NEAR**2 * SIDE**2):
            if a < b:
                parent[root(start + int(b))] = root(start + int(a))
    groups = np.empty(len(grey), np.int64)
    groups[order] = [root(index) for index in range(len(grey))]
    return groups


def _grey(pictures: Pictures) -> npt.NDArray[np.float64]:
    """Small grey versions, [N, SIDE * SIDE]."""
    count, height, width, channels = pictures.wide.shape
    rows = np.arange(SIDE + 1) * height // SIDE
    columns = np.arange(SIDE + 1) * width // SIDE
    sums = pictures.wide.mean(3).cumsum(1).cumsum(2)
    sums = np.pad(sums, ((0, 0), (1, 0), (1, 0)))[:, rows][:, :, columns]
    boxes = np.diff(np.diff(sums, axis=1), axis=2)
    areas = np.diff(rows)[:, None] * np.diff(columns)
    return (boxes / areas).reshape(count, -1)


def warnings(pictures: Pictures, groups: npt.NDArray[np.int64]) -> list[str]:
    """A sentence for each class with twins, and for pictures that two classes have."""
    found = []
    for number, name in enumerate(pictures.names):
        own = np.flatnonzero(pictures.labels == number)
        _, first, counts = np.unique(groups[own], return_index=True, return_counts=True)
        spare = len(own) - len(counts)
        if spare:
            group = own[groups[own] == groups[own[first[counts.argmax()]]]]
            a, b = (pictures.files[index].name for index in group[:2])
            found.append(
                f"{spare} of the {len(own)} pictures of {name} are nearly the same as another, "
                f"such as {a} and {b}: they teach nothing new; move the camera or the thing"
            )
    order = np.argsort(groups, kind="stable")
    for a, b in zip(order[:-1], order[1:], strict=True):
        if groups[a] == groups[b] and pictures.labels[a] != pictures.labels[b]:
            found.append(
                f"{pictures.files[a]} and {pictures.files[b]} are nearly the same, but of "
                "different classes: remove the wrong one"
            )
    return found
