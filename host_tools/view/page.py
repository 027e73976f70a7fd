"""The page of `host_tools view`: its files, and what it asks for."""

from __future__ import annotations

from pathlib import Path

from host_tools.page_server import Content, PageServer
from host_tools.view.live import Live

_FILES = {"": "text/html", "page.js": "text/javascript", "page.css": "text/css"}


class Page(PageServer):
    def __init__(self, live: Live) -> None:
        super().__init__(self._get, self._post)
        self._live = live

    def __enter__(self) -> Page:
        super().__enter__()
        return self

    def _get(self, name: str, query: dict[str, str]) -> Content | None:
        if name in _FILES:
            path = Path(__file__).with_name(name or "page.html")
            return f"{_FILES[name]}; charset=utf-8", path.read_bytes()
        if name != "news":
            return None
        known = [query.get(word, "") for word in ("known", "frame")]
        if not all(
            number.isascii() and number.isdecimal() and len(number) < 16 for number in known
        ):
            return None
        return "application/json", self._live.news(*map(int, known))

    def _post(self, name: str, body: bytes) -> Content | None:
        taken = {"ask": self._live.ask, "record": self._live.record}.get(name)
        return ("text/plain", b"") if taken and taken(body) else None
