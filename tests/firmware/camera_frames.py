"""Frames of real pictures for the camera's tests, and what the CIFAR-10 network says of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
from board_models import Files
from oracle import ROOT, TfliteMicro

from host_tools import images
from host_tools.labels import read_labels
from host_tools.pictures import camera_frame, cifar10_pictures
from host_tools.virtual_board.camera import Camera

CIFAR10 = ROOT / "models/cifar10"
LIBRARY = ROOT / "micropython_lib"
LABELS = read_labels(CIFAR10 / "labels.txt")
CIFAR10_INK: Files = {"cifar10.ink": CIFAR10 / "cifar10.ink"}
# What OpenMV's releases have under the names csi and sensor: a class CSI, functions, or nothing
_STAND_IN: Files = {"openmv_stand_in.py": Path(__file__).with_name("openmv_stand_in.py")}
_CLASS = b"""
from openmv_stand_in import GRAYSCALE, QVGA, RGB565, Picture%d, camera_class
CSI = camera_class(Picture%d)
"""
_FUNCTIONS = b"""
from openmv_stand_in import GRAYSCALE, QVGA, RGB565, Picture%d, functions
globals().update(functions(Picture%d))
"""
RELEASES: dict[str, Files] = {
    "4.5": {**_STAND_IN, "sensor.py": _FUNCTIONS % (4, 4)},
    "4.7": {**_STAND_IN, "csi.py": _FUNCTIONS % (4, 4), "sensor.py": _FUNCTIONS % (4, 4)},
    "4.8": {**_STAND_IN, "csi.py": _CLASS % (4, 4), "sensor.py": _FUNCTIONS % (4, 4)},
    "5.0": {**_STAND_IN, "csi.py": _CLASS % (5, 5), "sensor.py": _FUNCTIONS % (5, 5)},
}
# lines that a script prints of the network, and the last one
MODEL_LINES = 3
LAST = "virtual camera: that was the last picture"

_TABLE = np.arange(-128, 128).astype(np.int8)


def script(name: str) -> str:
    return (LIBRARY / name).read_text(encoding="utf8")


@cache
def real_frame(number: int) -> np.ndarray:
    """One of the 20 test pictures of CIFAR-10 as a frame."""
    return camera_frame(cifar10_pictures(ROOT / "build/pictures")[number])


@contextmanager
def showing(*frames: np.ndarray) -> Iterator[Files]:
    """Files for /rom of a board whose camera shows these frames."""
    yield Camera(lambda: iter(frames), lambda drawn: None).romfs()


def grey(frame: np.ndarray) -> np.ndarray:
    """What the virtual camera makes of an RGB565 frame in GRAYSCALE."""
    colours = images.rgb565_to_rgb888(frame).astype(int)
    return ((colours @ np.array([77, 150, 29]) + 128) >> 8).astype(np.uint8)


@cache
def _oracle() -> TfliteMicro:
    return TfliteMicro((CIFAR10 / "cifar10.tflite").read_bytes())


def scores_of(picture: np.ndarray, **ways: str) -> np.ndarray:
    """The network's ten scores of a picture, by tflite-micro, fitted and scaled by the host."""
    [[stored]] = _oracle().run([images.image_to_tensor(picture, 32, 32, 3, _TABLE, **ways)])
    return (stored.astype(float) + 128) / 256
