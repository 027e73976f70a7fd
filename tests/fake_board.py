"""A board at the end of a pseudo-terminal that speaks MicroPython's raw REPL, and misbehaves.

The protocol is that of MicroPython 1.25's shared/runtime/pyexec.c, which mpremote speaks.
"""

from __future__ import annotations

import os
import re
import select
import threading
import tty
from collections.abc import Callable

BANNER = b"raw REPL; CTRL-B to exit\r\n"
_KEYS = re.compile(rb"\r?(\x01)|(\x05A\x01)|\r?[\x02\x03]|(\x04)|([^\x01-\x05]+)\x04")
# what the commands ask, and what a board with Inkling and 1 MB of files says
HONEST = (
    ("os.uname", "('Fake with STM32H743', '1.25.0', 'v1.25.0', 480000000, 400000, ['flash'])"),
    ("rom_ioctl", "False"),
    ("is_folder('/flash')", "True"),
    ("is_folder", "False"),
    ("statvfs", "1048576"),
    ("__file__", "''"),
    ("'_mpy'", "10758"),  # armv7emdp, 6.3
    ("lib[0]", "'/flash/lib'"),
    ("in_firmware", "False"),
    ("ilistdir", "[]"),
    ("listdir", "[]"),
    ("os.stat", "7"),
)


def honest(code: str) -> bytes:
    """The answer of a board that does as it is asked, as far as it goes."""
    if "print(repr(" in code:
        for words, answer in HONEST:
            if words in code:
                return answer.encode() + b"\r\n\x04\x04>"
    return b"\x04\x04>"


class FakeBoard:
    """Answers code by `answer`, called with it and how often it was before; a context manager.

    None is silence from then on, an answer with b"..." at its end goes on for ever. `reset` is
    what comes of a soft reset, `start` of Ctrl-A.
    """

    def __init__(
        self,
        answer: Callable[[str, int], bytes | None] = lambda code, before: honest(code),
        *,
        start: bytes | None = BANNER + b">",
        reset: bytes | None = b"OK\r\nMPY: soft reboot\r\n" + BANNER + b">",
        paste: bytes | None = b"R\x00",
        accept: bytes = b"OK",
    ) -> None:
        self.answer, self.start, self.reset = answer, start, reset
        self.paste, self.accept = paste, accept
        self.asked = 0
        self.silent = False

    def __enter__(self) -> FakeBoard:
        self._own, self._port = os.openpty()
        tty.setraw(self._port)
        os.set_blocking(self._own, False)
        self.port = os.ttyname(self._port)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        os.close(self._own)
        os.close(self._port)

    def _serve(self) -> None:
        got = b""
        while not self._stop.is_set():
            if not select.select([self._own], [], [], 0.02)[0]:
                continue
            try:
                got += os.read(self._own, 4096)
            except OSError:
                return
            got = self._take(got)

    def _take(self, got: bytes) -> bytes:
        """Answers what is whole of what came; returns the rest."""
        while got:
            # Ctrl-A, raw paste, Ctrl-B or Ctrl-C, a soft reset, code
            found = re.match(
                rb"\r?(\x01)|(\x05A\x01)|\r?[\x02\x03]|(\x04)|([^\x01-\x05]+)\x04", got
            )
            if not found:
                return got
            got = got[found.end() :]
            if found[1]:
                self._say(self.start)
            elif found[2]:
                self._say(self.paste)
            elif found[3]:
                self._say(self.reset)
            elif found[4]:
                self.asked += 1
                answer = self.answer(found[4].decode(), self.asked - 1)
                self._say(None if answer is None else self.accept + answer)
        return got

    def _say(self, words: bytes | None) -> None:
        if words is None:
            self.silent = True
        if self.silent:
            return
        assert words is not None
        endless = words.endswith(b"...")
        while words and not self._stop.is_set():
            if select.select([], [self._own], [], 0.02)[1]:
                try:
                    words = words[os.write(self._own, words) :]
                except OSError:
                    return
            if endless and len(words) < 100:
                words = words.removesuffix(b"...") + b"spam " * 1000 + b"..."
