"""Serves a page to the browsers of this user on this computer: its address has a secret.

Other users of the computer reach the port too, but not the page; and no other site's page does.
"""

from __future__ import annotations

import hmac
import secrets
import sys
import threading
import urllib.parse
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ADDRESS = "127.0.0.1"
MOST_BODY = 10_000
# a connection that asks for nothing
_IDLE_SECONDS = 30

# its type and its bytes
Content = tuple[str, bytes]
Get = Callable[[str, dict[str, str]], Content | None]
Post = Callable[[str, bytes], Content | None]


class PageServer:
    """Serves at `url` until the end of the with statement; None of what it calls is a 404.

    `get` is called with a name ("" is the page) and what stands behind the question mark, `post`
    with a name and the body; each by a thread of its own.
    """

    def __init__(self, get: Get, post: Post = lambda name, body: None) -> None:
        self.get, self.post = get, post
        self._server = _Server((ADDRESS, 0), partial(_Handler, self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.host = f"{ADDRESS}:{self._server.server_port}"
        self.folder = f"/{secrets.token_urlsafe(16)}/"
        self.url = f"http://{self.host}{self.folder}"

    def __enter__(self) -> PageServer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *request: Any) -> None:
        """A browser that goes away is no error."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(*request)


class _Handler(BaseHTTPRequestHandler):
    timeout = _IDLE_SECONDS

    def __init__(self, page: PageServer, *args: object) -> None:
        self._page = page
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        name = self._name()
        if name is not None:
            query = urllib.parse.urlsplit(self.path).query
            self._answer(self._page.get(name, dict(urllib.parse.parse_qsl(query))))

    def do_POST(self) -> None:
        name = self._name()
        if name is None:
            return
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal() and int(length) <= MOST_BODY):
            self.send_error(413)
            return
        self._answer(self._page.post(name, self.rfile.read(int(length))))

    def _name(self) -> str | None:
        """What is asked for, None where an error is the answer."""
        folder, slash, name = self.path.partition("?")[0].rpartition("/")
        if self.headers.get("Host") != self._page.host:
            # another site's name may lead to this address: it is not to see the camera
            self.send_error(403)
        elif not hmac.compare_digest((folder + slash).encode(), self._page.folder.encode()):
            self.send_error(404)
        else:
            return name
        return None

    def _answer(self, content: Content | None) -> None:
        if content is None:
            self.send_error(404)
            return
        kind, data = content
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "DENY")
        # nothing is loaded from elsewhere, and nothing goes there
        self.send_header("Content-Security-Policy", "default-src 'self' data: 'unsafe-inline'")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass
