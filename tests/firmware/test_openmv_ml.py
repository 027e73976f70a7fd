"""`inkling_ml`: OpenMV's `ml` on Inkling. Its boxes against OpenMV's arithmetic in numpy."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import openmv_reference as reference
import pytest
from board_models import TELL, Files, Runner
from camera_frames import CIFAR10, LABELS, real_frame, scores_of, showing
from tflite_builder import ModelBuilder

from host_tools.pack import pack
from host_tools.virtual_board.mailbox import Written

PACKAGE = Path(__file__).parents[2] / "micropython_lib"
# for boards whose firmware has the module only
FILES: Files = {
    str(path.relative_to(PACKAGE)): path for path in (PACKAGE / "inkling_ml").rglob("*.py")
}
# with doubles; with single precision; beside the native module
pytestmark = pytest.mark.parametrize("on_board", ["firmware", "single", "natmod"], indirect=True)

SIDES = (72, 96)  # of the networks' input, height and width: all of it are its outputs
THRESHOLD = 0.6
REGION = (10, 20, 192, 144)  # of a picture: x, y, width, height; twice the sides
DETECT = """
import array
import inkling_ml as ml
from inkling_ml.postprocessing import darknet, edgeimpulse, mediapipe, ultralytics

class Sized:
    roi = {region}
    def __init__(self, stored):
        self.stored = stored
    def __call__(self, buffer, shape, dtype):
        buffer[:] = self.stored

for name, module, maker in {made}:
    model = ml.Model("/rom/" + name + ".ink", postprocess=getattr(module, maker)(threshold={t}))
    print(repr(model.predict([Sized(open("/rom/" + name + ".in", "rb").read())])))
"""


def passing_through(
    outputs: list[tuple[int, ...]], scale: float, zero_point: int, sides: tuple[int, int]
) -> bytes:
    """A network of input [1, height, width, channels] whose outputs are parts of it, in order."""
    builder = ModelBuilder("through")
    sizes = [int(np.prod(shape)) for shape in outputs]
    channels = -(-sum(sizes) // (sides[0] * sides[1]))
    total = sides[0] * sides[1] * channels
    given = builder.tensor((1, *sides, channels), "int8", scale, zero_point)
    flat = builder.tensor((1, total), "int8", scale, zero_point)
    builder.operator("RESHAPE", [given, builder.constant([1, total])], [flat])
    results = []
    start = 0
    for shape, size in zip(outputs, sizes, strict=True):
        part = builder.tensor((1, size), "int8", scale, zero_point)
        result = builder.tensor(shape, "int8", scale, zero_point)
        begin, extent = builder.constant([0, start]), builder.constant([1, size])
        builder.operator("SLICE", [flat, begin, extent], [part])
        builder.operator("RESHAPE", [part, builder.constant(list(shape))], [result])
        results.append(result)
        start += size
    return pack(builder.build([given], results), name="through")


def stored_for(outputs: list[tuple[int, ...]], high: list[slice], seed: int) -> np.ndarray:
    """Stored values of which those in the slices of the last axis are seldom high."""
    rng = np.random.default_rng(seed)
    parts = []
    for shape, scores in zip(outputs, high, strict=True):
        values = rng.integers(-40, 40, shape)
        rare = rng.random(values[..., scores].shape) < 0.04
        values[..., scores] = np.where(rare, rng.integers(60, 127, rare.shape), -128)
        parts.append(values.ravel())
    stored = np.concatenate(parts).astype(np.int8)
    whole = -(-len(stored) // (SIDES[0] * SIDES[1])) * SIDES[0] * SIDES[1]
    return np.concatenate([stored, np.zeros(whole - len(stored), np.int8)])


def real_of(stored: np.ndarray, outputs: list[tuple[int, ...]], scale: float, zero: int) -> list:
    ends = np.cumsum([int(np.prod(shape)) for shape in outputs])
    parts = np.split((stored.astype(np.float64) - zero) * scale, ends)
    return [part.reshape(shape) for part, shape in zip(parts, outputs, strict=False)]


def same(found: object, expected: object) -> bool:
    """Boxes are whole numbers, and equal; scores and points to single precision."""
    if isinstance(expected, float):
        return abs(found - expected) <= 2e-5 * max(1, abs(expected))  # type: ignore[operator]
    if isinstance(expected, list | tuple):
        assert isinstance(found, list | tuple), found
        return len(found) == len(expected) and all(map(same, found, expected))
    return found == expected


# of a postprocessor: its module and class, shapes of the outputs, where their scores are, scale
# and zero point, and what it finds
EVERY, NONE = slice(None), slice(0, 0)
ANCHORS = slice(4, None, 7)
CASES = {
    "fomo": (
        *("edgeimpulse", "Fomo", [(1, 12, 12, 3)], [slice(1, 3)], 1 / 256, -128),
        lambda real: reference.fomo(real[0], THRESHOLD),
    ),
    "lc": (
        *("darknet", "YoloLC", [(1, 6, 6, 35)], [ANCHORS], 1 / 32, 5),
        lambda real: reference.yolo_v2(real[0], THRESHOLD, reference.LC_ANCHORS),
    ),
    "v2": (
        *("darknet", "YoloV2", [(1, 6, 6, 35)], [ANCHORS], 1 / 32, 5),
        lambda real: reference.yolo_v2(real[0], THRESHOLD, reference.V2_ANCHORS),
    ),
    "v5": (
        *("ultralytics", "YoloV5", [(1, 50, 8)], [slice(4, 5)], 1 / 160, -60),
        lambda real: reference.yolo_v5(real[0], THRESHOLD),
    ),
    "v8": (
        *("ultralytics", "YoloV8", [(1, 7, 60)], [NONE], 1 / 160, -60),
        lambda real: reference.yolo_v8(real[0], THRESHOLD),
    ),
    "face": (
        *("mediapipe", "BlazeFace"),
        [(1, 512, 16), (1, 512, 1), (1, 384, 1), (1, 384, 16)],
        *([NONE, EVERY, EVERY, NONE], 1 / 16, 0),
        lambda real: reference.blaze_face(real, THRESHOLD, (SIDES[1], SIDES[0])),
    ),
}


def test_equal_scores_come_in_the_order_that_openmv_has_them_in(on_board: Runner) -> None:
    rng = np.random.default_rng(3)
    sides = np.array([64, 32])
    low = rng.integers(0, sides // 2, (40, 2))
    high = low + rng.integers(4, sides // 2, (40, 2))
    scores = rng.choice([0.5, 0.75], 40)
    middle, size = (low + high) / 2 / sides, (high - low) / sides
    found = reference.Found(middle, size, scores, np.zeros(40, int))
    expected = reference.boxes_of(found, (64, 32), (0, 0, 64, 32))
    assert sorted(expected[0], key=lambda box: -box[1]) == expected[0]
    boxes = np.column_stack([low, high]).tolist()
    script = f"""
