"""Picture files as camera frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from host_tools import images
from host_tools.errors import CommandError
from host_tools.pictures import camera_frame, cifar10_pictures, picture_files


def save(path: Path, size: tuple[int, int]) -> Path:
    """A red picture with a green middle square."""
    picture = Image.new("RGB", size, (255, 0, 0))
    side = min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    picture.paste((0, 255, 0), (left, top, left + side, top + side))
    picture.save(path)
    return path


@pytest.mark.parametrize("size", [(32, 32), (640, 480), (480, 640), (1000, 100), (100, 1000)])
def test_a_square_input_sees_the_middle_square_of_a_picture(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    frame = camera_frame(save(tmp_path / "picture.png", size))
    assert (frame.dtype, frame.shape) == (np.uint16, (240, 320))
    seen = images.scale(frame, 8, 8, 3)
    assert (seen[1:-1, 1:-1] == (0, 255, 0)).all()


def test_narrow_pictures_get_black_sides(tmp_path: Path) -> None:
    frame = camera_frame(save(tmp_path / "picture.png", (50, 50)))
    assert (frame[:, :40] == 0).all()
    assert (frame[:, 40:280] == 0x07E0).all()
    assert (frame[:, 280:] == 0).all()


def test_a_small_picture_comes_back_nearly_as_it_was(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    smooth = Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8)).resize((32, 32))
    smooth.save(tmp_path / "picture.png")
    seen = images.scale(camera_frame(tmp_path / "picture.png"), 32, 32, 3).astype(int)
    assert abs(seen - np.asarray(smooth)).mean() < 4


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 no picture")
    with pytest.raises(CommandError, match=r"broken\.jpg is no picture"):
        camera_frame(path)
    whole = save(tmp_path / "whole.png", (64, 64)).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CommandError, match=r"broken\.jpg is no picture"):
        camera_frame(path)


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no folder .*nowhere"):
        picture_files(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(CommandError, match="no pictures: put JPEG, PNG or BMP"):
        picture_files(tmp_path)


def test_pictures_are_taken_by_name(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "c.jpeg", "d.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in picture_files(tmp_path)] == ["a.png", "b.JPG", "c.jpeg"]


def test_the_demonstrations_pictures_are_obtained_once_and_mended(tmp_path: Path) -> None:
    paths = cifar10_pictures(tmp_path)
    assert len(paths) == 20
    assert {Image.open(path).size for path in paths} == {(32, 32)}
    stamp = paths[3].stat().st_mtime_ns
    assert cifar10_pictures(tmp_path) == paths
    assert paths[3].stat().st_mtime_ns == stamp
    paths[3].write_bytes(b"damaged")
    assert cifar10_pictures(tmp_path) == paths
    assert Image.open(paths[3]).size == (32, 32)
