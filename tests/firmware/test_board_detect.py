"""Model.peaks() and inkling.nms(): the cells and boxes that they find, beside numpy's."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from board_models import ON_CORTEX_M7, TELL, Runner
from tflite_builder import ModelBuilder

from host_tools.pack import pack

CELLS = (1, 12, 12, 3)
SCALE, ZERO = 1 / 256, -128
F32 = np.float32


def shaped(shape: tuple[int, ...], dtype: str = "int8") -> bytes:
    """A blob whose output is its input, in another shape."""
    builder = ModelBuilder("map")
    scale, zero = (None, 0) if dtype == "float32" else (SCALE, ZERO if dtype == "int8" else 0)
    given = builder.tensor((1, int(np.prod(shape))), dtype, scale, zero)
    out = builder.tensor(shape, dtype, scale, zero)
    builder.operator("RESHAPE", [given, builder.constant(list(shape))], [out])
    return pack(builder.build([given], [out]), name="map")


def real(stored: np.ndarray) -> np.ndarray:
    """As values are dequantized."""
    if stored.dtype == np.float32:
        return stored
    zero = ZERO if stored.dtype == np.int8 else 0
    return F32(SCALE) * (stored.astype(np.int32) - zero).astype(F32)


def bits(value: float) -> int:
    return int((F32(value) + F32(0)).view(np.uint32)) & ~3  # no minus zero


def peaks(
    stored: np.ndarray,
    threshold: float,
    first: int = 0,
    last: int | None = None,
    axis: int = -1,
    near: int = 0,
) -> list[tuple[int, float, int]]:
    """What the board is to find: in numpy, NaN nowhere."""
    values = np.moveaxis(real(stored), axis, -1)
    width = values.shape[-2] if values.ndim > 1 else 1
    classes = values.reshape(-1, width, values.shape[-1])[..., first:last]
    best = classes.max(-1)
    found = []
    for y, x in np.argwhere(best > F32(threshold)):
        beside = np.argwhere(best >= best[y, x])
        better = [
            (b, a)
            for b, a in beside
            if abs(b - y) <= near
            and abs(a - x) <= near
            and (best[b, a] > best[y, x] or (b, a) < (y, x))
        ]
        if not better or near == 0:
            score = float(best[y, x])
            found.append((int(y * width + x), score, int(classes[y, x].argmax()) + first))
    return found


# single precision prints fewer digits than floats have, and object representation C has two bits
# less of them: so options below are numbers that it has
BITS = """
import struct
def exactly(rows):
    return [row[:1] + struct.unpack("<I", struct.pack("<f", row[1])) + row[2:] for row in rows]
"""

PEAKS = """
from array import array
import inkling
model = inkling.Model("/rom/map.ink")
model.input()[:] = array(model.input_dtype[0], open("/rom/values", "rb").read())
model.run()
for arguments, options in {cases}:
    print(exactly(model.peaks(*arguments, **options)))
