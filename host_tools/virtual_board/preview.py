"""A page on this computer that shows what the virtual board's camera sees, marks and all."""

from __future__ import annotations

import hmac
import io
import secrets
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image, ImageDraw

from host_tools.images import rgb565_to_rgb888
from host_tools.pictures import FRAME_HEIGHT, FRAME_WIDTH

ADDRESS = "127.0.0.1"

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


class Preview:
    """Serves the page at `url` until the end of the with statement; `show` gives it a frame.

    Other users of the computer reach the port too, but not the page, whose address has a secret.
    """

    def __init__(self) -> None:
        self._picture = Image.new("RGB", (FRAME_WIDTH, FRAME_HEIGHT))
        words = "no frame yet: run a script"
        ImageDraw.Draw(self._picture).text((90, 115), words, fill=(200, 200, 200))
        self._server = ThreadingHTTPServer((ADDRESS, 0), partial(_Handler, self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.host = f"{ADDRESS}:{self._server.server_port}"
        self.folder = f"/{secrets.token_urlsafe(16)}/"
        self.url = f"http://{self.host}{self.folder}"

    def __enter__(self) -> Preview:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

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


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, preview: Preview, *args: object) -> None:
        self._preview = preview
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        folder, slash, name = self.path.partition("?")[0].rpartition("/")
        secret = self._preview.folder.encode()
        if self.headers.get("Host") != self._preview.host:
            # another site's name may lead to this address: it is not to see the webcam
            self.send_error(403)
        elif not hmac.compare_digest((folder + slash).encode(), secret):
            self.send_error(404)
        elif name == "":
            self._send("text/html", _PAGE)
        elif name == "frame.png":
            self._send("image/png", self._preview.png())
        else:
            self.send_error(404)

    def _send(self, kind: str, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass
