"""What a virtual board's scripts can reach of this computer: what is served here, nothing else.

The board's side is firmware_module/boards/virtual/modules/computer.py. Both see one megabyte of
the board's PSRAM, whose bytes are a file. Requests are the board's word, so nothing is believed.
"""

from __future__ import annotations

import mmap
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from host_tools.errors import CommandError

# memory.ld: _mailbox_start, in the PSRAM; computer.py has the rest
MAILBOX = 3 << 20
_SIZE = 1 << 20
_MAGIC = 0x4C494D49
_START, _REQUEST, _REPLY, _SENT, _GIVEN = 4, 16, 32, 64, 1 << 19
_THERE, _ENDED, _UNKNOWN = 0, 1, 2
# startup.c: what a fault said
_LAST_WORDS = _SIZE - 256

# what scripts may write in all
MOST_WRITTEN = 256 << 20
# a board that asks is likely to ask again
_SOON_SECONDS, _LATER_SECONDS, _SOON_POLLS = 0.0003, 0.003, 200


class Exchange(ABC):
    """Something that a board's scripts ask for, under the name that it has for the board."""

    @abstractmethod
    def answer(self, word: int, content: bytes) -> bytes | None:
        """What a request asks for, None at the end. CommandError ends it with its text."""

    # what the board's script prints at the end, and what it calls this
    last_words = "that was all"
    called = "the computer"


class Written(Exchange):
    """Keeps what scripts give the computer, by their names for it."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def answer(self, word: int, content: bytes) -> bytes:
        name = content[:word].decode("utf8", "replace")
        if sum(map(len, self.files.values())) + len(content) > MOST_WRITTEN:
            raise CommandError(f"the script writes more than {MOST_WRITTEN} bytes")
        self.files[name] = self.files.get(name, b"") + content[word:]
        return b""


class Mailbox:
    """Serves one board, whose PSRAM's bytes are this file, in a thread; a context manager.

    `script` is the text of a headless script and its words, its name first.
    """

    def __init__(
        self,
        memory: Path,
        served: Mapping[str, Exchange],
        script: tuple[bytes, Sequence[str]] | None = None,
    ) -> None:
        self._served = served
        with memory.open("r+b") as file:
            self._box = mmap.mmap(file.fileno(), _SIZE, offset=MAILBOX)
        text, words = script or (b"", ())
        joined = "\0".join(words).encode()
        if len(joined) + len(text) > _GIVEN - _SENT:
            raise CommandError(
                f"the script and its arguments take {len(joined) + len(text)} bytes: "
                f"{_GIVEN - _SENT} are allowed"
            )
        self._box[:_SENT] = bytes(_SENT)
        self._box[_LAST_WORDS:] = bytes(_SIZE - _LAST_WORDS)
        self._box[_SENT : _SENT + len(joined) + len(text)] = joined + text
        struct.pack_into("<III", self._box, 0, _MAGIC, len(joined), len(text))
        self._number = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Mailbox:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        self._box.close()

    @property
    def last_words(self) -> str:
        """What the board said of a fault, "" before."""
        return self._box[_LAST_WORDS:].rstrip(b"\0").decode("utf8", "replace")

    def _serve(self) -> None:
        idle = _SOON_POLLS
        while not self._stop.wait(_LATER_SECONDS if idle >= _SOON_POLLS else _SOON_SECONDS):
            number, name_size, word, size = struct.unpack_from("<IIII", self._box, _REQUEST)
            idle += 1
            if number != self._number:
                idle = 0
                self._number = number
                self._reply(*self._answer(name_size, word, size))

    def _answer(self, name_size: int, word: int, size: int) -> tuple[int, bytes]:
        sent = self._box[_SENT : min(_SENT + name_size + size, _GIVEN)]
        if name_size == 0:  # it asks whether there is something under the name that is sent
            return _THERE if sent.decode("utf8", "replace") in self._served else _UNKNOWN, b""
        served = self._served.get(sent[:name_size].decode("utf8", "replace"))
        if served is None:
            return _UNKNOWN, b""
        try:
            answer = served.answer(word, sent[name_size:])
        except CommandError as error:
            words = str(error)
        except Exception as error:  # it must not leave the board waiting
            words = f"the computer's side failed: {error}"
        else:
            if answer is not None:
                return _THERE, answer
            words = served.last_words
        return _ENDED, f"{served.called}: {words}".encode()

    def _reply(self, went: int, content: bytes) -> None:
        content = content[: _LAST_WORDS - _GIVEN]
        self._box[_GIVEN : _GIVEN + len(content)] = content
        struct.pack_into("<II", self._box, _REPLY + 4, went, len(content))
        struct.pack_into("<I", self._box, _REPLY, self._number)