"""


@pytest.mark.parametrize(
    ("shape", "axis", "dtype"),
    [
        (CELLS, -1, "int8"),
        ((1, 5, 7, 2), -1, "uint8"),
        ((1, 4, 6, 9), 1, "float32"),
        ((1, 6, 40), 1, "int8"),
        ((30, 3), -1, "int8"),
        ((11,), 0, "int8"),
    ],
)
def test_peaks_are_the_cells_whose_best_class_is_above_the_threshold(
    on_board: Runner, shape: tuple[int, ...], axis: int, dtype: str
) -> None:
    rng = np.random.default_rng(len(shape))
    if dtype == "float32":
        stored = (np.round(rng.normal(size=shape) * 16) / 16).astype(
            F32
        )  # with zeros of both signs
    else:
        stored = rng.integers(-128, 128, shape).astype(dtype)
    classes = shape[axis]
    # a threshold that is a value: what has it is not above
    value = float(real(stored).ravel()[0])
    cases: list[tuple[float, dict[str, int]]] = [(0.875, {}), (value, {}), (-9, {}), (9, {})]
    cases += [(0.5, {"first": 1}), (0.25, {"last": classes - 1}), (0.625, {"near": 1})]
    cases += [(0.125, {"near": 2, "first": classes - 1, "last": classes}), (0, {"near": 99})]
    cases = [(threshold, {"axis": axis, **options}) for threshold, options in cases]
    text = on_board(
        BITS + PEAKS.format(cases=[([threshold], options) for threshold, options in cases]),
        {"map.ink": shaped(shape, dtype), "values": stored.tobytes()},
    )
    counts = set()
    for (threshold, options), line in zip(cases, text.splitlines(), strict=True):
        expected = peaks(stored, threshold, **options)
        found = ast.literal_eval(line)
        assert [(cell, bit & ~3, label) for cell, bit, label in found] == [
            (cell, bits(score), label) for cell, score, label in expected
        ]
        counts.add(len(found))
    assert len(counts) > 3 or shape == (11,)


def test_what_is_no_number_is_no_peak(on_board: Runner) -> None:
    stored = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-45], F32)
    script = """
nan = float("nan")
for threshold in (0.0, -0.0, -1e38, float("-inf"), nan, float("inf")):
    print([cell for cell, _, _ in model.peaks(threshold, axis=0)])
"""
    text = on_board(
        PEAKS.format(cases=[]) + script,
        {"map.ink": shaped((1, 6), "float32"), "values": stored.tobytes()},
    )
    assert text.splitlines() == ["[1, 5]", "[1, 5]", "[1, 3, 4, 5]", "[1, 3, 4, 5]", "[]", "[]"]


def test_peaks_refuses_what_is_not_there(on_board: Runner, whole_blob: bytes) -> None:
    script = """
for options in ({"output": 1}, {"output": -1}, {"axis": 2}, {"axis": -3}, {"first": 3},
    {"first": -1}, {"last": 4}, {"first": 2, "last": 2}, {"near": "1"}):
    tell(model.peaks, 0.5, **options)
tell(model.peaks)
tell(model.peaks, "0.5")
whole = inkling.Model("/rom/whole.ink")
tell(whole.peaks, 0.5)
for region in (7, (0, 0, 9), [0, 0, 9, 9, 9], (0, 0, 9, "9")):
    tell(model.peaks, 0.5, region=region)
