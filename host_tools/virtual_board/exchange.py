"""Gives a running virtual board what its scripts ask for, through two files of a folder.

The board's side is micropython_lib/virtual_exchange.py; it reads and writes the computer's files
by semihosting. `request` comes from the board: a number, a word and what belongs to it. `reply`
goes back: the same number and 0, then what was asked for; or 1, then a text, at the end. Numbers
are 32 bits wide, little-endian.
"""

from __future__ import annotations

import struct
import tempfile
import threading
from abc import ABC, abstractmethod
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.files import write_whole
from host_tools.places import ROOT

BOARD_LIBRARY = ROOT / "micropython_lib"

_HEADER = struct.Struct("<II")
_POLL_SECONDS = 0.003


class Exchange(ABC):
    """Answers one virtual board in a thread of its own, as a context manager."""

    def __init__(self) -> None:
        self._number = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):  # type: ignore[no-untyped-def]  # typing.Self is of Python 3.11
        self._temporary = tempfile.TemporaryDirectory(prefix="inkling-")
        self._folder = Path(self._temporary.name)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        self._temporary.cleanup()

    def romfs(self) -> dict[str, bytes | Path]:
        """What the board needs in /rom."""
        names = ("virtual_exchange.py", *self.scripts)
        files: dict[str, bytes | Path] = {name: BOARD_LIBRARY / name for name in names}
        return files | {self.path_name: str(self._folder).encode()}

    path_name: str  # The file of /rom that says which folder it is.
    scripts: tuple[str, ...]  # Of micropython_lib, that use it.

    @abstractmethod
    def size(self, word: int) -> int:
        """Return how many bytes follow this word in a request."""

    @abstractmethod
    def answer(self, word: int, content: bytes) -> bytes | None:
        """Return what a request asks for, None at the end; CommandError ends it with its text."""

    @property
    @abstractmethod
    def last_words(self) -> str:
        """Return what the board's script prints at the end."""

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
        """A new request's word and content. None while it is not there, or not whole."""
        try:
            with (self._folder / "request").open("rb") as file:
                number, word = _HEADER.unpack(file.read(_HEADER.size))
                if number == self._number:
                    return None
                content = file.read()
        except (OSError, struct.error):
            return None
        if len(content) != self.size(word):
            return None
        self._number = number
        return word, content

    def _answer(self, word: int, content: bytes) -> None:
        try:
            answer = self.answer(word, content)
        except CommandError as error:
            self._reply(1, str(error).encode())
        else:
            self._reply(*((1, self.last_words.encode()) if answer is None else (0, answer)))

    def _reply(self, ended: int, content: bytes) -> None:
        write_whole(self._folder / "reply", _HEADER.pack(self._number, ended) + content)
