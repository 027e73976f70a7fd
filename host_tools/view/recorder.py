"""Keeps frames in a folder: each as a file, and what was found on it as a line of frames.jsonl."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.view.frame import Frame

LIST = "frames.jsonl"
_SUFFIX = {"png": ".png", "jpeg": ".jpg"}


class Recorder:
    """Numbers frames on from the last one in the folder; nothing there is written over.

    Raises CommandError where the folder cannot be made or read. What fails later stops it, and
    `told` says why.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.on = True
        self._kept = 0
        self._trouble = ""
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            numbers = [
                int(found[1])
                for path in folder.iterdir()
                if (found := re.fullmatch(r"frame_(\d{1,9})\.(png|jpg)", path.name))
            ]
        except OSError as error:
            raise CommandError(
                f"--record {folder}: frames cannot be kept there: {error.strerror}"
            ) from None
        self._last = max(numbers, default=0)

    def told(self) -> dict[str, object]:
        """Whether it records, where, how many it has kept, and why it stopped by itself."""
        return {
            "on": self.on,
            "folder": str(self.folder),
            "kept": self._kept,
            "trouble": self._trouble,
        }

    def keep(self, frame: Frame) -> None:
        if not self.on:
            return
        with self._lock:
            name = f"frame_{self._last + 1:06}{_SUFFIX[frame.kind]}"
            line = {
                "file": name,
                "labels": frame.labels,
                "boxes": frame.boxes,
                "settings": frame.settings,
                "model": frame.model,
            }
            try:
                with (self.folder / name).open("xb") as file:
                    file.write(frame.picture)
                with (self.folder / LIST).open("a", encoding="utf8") as file:
                    file.write(json.dumps(line) + "\n")
            except OSError as error:
                self.on, self._trouble = False, f"recording stopped: {error.strerror}"
                return
            self._last += 1
            self._kept += 1
            self._trouble = ""
