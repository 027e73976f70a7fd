"""Gives the virtual board's camera its frames while a script runs, and shows what it drew on them.

The board's side is micropython_lib/virtual_camera.py. A request's word is the bytes a pixel of the
last frame as the script left it (1 grayscale, 2 RGB565), its pixels follow; 0 and none where the
frames begin anew. A frame in RGB565 comes back. Pictures become JPEG here too: the word is their
width (16 bits), bytes a pixel and quality (8 each), the pixels follow, the file comes back.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from host_tools.camera_source import Source
from host_tools.errors import CommandError
from host_tools.images import rgb565_to_rgb888
from host_tools.pictures import FRAME_HEIGHT, FRAME_WIDTH
from host_tools.places import BOARD_LIBRARY
from host_tools.virtual_board.mailbox import Exchange

LAST_PICTURE = "that was the last picture"
_PIXELS = FRAME_WIDTH * FRAME_HEIGHT


class Camera(Exchange):
    """Serves the frames of a source to one virtual board.

    `show` is called with each frame as the script left it: uint8 [240, 320] or uint16 (RGB565).
    """

    last_words = LAST_PICTURE
    called = "virtual camera"

    def __init__(self, source: Source, show: Callable[[np.ndarray], None]) -> None:
        self._source = source
        self._show = show
        self._frames: Iterator[np.ndarray] = iter(())

    def romfs(self) -> dict[str, bytes | Path | Exchange]:
        """What the board needs in /rom, and itself.

        The camera scripts take classify.py from there.
        """
        names = ("virtual_camera.py", "classify.py")
        return {"camera": self, "jpeg": Jpeg(), **{name: BOARD_LIBRARY / name for name in names}}

    def answer(self, word: int, content: bytes) -> bytes | None:
        if word:
            if len(content) != word * _PIXELS or word > 2:
                raise CommandError(f"the board sends {len(content)} bytes, which are no frame")
            drawn = np.frombuffer(content, "<u2" if word == 2 else np.uint8)
            self._show(drawn.reshape(FRAME_HEIGHT, FRAME_WIDTH))
        else:
            self._frames = self._source()
        frame = next(self._frames, None)
        return None if frame is None else frame.astype("<u2").tobytes()


class Jpeg(Exchange):
    """Encodes pictures, as cameras do in hardware."""

    called = "virtual camera"

    def answer(self, word: int, content: bytes) -> bytes:
        width, depth, quality = word >> 16, word >> 8 & 255, word & 255
        if depth not in (1, 2) or not width or not content or len(content) % (width * depth):
            raise CommandError(f"the board sends {len(content)} bytes, which are no picture")
        pixels = np.frombuffer(content, "<u2" if depth == 2 else np.uint8).reshape(-1, width)
        file = io.BytesIO()
        picture = Image.fromarray(rgb565_to_rgb888(pixels) if depth == 2 else pixels)
        picture.save(file, "jpeg", quality=min(95, quality))
        return file.getvalue()
