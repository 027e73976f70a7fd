"""Runs a script on a board and listens to it: the board may go away, and come back."""

from __future__ import annotations

import codecs
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from host_tools.device.connection import BoardError, Device, open_device
from host_tools.device.on_board import source
from host_tools.errors import CommandError
from host_tools.view.frame import FrameError, read_frame
from host_tools.view.live import Live
from host_tools.view.protocol import Damaged, Ended, Event, Message, Printed, Splitter

# how long is waited for what the board says, and between two looks for a board that is gone
_READ_SECONDS = 0.1
_AGAIN_SECONDS = 1.0
# of these the first are told in the terminal
_MOST_TOLD = 3


@dataclass
class Session:
    """`port` finds the board each time that it is looked for, or raises CommandError."""

    port: Callable[[], str]
    script: str
    name: str
    live: Live
    _decoder: codecs.IncrementalDecoder = field(init=False)

    def run(self) -> bool:
        """Until the script ends; whether it ended well.

        Raises CommandError where the board cannot be had at first; where it goes away later, it
        is waited for, and the script starts anew.
        """
        first = True
        while True:
            try:
                with open_device(self.port()) as device:
                    self._start(device)
                    first = False
                    self._tell(f"{self.name} runs on {device.port}", running=True)
                    return self._ended(self._listen(device))
            except CommandError as error:
                if first:
                    raise
                self._tell(f"{error}; waiting for it", running=False)
                time.sleep(_AGAIN_SECONDS)

    def _start(self, device: Device) -> None:
        _, settings, measure = self.live.asked()
        names = ["sensor"] if _takes_sensor_alone(self.script) else []
        arguments = f"{settings!r}, {measure!r}, {names!r}"
        try:
            device.exec(
                f"view = {{}}\nexec({source('view')!r}, view)\nview['begin']({arguments})\n"
                "del view\nimport gc\ngc.collect()"
            )
        except BoardError as error:
            raise CommandError(
                f"{device.port}: the firmware lacks what showing pictures needs ({error}): "
                "flash a build of MicroPython with its usual modules"
            ) from None
        device.start(self.script)

    def _listen(self, device: Device) -> bytes:
        """Until the script's end; returns its traceback."""
        splitter = Splitter()
        self._decoder = codecs.getincrementaldecoder("utf8")("replace")
        sent, sent_settings, _ = self.live.asked()
        while True:
            data = device.read(_READ_SECONDS)
            for event in splitter.take(data, time.monotonic()):
                if isinstance(event, Ended):
                    return event.traceback
                self._take(event)
            asked, settings, measure = self.live.asked()
            if asked != sent:
                changed = [
                    {name: value}
                    for name, value in settings.items()
                    if sent_settings.get(name) != value
                ]
                for one in changed or [{}]:
                    line = json.dumps({"settings": one, "measure": measure})
                    device.write(f"{line}\n".encode())
                sent, sent_settings = asked, settings

    def _take(self, event: Event) -> None:
        match event:
            case Printed(data):
                text = self._decoder.decode(data).replace("\r", "")
                sys.stdout.write(text)
                sys.stdout.flush()
                self.live.text(text)
            case Message():
                try:
                    self.live.frame(read_frame(event))
                except FrameError as error:
                    self._damaged(str(error))
            case Damaged(size):
                self._damaged(f"{size} bytes are no whole frame")

    def _damaged(self, why: str) -> None:
        count = self.live.damaged()
        if count <= _MOST_TOLD:
            more = ", and so on" if count == _MOST_TOLD else ""
            print(f"host_tools: a damaged frame: {why}{more}", file=sys.stderr, flush=True)

    def _ended(self, traceback: bytes) -> bool:
        text = traceback.decode("utf8", "replace").replace("\r", "").strip()
        if not text or BoardError(text).kind == "SystemExit":
            self._tell(f"{self.name} has ended", running=False)
            return True
        self.live.text(f"\n{text}\n")
        print(text)
        self._tell(f"{self.name} failed on the board: {BoardError(text).text or text}", False)
        return False

    def _tell(self, words: str, running: bool) -> None:
        self.live.status(words, running)
        print(words, flush=True)


def _takes_sensor_alone(script: str) -> bool:
    """Where firmware has csi, its older sensor is watched only then: to import it starts it."""
    return bool(re.search(r"\bsensor\b", script)) and not re.search(r"\bcsi\b", script)
