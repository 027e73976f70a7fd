"""What `--camera` names, as frames for the virtual board's camera: a webcam, pictures, a video."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image

from host_tools.errors import CommandError
from host_tools.pictures import camera_frame, frame_of, picture_files

# from the first frame on, each time it is called; CommandError where a frame cannot be had
Source = Callable[[], Iterator[np.ndarray]]

WEBCAM = "webcam"
DEVICES = Path("/dev")


def open_source(name: str) -> Source:
    """The frames (uint16 [240, 320], RGB565) of "webcam", "webcam:<n>", a folder or a video file.

    Raises CommandError where there is none, or where OpenCV is needed and not installed.
    """
    kind, _, number = name.partition(":")
    if kind == WEBCAM:
        if not (number or "0").isdecimal():
            raise CommandError(f"--camera {name}: give the webcam's number, such as webcam:1")
        return _webcam(int(number or "0"))
    path = Path(name)
    if path.is_dir():
        return _folder(path)
    if path.is_file():
        return _video(path)
    raise CommandError(
        f"--camera {name}: there is no such folder or file; "
        "give webcam, a folder of pictures or a video"
    )


def _folder(folder: Path) -> Source:
    picture_files(folder)

    def frames() -> Iterator[np.ndarray]:
        shown = 0
        for path in picture_files(folder):
            try:
                frame = camera_frame(path)
            except CommandError as error:
                print(f"host_tools: {error}: skipped", file=sys.stderr, flush=True)
                continue
            shown += 1
            yield frame
        if not shown:
            raise CommandError(f"none of the pictures in {folder} can be read")

    return frames


def _video(path: Path) -> Source:
    cv2 = _opencv(f"--camera {path}")
    capture = cv2.VideoCapture(str(path))
    readable, _ = capture.read()
    capture.release()
    if not readable:
        raise CommandError(f"{path} is no video that OpenCV can read")

    def frames() -> Iterator[np.ndarray]:
        yield from _captured(cv2.VideoCapture(str(path)))

    return frames


def _webcam(number: int) -> Source:
    cv2 = _opencv(f"--camera {WEBCAM}")
    capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        raise CommandError(f"webcam {number} cannot be opened: {_devices(number)}")
    # else a slow script sees what was long ago
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def frames() -> Iterator[np.ndarray]:
        yield from _captured(capture)
        raise CommandError(f"webcam {number} gives no pictures any more: is it unplugged?")

    return frames


def _captured(capture: Any) -> Iterator[np.ndarray]:
    while True:
        good, picture = capture.read()
        if not good:
            return
        # OpenCV's order is blue, green, red
        yield frame_of(Image.fromarray(np.ascontiguousarray(picture[..., ::-1])))


def _devices(number: int) -> str:
    """Says which webcams there are, or why this one does not open."""
    if not sys.platform.startswith("linux"):
        return "another program may use it, or the system may forbid it; webcam:1 is the next one"
    found = sorted(DEVICES.glob("video*"))
    if not found:
        return f"there is no {DEVICES}/video*, so no webcam is attached"
    path = DEVICES / f"video{number}"
    if path in found and not os.access(path, os.R_OK | os.W_OK):
        return f"no permission for {path}; the group video has it: sudo usermod -aG video $USER"
    return f"it is in use or gives no pictures; there are {', '.join(map(str, found))}"


def _opencv(wanted: str) -> ModuleType:
    # its own complaints would stand before our message
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    try:
        import cv2
    except ImportError:
        raise CommandError(
            f"{wanted} needs OpenCV: .venv/bin/pip install -e '.[camera]' in the checkout"
        ) from None
    return cv2
