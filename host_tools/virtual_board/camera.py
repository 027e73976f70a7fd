"""Gives the virtual board's camera its frames while a script runs, and shows what it drew on them.

The board's side is micropython_lib/virtual_camera.py. They exchange two files through semihosting.
`request` comes from the board: a number, the bytes a pixel of the last frame as the script left it
(1 grayscale, 2 RGB565), and its pixels; 0 and none where the frames begin anew. `reply` goes back:
the same number and 0, then a frame in RGB565; or 1, then a text, at the end. Numbers are 32 bits
wide, little-endian.
"""

from __future__ import annotations

import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from host_tools.camera_source import Source
from host_tools.errors import CommandError
from host_tools.files import write_whole
from host_tools.pictures import FRAME_HEIGHT, FRAME_WIDTH
from host_tools.places import ROOT

BOARD_LIBRARY = ROOT / "micropython_lib"
LAST_PICTURE = "that was the last picture"

_HEADER = struct.Struct("<II")
_PIXELS = FRAME_WIDTH * FRAME_HEIGHT
_POLL_SECONDS = 0.003


class Camera:
    """Serves the frames of a source to one virtual board, as a context manager.

    `show` is called with each frame as the script left it: uint8 [240, 320] or uint16 (RGB565).
    """

    def __init__(self, source: Source, show: Callable[[np.ndarray], None]) -> None:
        self._source = source
        self._show = show
        self._frames: Iterator[np.ndarray] = iter(())
        self._number = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Camera:
        self._temporary = tempfile.TemporaryDirectory(prefix="inkling-")
        self._folder = Path(self._temporary.name)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        self._temporary.cleanup()

    def romfs(self) -> dict[str, bytes | Path]:
        """What the board needs in /rom; the camera scripts take classify.py from there."""
        files: dict[str, bytes | Path] = {
            name: BOARD_LIBRARY / name for name in ("virtual_camera.py", "classify.py")
        }
        return files | {"camera.path": str(self._folder).encode()}

    def _serve(self) -> None:
        try:
            while not self._stop.wait(_POLL_SECONDS):
                request = self._request()
                if request:
                    self._answer(*request)
        except BaseException as error:
            self._reply(1, f"the computer's side failed: {error}".encode())
            raise

    def _request(self) -> tuple[int, bytes] | None:
        """A new request: bytes a pixel, and pixels. None while it is not there, or not whole."""
        try:
            with (self._folder / "request").open("rb") as file:
                number, depth = _HEADER.unpack(file.read(_HEADER.size))
                if number == self._number:
                    return None
                pixels = file.read()
        except (OSError, struct.error):
            return None
        if len(pixels) != depth * _PIXELS:
            return None
        self._number = number
        return depth, pixels

    def _answer(self, depth: int, pixels: bytes) -> None:
        if depth:
            drawn = np.frombuffer(pixels, "<u2" if depth == 2 else np.uint8)
            self._show(drawn.reshape(FRAME_HEIGHT, FRAME_WIDTH))
        else:
            self._frames = self._source()
        try:
            self._reply(0, next(self._frames).astype("<u2").tobytes())
        except StopIteration:
            self._reply(1, LAST_PICTURE.encode())
        except CommandError as error:
            self._reply(1, str(error).encode())

    def _reply(self, ended: int, content: bytes) -> None:
        write_whole(self._folder / "reply", _HEADER.pack(self._number, ended) + content)
