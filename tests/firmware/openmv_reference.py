"""What OpenMV's `ml` makes of a network's outputs, in numpy.

Written from the behaviour of scripts/libraries/ml of github.com/openmv/openmv at commit
cbbb877eda5c (July 2026): boxes are cut to the input, whole pixels of it, sorted out by soft
non-maximum suppression, then scaled to the region of the picture that the network saw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LC_ANCHORS = np.array(
    [
        *((0.076023, 0.258508), (0.163031, 0.413531), (0.234769, 0.702585)),
        *((0.427054, 0.715892), (0.748154, 0.857092)),
    ]
)
V2_ANCHORS = np.array(
    [
        *((0.98830, 3.36060), (2.11940, 5.37590), (3.05200, 9.13360)),
        *((5.55170, 9.30660), (9.72600, 11.1422)),
    ]
)


@dataclass
class Found:
    """Boxes in an input of these sides, as parts of its sides, with scores, labels, points."""

    middle: np.ndarray  # [n, 2]: x, y
    size: np.ndarray  # [n, 2]
    scores: np.ndarray
    labels: np.ndarray
    points: np.ndarray | None = None  # [n, points, 2]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def fomo(output: np.ndarray, threshold: float) -> Found:
    _, rows, columns, classes = output.shape
    cells = output.reshape(-1, classes)
    taken = np.flatnonzero(cells[:, 1:].max(axis=1) > threshold)
    middle = np.stack([(taken % columns + 0.5) / columns, (taken // columns + 0.5) / rows], 1)
    size = np.broadcast_to([1.414214 / columns, 1.414214 / rows], middle.shape)
    cells = cells[taken, 1:]
    return Found(middle, size, cells.max(axis=1), cells.argmax(axis=1) + 1)


def yolo_v2(output: np.ndarray, threshold: float, anchors: np.ndarray) -> Found:
    _, rows, columns, channels = output.shape
    boxes = output.reshape(-1, channels // len(anchors))
    taken = np.flatnonzero(sigmoid(boxes[:, 4]) > threshold)
    boxes = boxes[taken]
    cell, anchor = np.divmod(taken, len(anchors))
    sides = np.array([columns, rows])
    middle = (np.stack([cell % columns, cell // columns], 1) + sigmoid(boxes[:, :2])) / sides
    size = anchors[anchor] * np.exp(boxes[:, 2:4]) / sides
    return Found(middle, size, sigmoid(boxes[:, 4]), boxes[:, 5:].argmax(axis=1))


def yolo_v5(output: np.ndarray, threshold: float) -> Found:
    boxes = output[0][output[0, :, 4] > threshold]
    return Found(boxes[:, :2], boxes[:, 2:4], boxes[:, 4], boxes[:, 5:].argmax(axis=1))


def yolo_v8(output: np.ndarray, threshold: float) -> Found:
    boxes = output[0].T
    boxes = boxes[boxes[:, 4:].max(axis=1) > threshold]
    classes = boxes[:, 4:]
    return Found(boxes[:, :2], boxes[:, 2:4], classes.max(axis=1), classes.argmax(axis=1))


def blaze_face(outputs: list[np.ndarray], threshold: float, sides: tuple[int, int]) -> Found:
    """Of outputs boxes, scores, scores, boxes; anchors are the middles of two grids' cells."""
    scores = np.concatenate([outputs[1].ravel(), outputs[2].ravel()])
    boxes = np.concatenate([outputs[0][0], outputs[3][0]])
    boxes = boxes / np.tile(sides, boxes.shape[1] // 2)
    grids = []
    for cells, depth in ((16, 2), (8, 6)):
        y, x = np.divmod(np.arange(cells * cells * depth) // depth, cells)
        grids.append((np.stack([x, y], 1) + 0.5) / cells)
    taken = sigmoid(scores) > threshold
    anchors, boxes = np.concatenate(grids)[taken], boxes[taken]
    points = boxes[:, 4:].reshape(len(boxes), -1, 2) + anchors[:, None]
    labels = np.zeros(len(boxes), int)
    return Found(boxes[:, :2] + anchors, boxes[:, 2:4], sigmoid(scores[taken]), labels, points)


def sorted_downwards(items: list[int], scores: np.ndarray) -> list[int]:
    """As MicroPython's `sorted(items, key=scores, reverse=True)`: a quicksort that leaves equal
    ones in an order of its own (py/objlist.c of 1.28.0).
    """
    items = list(items)
    parts = [(0, len(items) - 1)]
    while parts:
        head, tail = parts.pop()
        if head >= tail:
            continue
        low, high = head, tail
        pivot = scores[items[tail]]
        while True:
            while low < high and scores[items[low]] >= pivot:
                low += 1
            high -= 1
            while low < high and pivot >= scores[items[high]]:
                high -= 1
            if low >= high:
                break
            items[low], items[high] = items[high], items[low]
            low += 1
        items[low], items[tail] = items[tail], items[low]
        parts += [(head, high), (low + 1, tail)]
    return items


def boxes_of(
    found: Found, sides: tuple[int, int], region: tuple[int, int, int, int], sigma: float = 0.1
) -> list[list[tuple]]:
    """A list a label of ((x, y, width, height), score[, points]), best first; 0.1 is left out."""
    limits = np.array(sides)
    corners = np.stack([found.middle - found.size / 2, found.middle + found.size / 2], 1) * limits
    corners = np.clip(corners, 0, limits)
    sizes = (corners[:, 1] - corners[:, 0]).astype(int)
    starts = corners[:, 0].astype(int)
    scores = found.scores.astype(float).copy()
    left = [i for i in range(len(scores)) if sizes[i].min() > 0 and 0 <= scores[i] <= 1]
    left = sorted_downwards(left, scores)
    scale = np.array(region[2:]) / limits
    kept = []
    while left:
        best = max(left, key=lambda i: scores[i])
        left.remove(best)
        kept.append(best)
        for i in left:
            low = np.maximum(starts[best], starts[i])
            high = np.minimum(starts[best] + sizes[best], starts[i] + sizes[i])
            shared = np.prod(np.maximum(0, high - low))
            overlap = shared / (sizes[best].prod() + sizes[i].prod() - shared)
            scores[i] *= np.exp(-overlap * overlap / sigma)
        left = [i for i in left if scores[i] >= 0.1]
    result: list[list[tuple]] = [[] for _ in range(max(found.labels[kept], default=0) + 1)]
    for i in kept:
        place = (starts[i] * scale + region[:2]).astype(int), (sizes[i] * scale).astype(int)
        entry = [tuple(np.concatenate(place).tolist()), scores[i]]
        if found.points is not None:
            entry.append((found.points[i] * limits * scale + region[:2]).tolist())
        result[found.labels[i]].append(tuple(entry))
    return result
