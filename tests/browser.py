"""A page in headless Chromium, by its DevTools protocol over pipes; skips where it is missing."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

PROGRAM = shutil.which("chromium")
OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--hide-scrollbars", "--force-color-profile=srgb",
    "--remote-debugging-pipe",
]  # fmt: skip
ANSWER_SECONDS = 60.0


class Browser:
    """One page of width x height CSS pixels; what it downloads goes into `folder`."""

    def __init__(self, folder: Path, width: int = 1100, height: int = 760) -> None:
        if PROGRAM is None:
            pytest.skip("needs the program chromium (Debian: chromium)")
        self.folder, self.width, self.height = folder, width, height
        self.errors: list[str] = []
        self._number = 0
        self._got = b""

    def __enter__(self) -> Browser:
        theirs, self._to = os.pipe()
        self._from, ours = os.pipe()
        profile = self.folder / "profile"
        profile.mkdir(parents=True)
        words = [
            *OPTIONS,
            f"--user-data-dir={profile}",
            f"--window-size={self.width},{self.height}",
        ]
        # the protocol's descriptors are 3 and 4
        command = f'exec "$@" 3<&{theirs} 4>&{ours}'
        self._process = subprocess.Popen(
            ["bash", "-c", command, "bash", str(PROGRAM), *words, "about:blank"],
            pass_fds=[theirs, ours],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(self.folder)},
        )
        os.close(theirs)
        os.close(ours)
        [page] = [
            target
            for target in self._call("Target.getTargets")["targetInfos"]
            if target["type"] == "page"
        ]
        self._session = self._call(
            "Target.attachToTarget", targetId=page["targetId"], flatten=True
        )["sessionId"]
        self.call("Runtime.enable")
        self.call("Page.enable")
        self.call("Log.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=self.width, height=self.height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        self._call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.folder))
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._to)  # which ends it
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._from)

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript, awaited."""
        told = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in told, f"{expression}: {told['exceptionDetails']}"
        return told["result"].get("value")

    def until(self, expression: str, seconds: float = 30.0) -> Any:
        """Waits until it is true; returns its value."""
        end = time.monotonic() + seconds
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.05)
        return value

    def screenshot(self) -> bytes:
        """The page as it is seen, a PNG file."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._call(method, self._session, **parameters)

    def _call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        self._number += 1
        asked: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            asked["sessionId"] = session
        os.write(self._to, json.dumps(asked).encode() + b"\0")
        while True:
            told = json.loads(self._line())
            if told.get("method") == "Runtime.exceptionThrown":
                self.errors.append(json.dumps(told["params"]["exceptionDetails"])[:500])
            if told.get("method") == "Log.entryAdded":
                self.errors.append(told["params"]["entry"]["text"])
            if told.get("id") == self._number:
                assert "error" not in told, f"{method}: {told['error']}"
                result: dict[str, Any] = told["result"]
                return result

    def _line(self) -> bytes:
        end = time.monotonic() + ANSWER_SECONDS
        while b"\0" not in self._got:
            ready, _, _ = select.select([self._from], [], [], max(0.0, end - time.monotonic()))
            assert ready, "the browser does not answer"
            data = os.read(self._from, 1 << 16)
            assert data, "the browser has ended"
            self._got += data
        line, _, self._got = self._got.partition(b"\0")
        return line
