"""Makes docs/view.png: the page of `host_tools view`, with detect.py on the virtual board.

    .venv/bin/python tests/view_picture.py

The network and the scene are drawn here: it finds what is red and what is green.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from browser import Browser
from PIL import Image, ImageDraw

sys.path += [str(Path(__file__).parent / "firmware"), str(Path(__file__).parents[1])]
from test_detect import GRID, build_finder  # noqa: E402

from host_tools.files import temporary_folder  # noqa: E402
from host_tools.pack import pack  # noqa: E402

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs/view.png"
# columns and rows of the network's grid
FRUIT = [
    (2, 2, "#d01010"), (5, 3, "#08a018"), (8, 2, "#d01010"), (10, 5, "#08a018"),
    (3, 8, "#d01010"), (6, 7, "#08a018"), (9, 9, "#d01010"),
]  # fmt: skip


def scene(step: int) -> Image.Image:
    """A table with fruit, some of which roll."""
    across, down = np.meshgrid(np.linspace(0, 1, 320), np.linspace(0, 1, 240))
    light = 165 - 40 * across - 30 * down
    image = Image.fromarray(np.stack([light, light, light], -1).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for i, (column, row, colour) in enumerate(FRUIT):
        x = (column + 0.5) * 320 / GRID + step % 3 * (i % 3 - 1)
        y = (row + 0.5) * 240 / GRID
        pen.ellipse((x - 12, y - 4, x + 17, y + 15), fill="#5c5c5c")
        pen.ellipse((x - 13, y - 13, x + 13, y + 13), fill=colour)
        pen.ellipse((x - 6, y - 8, x - 2, y - 4), fill="#ffffff")
    return image


def make_files(folder: Path, frames: int) -> Sequence[str | Path]:
    """What the command needs in this folder; returns its words, behind `host_tools view`."""
    (folder / "fruit.ink").write_bytes(pack(build_finder(), name="fruit"))
    (folder / "fruit.txt").write_text("cherry\nlime\n")
    pictures = folder / "pictures"
    pictures.mkdir()
    for step in range(frames):
        scene(step).save(pictures / f"{step:05}.bmp")
    rom = [folder / "fruit.ink", folder / "fruit.txt"]
    script = ROOT / "micropython_lib/detect.py"
    return [script, "--on", "sim", "--camera", pictures, "--romfs", *rom]


class Viewing:
    """`host_tools view` with these words; `url` is its page's, `said` what it printed so far."""

    def __init__(self, folder: Path, words: Sequence[str | Path]) -> None:
        self.log, self.words = folder / "log", words

    def __enter__(self) -> Viewing:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "host_tools", "view", *map(str, self.words)],
                stdout=log,
                stderr=log,
                cwd=ROOT,
            )
        while not (found := re.search("the page: (.*)\n", self.said)):
            assert self.process.poll() is None, self.said
            time.sleep(0.05)
        self.url = found[1]
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def said(self) -> str:
        return self.log.read_text()


def show_all(browser: Browser, url: str) -> bytes:
    """Waits until the page shows boxes and operators; returns a picture of it."""
    browser.open(url)
    browser.until("document.querySelectorAll('#labels tr').length >= 5")
    browser.evaluate("document.getElementById('measure').click()")
    browser.until("document.querySelectorAll('#operators tr').length >= 5")
    browser.until("document.getElementById('rates').textContent.includes('frames/s ')")
    return browser.screenshot()


def smaller(png: bytes) -> bytes:
    """The same in at most 256 colours."""
    file = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
        file, "png", optimize=True
    )
    return file.getvalue()


if __name__ == "__main__":
    with temporary_folder() as name:
        folder = Path(name)
        words = make_files(folder, 500)
        with Viewing(folder, words) as view, Browser(folder / "browser") as page:
            PICTURE.write_bytes(smaller(show_all(page, view.url)))
    print(PICTURE, len(PICTURE.read_bytes()))
