"""Code run on a board at a serial port, by mpremote; no wait is without an end."""

from __future__ import annotations

import ast
import codecs
import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from typing import Any

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from host_tools.errors import CommandError
from host_tools.serial_ports import LOST, enter_raw_repl, open_repl, went_away
from host_tools.text import plain

_RESTART_SECONDS = 8.0
# a board that prints nothing for so long has stopped
_SILENT_SECONDS = 8.0
# a board that talks nonsense is as good as gone
_FAILURES: tuple[type[Exception], ...] = (*LOST, ValueError, IndexError)


class BoardError(CommandError):
    """Code raised an exception on the board; `kind` is its type, `text` what it says."""

    def __init__(self, traceback: str) -> None:
        last = traceback.strip().rpartition("\n")[2]
        self.kind, _, self.text = (part.strip() for part in last.partition(":"))
        self.traceback = traceback
        super().__init__(f"the board raised {plain(last)}")


@contextlib.contextmanager
def open_device(port: str) -> Iterator[Device]:
    """Restarts a board softly, so that its heap is free; leaves its raw REPL at the end.

    Raises CommandError where the port cannot be opened, or where no MicroPython answers there.
    """
    with open_repl(port) as transport:
        device = Device(port, transport)
        device.restart()
        yield device


class Device:
    """A board in its raw REPL. `lost` is why it is gone, None before: nothing is sent after."""

    def __init__(self, port: str, transport: SerialTransport) -> None:
        self.port = port
        self.lost: CommandError | None = None
        self._transport = transport

    def restart(self) -> None:
        """A soft reset, which runs boot.py and not main.py."""
        try:
            enter_raw_repl(self._transport, _RESTART_SECONDS, soft_reset=True)
        except TransportError:
            raise CommandError(
                f"{self.port}: the board does not come back from a soft reset: press its reset "
                "button, and see whether its boot.py ends"
            ) from None

    def exec(
        self,
        code: str,
        *,
        seconds: float | None = _SILENT_SECONDS,
        consumer: Callable[[bytes], None] | None = None,
    ) -> str:
        """Runs code, whose names stay; returns what it printed, or hands it to `consumer`.

        Raises BoardError when the code raises an exception, and CommandError when the board prints
        nothing for `seconds` (None: waits for ever) or is gone. Ctrl-C stops it on the board too.
        """
        if self.lost:
            raise self.lost
        try:
            # mpremote prints what it does not understand
            with contextlib.redirect_stdout(io.StringIO()):
                self._transport.exec_raw_no_follow(code)
            out, err = self._transport.follow(seconds, consumer)
        except _FAILURES as error:
            raise self._lost(error) from None
        except KeyboardInterrupt:
            self._regain()
            raise
        if err:
            raise BoardError(_text(err))
        return _text(out)

    def value(self, expression: str) -> Any:
        """The value of an expression of numbers, strings, lists and the like."""
        text = self.exec(f"print(repr({expression}))").strip()
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError) as error:
            raise self._lost(error) from None

    def _regain(self) -> None:
        """Stops what runs, so that the board takes code again."""
        try:
            enter_raw_repl(self._transport, _RESTART_SECONDS, soft_reset=False)
        except _FAILURES as error:
            self._lost(error)

    def _lost(self, error: Exception) -> CommandError:
        self.lost = CommandError(went_away(self.port, error))
        return self.lost


def _text(data: bytes) -> str:
    return data.decode("utf8", errors="replace").replace("\r\n", "\n")


def run_script(device: Device, text: str, name: str) -> None:
    """Shows what the script prints until it ends, or until Ctrl-C, which stops it on the board.

    Raises CommandError with the board's traceback when it ends with an exception.
    """

    decoder = codecs.getincrementaldecoder("utf8")("replace")

    def show(data: bytes) -> None:
        sys.stdout.write(decoder.decode(data).replace("\r", "").replace("\x04", ""))
        sys.stdout.flush()

    try:
        device.exec(text, seconds=None, consumer=show)
    except BoardError as error:
        if error.kind != "SystemExit":
            raise CommandError(
                f"the script {name} failed on the board:\n{error.traceback.rstrip()}"
            ) from None
    except KeyboardInterrupt:
        print()
