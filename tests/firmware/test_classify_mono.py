"""classify_mono.py on frames of real pictures, with networks of three channels and of one."""

from __future__ import annotations

import re

import numpy as np
import pytest
from board_models import LIKE_OPENMV, Files, Runner
from camera_frames import (
    CIFAR10_INK,
    LABELS,
    LAST,
    MODEL_LINES,
    grey,
    real_frame,
    scores_of,
    script,
    showing,
)
from tflite_builder import ModelBuilder

from host_tools.pack import pack

# sensor's interface over the virtual camera; it notes what is asked of it
SENSOR = b"""
import virtual_camera
RGB565, GRAYSCALE, QVGA = virtual_camera.RGB565, virtual_camera.GRAYSCALE, virtual_camera.QVGA
camera = virtual_camera.CSI()
def reset():
    print("reset")
def set_pixformat(pixformat):
    print("pixformat", pixformat)
    camera.pixformat(pixformat)
def set_framesize(framesize):
    camera.framesize(framesize)
def skip_frames(n=0, time=300):
    print("skip", time)
def snapshot():
    return camera.snapshot()
"""


@LIKE_OPENMV
@pytest.mark.parametrize("camera", ["virtual_camera", "sensor"])
def test_a_monochrome_camera_gives_a_network_of_three_channels_its_grey_thrice(
    on_board: Runner, camera: str
) -> None:
    frames = [real_frame(8), real_frame(15)]
    others: Files = {"sensor.py": SENSOR} if camera == "sensor" else {}
    with showing(*frames) as files:
        text = on_board(script("classify_mono.py"), files | CIFAR10_INK | others)
    lines = text.splitlines()[MODEL_LINES:]
    if camera == "sensor":
        assert lines[:3] == ["reset", "pixformat 1", "skip 2000"]
        lines = lines[3:]
    for line, frame in zip(lines[:-1], frames, strict=True):
        scores = scores_of(grey(frame))
        best = int(scores.argmax())
        assert line.startswith(f"{LABELS[best]} {scores[best]:.2f} ")
    assert lines[-1] == LAST


def mean(pixels: np.ndarray) -> int:
    """The average, rounded half up."""
    return int((pixels.sum() + pixels.size // 2) // pixels.size)


@LIKE_OPENMV
def test_a_monochrome_camera_gives_a_network_of_one_channel_its_grey(on_board: Runner) -> None:
    builder = ModelBuilder("left_and_right")
    given = builder.tensor((1, 1, 2, 1), "uint8", 1.0, 0)
    flat = builder.tensor((1, 2), "uint8", 1.0, 0)
    builder.operator("RESHAPE", [given, builder.constant([1, 2])], [flat])
    blob = pack(builder.build([given], [flat]), labels=["left", "right"], name="halves")
    frame = real_frame(11)
    with showing(frame) as files:
        text = on_board(script("classify_mono.py"), files | {"halves.ink": blob})
    line = text.splitlines()[MODEL_LINES]
    # the middle half of the height has the input's proportions, 2 to 1
    left, right = (grey(frame)[40:200, half].astype(int) for half in (np.s_[:160], np.s_[160:]))
    told = {name: float(value) for name, value in re.findall(r"(left|right) (\d+\.\d\d)", line)}
    assert told == {"left": mean(left), "right": mean(right)}
    assert left.sum() != right.sum()