big = 1 << 29
print(len(model.peaks(0.5, region=(big, -big, big, -big))))
print(model.peaks(0.5, region=(-5, 7, 3, 11)))
print(model.peaks(0.5, near=-1))
"""
    stored = np.full((2, 3), 64, np.int8)
    files = {"map.ink": shaped((2, 3)), "values": stored.tobytes(), "whole.ink": whole_blob}
    lines = on_board(TELL + PEAKS.format(cases=[]) + script, files).splitlines()
    assert lines[0] == "IndexError: map: no output 1, there are 1"
    assert lines[1] == "IndexError: map: no output -1, there are 1"
    assert lines[2] == "ValueError: map: output 0 has no axis 2, its shape has 2 numbers"
    assert lines[3] == "ValueError: map: output 0 has no axis -3, its shape has 2 numbers"
    classes = "ValueError: map: output 0: classes from {} up to {}, it has 3"
    ranges = ((3, 3), (-1, 3), (0, 4), (2, 2))
    assert lines[4:8] == [classes.format(*range_) for range_ in ranges]
    assert [line.split(":")[0] for line in lines[8:11]] == ["TypeError"] * 3
    int32 = "output 0 is int32: peaks are found in int8, uint8 and float32"
    assert lines[11] == f"TypeError: whole: {int32}"
    region = "TypeError: map: a region is a tuple (x, y, width, height)"
    assert lines[12:15] == [region] * 3
    assert lines[15].startswith("TypeError: can't convert str to int")
    assert lines[16:18] == ["2", "[(-5, 7, 1, 11, 0.75, 0), (-4, 7, 2, 11, 0.75, 0)]"]
    assert ast.literal_eval(lines[18]) == [(0, 0.75, 0), (1, 0.75, 0)]


@pytest.fixture
def whole_blob() -> bytes:
    from board_models import build_whole

    return pack(build_whole(), name="whole")


# --- nms


def decay(x: np.float32) -> np.float32:
    """exp(-x) as the board computes it, in single precision."""
    halvings = F32(x * F32(1.44269504))
    if not halvings < 125:
        return F32(0)
    part = F32(halvings - F32(int(halvings)))
    value = F32(-0.000943510851)
    for term in (0.00920217671, -0.0552940406, 0.240178898, -0.693143547, 1.0):
        value = F32(F32(value * part) + F32(term))
    return F32(value * F32(2.0 ** -int(halvings)))


def overlap(a: list[np.float32], b: list[np.float32]) -> np.float32:
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if not (across > 0 and down > 0):
        return F32(0)
    shared = across * down
    return F32(shared / (a[2] * a[3] + b[2] * b[3] - shared))


def nms(
    boxes: list[list[float]], threshold: float = 0.1, sigma: float = 0.1
) -> list[tuple[int, float]]:
    """NMS.get_bounding_boxes of OpenMV's ml/utils.py (cbbb877ed), in single precision."""
    rest = [(index, *map(F32, box[:5])) for index, box in enumerate(boxes)]
    kept = []
    while rest:
        best = max(rest, key=lambda box: (box[5], -box[0]))
        rest.remove(best)
        kept.append((best[0], float(best[5])))
        lower = []
        for box in rest:
            shared = overlap([*best[1:5]], [*box[1:5]])
            slope = F32(1) / F32(sigma) if sigma > 0 else F32(0)
            score = F32(box[5] * decay(slope * shared * shared)) if shared > 0 else box[5]
            if score > 0 and score >= F32(threshold):
                lower.append((*box[:5], score))
        rest = lower
    return kept


def test_exp_is_near_enough_to_the_real_one() -> None:
    xs = np.concatenate([np.linspace(0, 86, 4001), [0, 1e-30]]).astype(F32)
    got = np.array([decay(x) for x in xs], np.float64)
    exact = np.exp(-xs.astype(np.float64))
    assert np.abs(got / exact - 1).max() < 86 * 2**-23


@pytest.mark.parametrize("size", [1, 64])
def test_boxes_that_overlap_better_ones_lose_their_score_as_in_openmv(
    on_board: Runner, size: int
) -> None:
    rng = np.random.default_rng(3)
    lists, options = [], []
    for count in (0, 1, 2, 9, 40):
        for threshold, sigma in (
            (1 / 8, 1 / 8),
            (1 / 8, 1 / 1024),
            (1 / 4, 1 / 2),
            (0, 0),
            (2, 1 / 8),
        ):
            corners, sizes = rng.integers(0, 60, (count, 2)), rng.integers(1, 50, (count, 2))
            scores = rng.integers(1, 1 << 10, count)
            lists.append(np.concatenate([corners, sizes, scores[:, np.newaxis]], 1).tolist())
            options.append((threshold, sigma))
    # whole numbers: MicroPython reads other ones not always right in single precision
    script = f"import inkling\n{BITS}\nPARTS = [{size}] * 4 + [1024]\n"
    script += "def parts(box): return [number / part for number, part in zip(box, PARTS)]\n"
    for boxes, (threshold, sigma) in zip(lists, options, strict=True):
        given = f"[parts(box) for box in {boxes}]"
        script += f"print(exactly(inkling.nms({given}, {threshold}, sigma={sigma})))\n"
    kept = set()
    lines = on_board(script).splitlines()
    for boxes, (threshold, sigma), line in zip(lists, options, lines, strict=True):
        parts = [[*(number / size for number in box[:4]), box[4] / 1024] for box in boxes]
        expected = nms(parts, threshold, sigma)
        found = ast.literal_eval(line)
        assert [(index, bit & ~3) for index, bit in found] == [
            (index, bits(score)) for index, score in expected
        ]
        kept.add(len(found))
    assert len(kept) > 5


