"""What the page shows, between the thread that listens to the board and those of the server."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import deque
from typing import Any

from host_tools.text import plain, plain_lines
from host_tools.view.frame import Frame, Setting
from host_tools.view.recorder import Recorder

# a page that waits for news asks again after so long
WAIT_SECONDS = 5.0
# of what the script prints the page has the last
MOST_TEXT = 8000
# the rate is that of the last frames, and of none that are older than this
_RATE_FRAMES, _RATE_SECONDS = 20, 3.0


class Live:
    """Each change has a number; a page that knows one waits for the next.

    `status` says in words what goes on, `running` whether frames may come.
    """

    def __init__(self, recorder: Recorder | None) -> None:
        self.recorder = recorder
        self._changed = threading.Condition()
        self._number = 0
        self._frame_number = 0
        self._frame: Frame | None = None
        self._operators: Any = None
        self._arrivals: deque[float] = deque(maxlen=_RATE_FRAMES)
        self._text = ""
        self._status, self._running = "waiting for the board", False
        self._settings: dict[str, Setting] = {}
        self._measure = False
        self._asked = 0
        self._damaged = 0

    # --- for the board's side --------------------------------------------------------------------

    def frame(self, frame: Frame) -> None:
        with self._changed:
            self._frame = frame
            self._frame_number += 1
            if frame.operators is not None:
                self._operators = frame.operators
            self._arrivals.append(time.monotonic())
            self._news()
        if self.recorder:
            self.recorder.keep(frame)

    def text(self, text: str) -> None:
        with self._changed:
            self._text = (self._text + text)[-MOST_TEXT:]
            self._news()

    def status(self, words: str, running: bool) -> None:
        with self._changed:
            self._status, self._running = plain(words), running
            self._arrivals.clear()
            self._news()

    def damaged(self) -> int:
        """One more message that is no frame; how many there were."""
        with self._changed:
            self._damaged += 1
            self._news()
            return self._damaged

    def asked(self) -> tuple[int, dict[str, Setting], bool]:
        """What was set on the page: a number that grows with it, settings, and `measure`."""
        with self._changed:
            return self._asked, dict(self._settings), self._measure

    # --- for the page ----------------------------------------------------------------------------

    def news(self, known: int, known_frame: int) -> bytes:
        """What there is, in JSON, as soon as it is more than `known`; or after some seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._number > known, WAIT_SECONDS)
            told: dict[str, Any] = {
                "number": self._number,
                "status": self._status,
                "running": self._running,
                "text": plain_lines(self._text),
                "damaged": self._damaged,
                "rate": self._rate(),
                "recording": self.recorder.told() if self.recorder else None,
                "frameNumber": self._frame_number,
                "asked": self._settings,
                "measure": self._measure,
                "operators": self._operators,
            }
            frame = self._frame if self._frame_number > known_frame else None
        if frame:
            told["frame"] = {
                "width": frame.width,
                "height": frame.height,
                "kind": frame.kind,
                "picture": base64.b64encode(frame.picture).decode("ascii"),
                "labels": frame.labels,
                "boxes": frame.boxes,
                "settings": frame.settings,
                "model": frame.model,
                "ms": frame.ms,
            }
        return json.dumps(told).encode()

    def ask(self, body: bytes) -> bool:
        """Takes settings from the page; False where they are none of the script's."""
        try:
            told = json.loads(body)
            settings, measure = dict(told["settings"]), told["measure"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return False
        with self._changed:
            known = {} if self._frame is None else self._frame.settings
            if type(measure) is not bool or not all(
                name in known and _is_setting(value) for name, value in settings.items()
            ):
                return False
            self._settings.update(settings)
            self._measure = measure
            if not measure:
                self._operators = None
            self._asked += 1
            self._news()
            return True

    def record(self, body: bytes) -> bool:
        if self.recorder is None or body not in (b"true", b"false"):
            return False
        self.recorder.on = body == b"true"
        with self._changed:
            self._news()
        return True

    def _news(self) -> None:
        self._number += 1
        self._changed.notify_all()

    def _rate(self) -> float | None:
        """Frames a second, from the first of the last ones to the last."""
        now = time.monotonic()
        times = [at for at in self._arrivals if now - at < _RATE_SECONDS]
        if len(times) < 2 or times[-1] == times[0]:
            return None
        return (len(times) - 1) / (times[-1] - times[0])


def _is_setting(value: Any) -> bool:
    # NaN is none
    return type(value) is bool or (type(value) in (int, float) and abs(value) < 1e15)
