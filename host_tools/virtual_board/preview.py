"""A page on this computer that shows what the virtual board's camera sees, marks and all."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

from host_tools.images import rgb565_to_rgb888
from host_tools.page_server import Content, PageServer
from host_tools.pictures import FRAME_HEIGHT, FRAME_WIDTH

_PAGE = b"""<!doctype html>
<meta charset="utf-8"><title>Inkling: the virtual camera</title>
<style>
  body { background: #222; color: #ccc; font: 16px sans-serif; text-align: center }
  img { width: min(95vw, 960px); image-rendering: pixelated }
</style>
<img id="frame" src="frame.png" alt="what the virtual camera sees">
<p>What the virtual camera sees, 320x240, with what the script draws on it.
<script>
  const frame = document.getElementById("frame");
  const refresh = () => { frame.src = "frame.png?" + Date.now() };
  frame.onload = frame.onerror = () => setTimeout(refresh, 100);
</script>
"""


class Preview(PageServer):
    """Serves the page at `url` until the end of the with statement; `show` gives it a frame."""

    def __init__(self) -> None:
        self._picture = Image.new("RGB", (FRAME_WIDTH, FRAME_HEIGHT))
        words = "no frame yet: run a script"
        ImageDraw.Draw(self._picture).text((90, 115), words, fill=(200, 200, 200))
        super().__init__(self._content)

    def __enter__(self) -> Preview:
        super().__enter__()
        return self

    def show(self, frame: np.ndarray) -> None:
        """Takes a frame: uint8 [240, 320] (grayscale) or uint16 [240, 320] (RGB565)."""
        self._picture = Image.fromarray(
            rgb565_to_rgb888(frame) if frame.dtype == np.uint16 else frame
        )

    def png(self) -> bytes:
        """The last frame as a PNG file."""
        file = io.BytesIO()
        self._picture.save(file, "png", compress_level=1)
        return file.getvalue()

    def _content(self, name: str, query: dict[str, str]) -> Content | None:
        if name == "":
            return "text/html", _PAGE
        return ("image/png", self.png()) if name == "frame.png" else None
