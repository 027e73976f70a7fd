"""Runs a script on a board and shows what it prints."""

from __future__ import annotations

import sys

from host_tools.device.connection import BoardError, Device
from host_tools.errors import CommandError


def run_script(device: Device, text: str, name: str) -> None:
    """Shows what the script prints until it ends, or until Ctrl-C, which stops it on the board.

    Raises CommandError with the board's traceback when it ends with an exception.
    """

    def show(data: bytes) -> None:
        sys.stdout.buffer.write(data.replace(b"\r", b"").replace(b"\x04", b""))
        sys.stdout.buffer.flush()

    try:
        device.exec(text, seconds=None, consumer=show)
    except BoardError as error:
        if error.kind != "SystemExit":
            raise CommandError(
                f"the script {name} failed on the board:\n{error.traceback.rstrip()}"
            ) from None
    except KeyboardInterrupt:
        print()
