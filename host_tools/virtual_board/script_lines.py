"""The lines that a script prints on a virtual board, while it runs through mpremote."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

SECONDS_A_LINE = 60


def script_lines(port: str, script: Path) -> Generator[str, None, None]:
    """Runs a script; ends with it, when it prints no line for SECONDS_A_LINE, or when closed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mpremote", "connect", port, "run", str(script)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf8",
        errors="replace",
    )
    assert process.stdout is not None
    try:
        with process.stdout:
            while True:
                watchdog = threading.Timer(SECONDS_A_LINE, process.kill)
                watchdog.start()
                try:
                    line = process.stdout.readline()
                finally:
                    watchdog.cancel()
                if not line:
                    return
                yield line
    finally:
        process.kill()
        process.wait()


def said(lines: list[str]) -> str:
    """What a script that stopped too early had printed, for the error."""
    return "".join(lines).strip() or f"it printed nothing for {SECONDS_A_LINE} seconds"
