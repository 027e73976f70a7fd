"""Picture files as camera frames."""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from host_tools import images
from host_tools.errors import CommandError
from host_tools.pictures import camera_frame, cifar10_pictures, picture_files, read_pixels


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
    with pytest.raises(CommandError, match="no pictures: put JPEG, PNG, WebP, BMP or HEIC"):
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


def png_of_16_bits(values: np.ndarray, colour_type: int) -> bytes:
    """A PNG of [height, width, channels] values: gray 0, RGB 2, gray and alpha 4."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_of_16_bits_the_upper_8_count(tmp_path: Path, colour_type: int, channels: int) -> None:
    values = np.array([[0, 255, 256, 0x7FFF, 0x80FF, 0xFFFF]])
    path = tmp_path / "picture.png"
    path.write_bytes(png_of_16_bits(np.repeat(values[..., None], channels, 2), colour_type))
    pixels = read_pixels(path)
    assert (pixels.dtype, pixels.shape) == (np.uint8, (1, 6, 3))
    assert pixels[0].tolist() == [[value] * 3 for value in (0, 0, 1, 127, 128, 255)]


# what is stored sideways: its left is shown on top
@pytest.mark.parametrize("suffix", ["jpg", "webp", "heic"])
def test_pictures_of_cameras_are_read_upright(tmp_path: Path, suffix: str) -> None:
    if suffix == "heic":
        pytest.importorskip("pillow_heif").register_heif_opener()
    picture = Image.new("RGB", (64, 32), (255, 0, 0))
    picture.paste((0, 0, 255), (32, 0, 64, 32))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    path = tmp_path / f"picture.{suffix}"
    picture.save(path, exif=exif.tobytes(), quality=95)
    pixels = read_pixels(path).astype(int)
    assert pixels.shape == (64, 32, 3)
    assert abs(pixels[8, 16] - (255, 0, 0)).max() < 8
    assert abs(pixels[56, 16] - (0, 0, 255)).max() < 8


def test_heic_without_its_library_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(CommandError) as caught:
        read_pixels(tmp_path / "a.HEIC")
    assert str(caught.value) == (
        f"{tmp_path}/a.HEIC: pictures in HEIC need pillow-heif: .venv/bin/pip install -e "
        "'.[heic]' in the checkout"
    )


def test_a_picture_of_more_pixels_than_the_board_takes_is_averaged_first(tmp_path: Path) -> None:
    wide = np.zeros((2, 16386, 3), np.uint8)
    wide[:, 8193:] = 200
    Image.fromarray(wide).save(tmp_path / "wide.png")
    pixels = read_pixels(tmp_path / "wide.png")
    assert pixels.shape == (1, 8193, 3)
    assert pixels[0, 4095].tolist() == [0] * 3 and pixels[0, 4097].tolist() == [200] * 3
    assert images.scale(pixels, 1, 1, 1).tolist() == [[[100]]]
    Image.fromarray(wide[:, :16384]).save(tmp_path / "whole.png")
    np.testing.assert_array_equal(read_pixels(tmp_path / "whole.png"), wide[:, :16384])