def test_boxes_without_a_score_or_a_size_do_no_harm(on_board: Runner) -> None:
    script = """
nan, inf = float("nan"), float("inf")
box = (0, 0, 10, 10, 0.5)
print([index for index, _ in inkling.nms([(0, 0, 9, 9, nan), (0, 0, 9, 9, 0), box, box])])
more = box + ("more", None)
print([index for index, _ in inkling.nms((more, (0, 0, nan, 9, 0.4), (0, 0, -9, -9, 0.3)))])
print([index for index, _ in inkling.nms([(0, 0, inf, inf, 0.5), (0, 0, inf, inf, 0.5)], 0.1, 1)])
for boxes in (None, 7, "ab", [7], [box, (0, 0, 1, 1)], [(0, 0, 1, 1, "0.5")], [b"12345"]):
    tell(inkling.nms, boxes)
class Shrinking:
    def __float__(self):
        boxes.clear()
        return 0.5
boxes = [[Shrinking(), 0, 1, 1, 0.5]]
tell(inkling.nms, boxes)
many = [box] * 100
gc.collect()
gc.disable()
before = gc.mem_alloc()
for i in range(50):
    inkling.nms(many)
print((gc.mem_alloc() - before) // 50 < 500)
"""
    lines = on_board(TELL + script).splitlines()
    assert lines[:3] == ["[2]", "[0, 1, 2]", "[0, 1]"]
    shape = "TypeError: nms takes a list of (x, y, width, height, score, ...): box {} is none"
    assert lines[3:7] == [shape.format(0)] * 4
    assert lines[7] == shape.format(1)
    assert lines[8].startswith("TypeError")
    assert lines[9] == shape.format(0)
    assert lines[10] in (shape.format(0), "TypeError: can't convert Shrinking to float")
    assert lines[11] == "True"


# --- what FOMO's boxes cost

FOMO = """
import time
from array import array
import inkling
model = inkling.Model("/rom/map.ink")
model.input()[:] = array("b", open("/rom/values", "rb").read())
model.run()

def boxes():
    return model.peaks(0.5, first=1, near=1, region=(0, 0, 96, 96))

boxes()
nothing = time.ticks_cpu()
nothing = time.ticks_cpu() - nothing
start = time.ticks_cpu()
found = boxes()
print((time.ticks_cpu() - start - nothing) * 5 // 8)
start = time.ticks_cpu()
kept = inkling.nms(found, 0.1, 0.1)
print((time.ticks_cpu() - start - nothing) * 5 // 8)
print(found)
"""


@ON_CORTEX_M7
def test_fomos_boxes_take_less_than_20_000_instructions(on_board: Runner) -> None:
    stored = np.full(CELLS, -120, np.int8)
    stored[..., 0] = 100
    seen = [
        (0, 0, 1, 60),
        (3, 3, 2, 120),
        (3, 4, 2, 90),
        (4, 3, 1, 80),
        (7, 9, 1, 32),
        (11, 11, 2, 16),
    ]
    for y, x, label, value in seen:
        stored[0, y, x, label] = value
    files: dict[str, bytes | Path] = {"map.ink": shaped(CELLS), "values": stored.tobytes()}
    boxes, overlapping, found = on_board(FOMO, files, icount=True).splitlines()
    print(f"{boxes} instructions for the boxes; nms, which these do not need, takes {overlapping}")
    kept = [seen[index] for index in (0, 1, 4, 5)]
    expected = [(x * 8, y * 8, 8, 8, (value + 128) / 256, label) for y, x, label, value in kept]
    assert ast.literal_eval(found) == expected
    assert int(boxes) < 20_000
    assert int(overlapping) < 10_000