from inkling_ml.utils import NMS
nms = NMS(64, 32, (0, 0, 64, 32))
for (x, y, right, bottom), score in zip({boxes}, {scores.tolist()}):
    nms.add_bounding_box(x, y, right, bottom, score, 0)
print(nms.get_bounding_boxes())
"""
    assert same(ast.literal_eval(on_board(script, FILES)), expected)


def test_each_postprocessor_gives_openmvs_boxes(on_board: Runner) -> None:
    files: Files = dict(FILES)
    expected = []
    for seed, (name, case) in enumerate(CASES.items()):
        _, _, outputs, high, scale, zero, find = case
        stored = stored_for(outputs, high, seed)
        if name == "v8":  # its classes are rows
            rows = stored[: 7 * 60].reshape(7, 60)
            rows[4:] = np.where(np.arange(60) % 9 == 4, rows[4:] + 80, -128)
        files[f"{name}.ink"] = passing_through(outputs, scale, zero, SIDES)
        files[f"{name}.in"] = stored.tobytes()
        found = find(real_of(stored, outputs, scale, zero))
        sigma = 0.001 if name == "fomo" else 0.1
        boxes = reference.boxes_of(found, (SIDES[1], SIDES[0]), REGION, sigma)
        expected.append(boxes[0] if name == "face" else boxes)
    made = ", ".join(f"('{name}', {case[0]}, '{case[1]}')" for name, case in CASES.items())
    script = DETECT.format(region=REGION, made=f"({made})", t=THRESHOLD)
    lines = on_board(script, files).splitlines()
    for name, line, boxes in zip(CASES, lines, expected, strict=True):
        found = ast.literal_eval(line.replace("array(", "("))
        assert sum(map(len, boxes)) > 0, name
        assert same(found, boxes), (name, found, boxes)


def test_inputs_results_and_labels_are_openmvs(on_board: Runner) -> None:
    script = """
import array
import inkling_ml as ml
from inkling_ml.arrays import ndarray
from inkling_ml.preprocessing import Normalization

model = ml.Model("/rom/net.ink", load_to_fb=True)
print(model.labels, model.input_shape[0], model.name, str(model)[:13])
values = array.array("f", [i / 2 for i in range(432)])
[result] = model.predict([values])
print(result.shape, len(result), result.flatten().tolist() == list(values))
print(result[0][1][2][0], result[0, 1, 2, 0], result[-1, 17, :, 0][23], result[0, 0, 1:3, 0])
print(model.predict([ndarray(values, (1, 18, 24, 1))])[0].tolist() == result.tolist())
def fill(buffer, shape, dtype):
    print(len(buffer), shape, chr(dtype))
    for i in range(len(buffer)):
        buffer[i] = 255 - i % 100
