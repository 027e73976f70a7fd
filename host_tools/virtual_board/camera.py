"""Gives the virtual board's camera its frames while a script runs, and shows what it drew on them.

The board's side is micropython_lib/virtual_camera.py. A request's word is the bytes a pixel of the
last frame as the script left it (1 grayscale, 2 RGB565), its pixels follow; 0 and none where the
frames begin anew. A frame in RGB565 comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from host_tools.camera_source import Source
from host_tools.pictures import FRAME_HEIGHT, FRAME_WIDTH
from host_tools.virtual_board.exchange import Exchange

LAST_PICTURE = "that was the last picture"
_PIXELS = FRAME_WIDTH * FRAME_HEIGHT


class Camera(Exchange):
    """Serves the frames of a source to one virtual board, as a context manager.

    `show` is called with each frame as the script left it: uint8 [240, 320] or uint16 (RGB565).
    """

    path_name = "camera.path"
    scripts = (
        "virtual_camera.py",
        "classify.py",
    )  # The camera scripts take classify.py from /rom.
    last_words = LAST_PICTURE

    def __init__(self, source: Source, show: Callable[[np.ndarray], None]) -> None:
        super().__init__()
        self._source = source
        self._show = show
        self._frames: Iterator[np.ndarray] = iter(())

    def size(self, word: int) -> int:
        return word * _PIXELS

    def answer(self, word: int, content: bytes) -> bytes | None:
        if word:
            drawn = np.frombuffer(content, "<u2" if word == 2 else np.uint8)
            self._show(drawn.reshape(FRAME_HEIGHT, FRAME_WIDTH))
        else:
            self._frames = self._source()
        frame = next(self._frames, None)
        return None if frame is None else frame.astype("<u2").tobytes()
