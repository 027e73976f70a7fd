"""Operators with each part of their shape as small and as large as their rules and memory allow.

The ranges of parameters are those of host_tools/verifier/rules.py; how far they go together with
the rest of the layer, the board's verifier says.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

from layers import Operator, Place, settled

from host_tools.blob import layout
from host_tools.kernels import KERNELS
from host_tools.verifier.check import Call, Check, Tensor
from host_tools.verifier.rules import RULES

LARGEST = 1 << 18  # tried of what has no range of its own


def extremes(first: Operator, every: int) -> Iterator[tuple[str, Operator]]:
    """The layer, and with each part of its shape as small and as large as goes, by name; of the
    parts one in `every`, others for other kernels."""
    yield "as it is", first
    ranges = ranges_of(first)
    seen = {first.key()}
    for place in first.places()[len(first.kernel) % every :: every]:
        least, most = ranges.get(str(place[1]), (1, LARGEST))
        least, most = max(least, -LARGEST), min(most, LARGEST)
        for name, found in (
            ("smallest", _towards(first, place, least)),
            ("largest", _towards(first, place, most)),
        ):
            if found is not None and found.key() not in seen:
                seen.add(found.key())
                yield f"{name} {place[0]} {place[1]}", found
    cropped = _cropped(first)
    if cropped is not None:
        yield "a window of one pixel, of which the output has fewer than the input", cropped


def _cropped(first: Operator) -> Operator | None:
    """Windows of one pixel on fewer pixels than there are, where the kernel takes that: Arm's
    kernel for them counts the pixels of the input."""
    changed = copy.deepcopy(first)
    ones = {"kernel_h", "kernel_w", "stride_h", "stride_w", "dilation_h", "dilation_w"}
    ones |= {"channel_factor", "groups"}
    values = {**dict.fromkeys(ones, 1), "pad_top": 0, "pad_left": 0}
    if not {"kernel_h", "stride_h", "pad_top"} <= set(first.params):
        return None
    kept: dict[Place, int] = {}
    for name in first.params.keys() & values.keys():
        kept["param", name] = values[name]
    for axis, (pixels, left) in ((1, (5, 4)), (2, (6, 3))):
        kept["dim", 8 * first.inputs[0] + axis] = pixels
        kept["dim", 8 * (len(first.tensors) - 1) + axis] = left
    for place, value in kept.items():
        changed.set(place, value)
    return settled(changed, kept)


def ranges_of(operator: Operator) -> dict[str, tuple[int, int]]:
    """What the operator's rule allows of each parameter of this layer."""
    found: dict[str, tuple[int, int]] = {}

    class Recorder(Call):
        def parameter(self, name: str, least: int, most: int) -> None:
            before = found.get(name, (least, most))
            found[name] = (max(least, before[0]), min(most, before[1]))
            super().parameter(name, least, most)

    check = Check(operator.blob())
    check.read_header()
    start = check.header["tensors_offset"]
    count = check.header["n_tensors"]
    check.tensors = [
        Tensor.at(check.data, start + layout.TENSOR.size * number) for number in range(count)
    ]
    RULES[operator.kernel](Recorder.of(check, KERNELS[operator.kernel], check.operator(0)))
    return found


def _towards(first: Operator, place: Place, goal: int) -> Operator | None:
    """With `place` as near `goal` as the verifier and memory take it."""
    near, far, best = first.get(place), goal, None
    while near != far:
        found = _with(first, place, far)
        if found is None or abs(goal - found.get(place)) >= abs(goal - near):
            refused = far
        elif far == goal:
            return found
        else:
            best, near = found, found.get(place)
        far = near + int((refused - near) / 2)  # rounded towards what was taken
    return best


def _with(first: Operator, place: Place, value: int) -> Operator | None:
    """With that value there, where it was in all that had the same, or in it alone."""
    old = first.get(place)
    same = [other for other in first.places() if first.get(other) == old]
    groups = [[place], same]
    if place[0] == "dim":
        axis = int(place[1]) % 8
        groups.append([p for p in same if p[0] == "dim" and int(p[1]) % 8 == axis])
        groups.append([p for p in groups[-1] if int(p[1]) // 8 < len(first.tensors) - 1])
    for near in dict.fromkeys((value, value // 4 * 4)):  # some rules ask for a multiple of 4
        for group in groups:
            changed = copy.deepcopy(first)
            for each in {*group, place}:
                changed.set(each, near)
            found = settled(changed, {place: near})
            if found and near != old:
                return found
    return None