seen = []
def later(model, inputs, outputs):
    seen.append((inputs[0] is fill, outputs[0].shape, outputs[0][0, 0, 3, 0]))
    return "made"
print(model.predict([fill], callback=later), seen, model.postprocess)
class Picture:
    def width(self):
        return 48
    def height(self):
        return 36
    def bytearray(self):
        return pixels
pixels = bytes(48 * 36)
def region(model, inputs, outputs):
    return inputs[0].roi
print(model.predict([Picture()], callback=region))
n = Normalization(roi=(20, -5, 100, 41))
print(model.predict([n(Picture())], callback=region), n.roi)
tell(model.predict, [n])
tell(n, 5)
tell(Normalization(mean=(1, 1, 1))(Picture()).entry, "f")
tell(result.reshape, (7, 7))
tell(lambda: result[1])
"""
    stored = passing_through([(1, 18, 24, 1)], 0.5, 0, (18, 24))
    files = {**FILES, "net.ink": stored, "net.txt": b"first\nthe second\r\n"}
    assert on_board(TELL + script, files).splitlines() == [
        "['first', 'the second'] (1, 18, 24, 1) through Model through",
        "(1, 18, 24, 1) 1 False",
        "13.0 13.0 63.5 array([0.5, 1.0])",
        "True",
        "432 (1, 18, 24, 1) b",
        "made [(True, (1, 18, 24, 1), -4)] None",
        "(0, 0, 48, 36)",
        "(20, 0, 28, 36) (20, -5, 100, 41)",
        "ValueError: Normalization has no picture: give Normalization()(image)",
        "ValueError: Normalization takes a picture, not a int",
        "ValueError: Normalization's scale, mean and stdev are said when the network is packed: "
        "host_tools pack-model --image-range, --image-mean, --image-std",
        "ValueError: 432 values have no shape (7, 7)",
        "IndexError: index 1 of 1",
    ]


# in the shape of OpenMV's own examples, which are not ours to copy
CLASSIFY = """
import virtual_camera as csi
import time
import inkling_ml as ml

csi0 = csi.CSI()
csi0.reset()
csi0.pixformat(csi.RGB565)
csi0.framesize(csi.QVGA)
csi0.snapshot(time=2000)
model = ml.Model("/rom/cifar10.ink")
clock = time.clock()
while True:
    clock.tick()
    img = csi0.snapshot()
    values = model.predict([img])[0].flatten().tolist()
    scores = sorted(zip(model.labels, values), key=lambda x: x[1], reverse=True)
    print("%s = %f" % (scores[0][0], scores[0][1]), clock.fps() > 0)
"""
DRAW = """
import virtual_camera as csi
import computer
import inkling_ml as ml
import inkling_ml.utils

csi0 = csi.CSI()
csi0.reset()
csi0.pixformat(csi.RGB565)
csi0.framesize(csi.VGA)
csi0.window((200, 200))
img = csi0.snapshot()
print(img.width(), img.height())
ml.utils.draw_predictions(
    img, [(50, 60, 30, 40)], ("face",), ((0, 0, 255),), scores=(0.5,), format=None)
ml.utils.draw_keypoints(img, [(150.7, 100.2)], color=(255, 0, 0))
ml.utils.draw_skeleton(img, ((130, 20, 1), (170, 20, 1)), ((0, 1),), kp_radius=0)
computer.write("drawn", img.bytearray())
csi0.snapshot()
"""


def test_scripts_in_the_shape_of_openmvs_run_on_the_camera(
    on_board: Runner,
) -> None:
    frames = [real_frame(0), real_frame(3)]
    with showing(*frames) as files:
        text = on_board(CLASSIFY, {**FILES, **files, "cifar10.ink": CIFAR10 / "cifar10.ink"})
    told = []
    for frame in frames:
        scores = scores_of(frame, fit="squeeze", scaling="openmv")
        told.append((LABELS[scores.argmax()], round(float(scores.max()) * 256)))
    lines = [line.split() for line in text.splitlines()[:2]]
    assert [(line[0], round(float(line[2]) * 256), line[3]) for line in lines] == [
        (*one, "True") for one in told
    ]

    kept = Written()
    with showing(frames[0], frames[0]) as files:
        text = on_board(DRAW, {**FILES, **files, "write": kept})
    assert text.splitlines()[0] == "200 200"
    drawn = np.frombuffer(kept.files["drawn"], "<u2").reshape(200, 200)
    wide = frames[0].repeat(2, axis=0).repeat(2, axis=1)[140:340, 220:420]
    blue, red, green = 0x001F, 0xF800, 0x07E0
    assert (drawn[60, 50:80] == blue).all() and (drawn[60:100, 50] == blue).all()
    assert (drawn[55, 51:110] == blue).any()  # the ground of the label, "FACE 0.50"
    assert drawn[100, 154] == red and (drawn[20, 131:170] == green).all()
    assert np.array_equal(drawn[110:], wide[110:])
