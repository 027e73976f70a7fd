"""What --camera names, as frames: folders, videos, webcams; what is said where there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from host_tools import camera_source
from host_tools.camera_source import open_source
from host_tools.errors import CommandError
from host_tools.images import rgb565_to_rgb888
from host_tools.pictures import camera_frame

COLOURS = [(200, 30, 60), (20, 180, 90), (40, 70, 220)]


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Three frames of 640x480, each of one colour (red, green, blue)."""
    path = tmp_path / "video.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (640, 480))
    for colour in COLOURS:
        writer.write(np.full((480, 640, 3), colour[::-1], np.uint8))
    writer.release()
    return path


def assert_of_these_colours(frames: list[np.ndarray]) -> None:
    for frame, colour in zip(frames, COLOURS, strict=True):
        assert (frame.shape, frame.dtype) == ((240, 320), np.uint16)
        # RGB565 is 8 apart in red and blue, and the video lossy
        assert np.abs(rgb565_to_rgb888(frame).astype(int) - colour).max() <= 12


def test_a_folder_gives_its_pictures_by_name_each_time_and_skips_what_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(3)
    for name in ("b.png", "a.jpg"):
        Image.fromarray(rng.integers(0, 256, (50, 60, 3), np.uint8)).save(tmp_path / name)
    (tmp_path / "aa.png").write_bytes((tmp_path / "b.png").read_bytes()[:300])
    (tmp_path / "notes.txt").write_text("no picture")
    source = open_source(str(tmp_path))
    for _ in range(2):
        frames = list(source())
        assert len(frames) == 2
        for frame, name in zip(frames, ("a.jpg", "b.png"), strict=True):
            assert np.array_equal(frame, camera_frame(tmp_path / name))
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith(f"host_tools: {tmp_path / 'aa.png'} is no picture that can be read")
        assert line.endswith(": skipped")


def test_a_folder_without_one_good_picture_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has no pictures: put JPEG, PNG, WebP, BMP or HEIC"):
        open_source(str(tmp_path))
    (tmp_path / "bad.png").write_bytes(b"bad")
    with pytest.raises(CommandError, match="none of the pictures in .* can be read"):
        list(open_source(str(tmp_path))())


def test_a_video_gives_every_frame_and_begins_anew(video: Path) -> None:
    source = open_source(str(video))
    assert_of_these_colours(list(source()))
    assert_of_these_colours(list(source()))


def test_what_is_no_source_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("this is no video")
    for name, message in (
        (str(tmp_path / "text.mp4"), "text.mp4 is no video that OpenCV can read"),
        (str(tmp_path / "absent"), "there is no such folder or file; give webcam, a folder"),
        ("webcam:front", "give the webcam's number, such as webcam:1"),
    ):
        with pytest.raises(CommandError, match=message):
            open_source(name)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names Linux's devices")
def test_a_webcam_that_is_not_there_is_told_with_those_that_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_source, "DEVICES", tmp_path)
    with pytest.raises(CommandError, match="webcam 97 cannot be opened: .* no webcam is attached"):
        open_source("webcam:97")
    for name in ("video0", "video2"):
        (tmp_path / name).touch()
    there = f"there are {tmp_path / 'video0'}, {tmp_path / 'video2'}"
    with pytest.raises(CommandError, match=there):
        open_source("webcam:97")


def test_a_webcam_gives_frames_until_it_is_unplugged(
    video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # OpenCV reads a video in the webcam's place, whose end is like pulling the plug
    of_file = cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", lambda number: of_file(str(video)))
    frames = []
    with pytest.raises(CommandError, match="webcam 1 gives no pictures any more"):
        for frame in open_source("webcam:1")():
            frames.append(frame)
    assert_of_these_colours(frames)


def test_without_opencv_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    (tmp_path / "video.mp4").touch()
    for name in ("webcam", str(tmp_path / "video.mp4")):
        with pytest.raises(CommandError, match=r"needs OpenCV: .venv/bin/pip install -e '.\[cam"):
            open_source(name)
