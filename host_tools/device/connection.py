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
from host_tools.serial_ports import LOST, enter_raw_repl, in_time, open_repl, went_away

_RESTART_SECONDS = 7.0
# a board that has not answered by then has stopped
_ANSWER_SECONDS = 7.0
# what an answer may have, if no more is said
_MOST_BYTES = 1 << 16
# of what boards count: bytes, microseconds, cycles
_MOST_NUMBER = 1 << 40
# a board that talks nonsense is as good as gone
_FAILURES: tuple[type[Exception], ...] = (*LOST, ValueError, IndexError)


class BoardError(CommandError):
    """Code raised an exception on the board; `kind` is its type, `text` what it says."""

    def __init__(self, traceback: str) -> None:
        last = traceback.strip().rpartition("\n")[2]
        self.kind, _, self.text = (part.strip() for part in last.partition(":"))
        self.traceback = traceback
        super().__init__(f"the board raised {last}")


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
        seconds: float | None = None,
        most: int = _MOST_BYTES,
        consumer: Callable[[bytes], None] | None = None,
    ) -> str:
        """Runs code, whose names stay; returns what it printed, or hands it to `consumer`.

        Raises BoardError when the code raises an exception, and CommandError when the board is
        gone or, but for a `consumer`, has not ended it within `seconds` (the usual, where None is
        given), or says more than `most` bytes. Ctrl-C stops it on the board too.
        """
        if self.lost:
            raise self.lost
        try:
            # mpremote prints what it does not understand
            with (
                contextlib.redirect_stdout(io.StringIO()),
                in_time(self._transport, seconds or _ANSWER_SECONDS, most),
            ):
                self._transport.exec_raw_no_follow(code)
                if consumer is None:
                    out, err = self._transport.follow(None)
            if consumer is not None:
                out, err = self._transport.follow(None, consumer)
        except _FAILURES as error:
            raise self._lost(error) from None
        except KeyboardInterrupt:
            self._regain()
            raise
        if err:
            raise BoardError(_text(err))
        return _text(out)

    def start(self, code: str, seconds: float | None = None) -> None:
        """Runs code and does not wait for its end: `read` gives what comes, marks of the raw REPL
        among it. Raises CommandError when the board is gone, or takes no code within `seconds`.
        """
        if self.lost:
            raise self.lost
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                in_time(self._transport, seconds or _ANSWER_SECONDS, None),
            ):
                self._transport.exec_raw_no_follow(code)
        except _FAILURES as error:
            raise self._lost(error) from None

    def read(self, seconds: float) -> bytes:
        """What came, waited for so long at most. Raises CommandError when the board is gone."""
        port = self._transport.serial
        try:
            if port.timeout != seconds:
                port.timeout = seconds
            data: bytes = port.read(1)
            return data + port.read(port.in_waiting) if data else data
        except _FAILURES as error:
            raise self._lost(error) from None

    def write(self, data: bytes) -> None:
        """What the code that runs reads from sys.stdin."""
        try:
            self._transport.serial.write(data)
        except _FAILURES as error:
            raise self._lost(error) from None

    def value(self, expression: str, like: Any) -> Any:
        """The value of an expression, which must be like this, or CommandError comes.

        `like` is int (which is not negative), str or bool, None, a tuple of such, a list of one
        for as many as come, a set for one of several.
        """
        text = self.exec(f"print(repr({expression}))").strip()
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise self.nonsense() from None
        if not _is_like(found, like):
            raise self.nonsense()
        return found

    def nonsense(self) -> CommandError:
        """What to raise where an answer is none."""
        return self._lost(ValueError("it answers something else than it was asked for"))

    def _regain(self) -> None:
        """Stops what runs, so that the board takes code again."""
        try:
            enter_raw_repl(self._transport, _RESTART_SECONDS, soft_reset=False)
        except _FAILURES as error:
            self._lost(error)

    def _lost(self, error: Exception) -> CommandError:
        self.lost = CommandError(went_away(self.port, error))
        return self.lost


def _is_like(found: Any, like: Any) -> bool:
    if isinstance(like, set):
        return any(_is_like(found, one) for one in like)
    if isinstance(like, tuple):
        pairs = zip(found, like, strict=False) if isinstance(found, tuple) else ()
        return (
            isinstance(found, tuple)
            and len(found) == len(like)
            and all(_is_like(*pair) for pair in pairs)
        )
    if isinstance(like, list):
        return isinstance(found, list) and all(_is_like(one, like[0]) for one in found)
    if like is int:
        return type(found) is int and 0 <= found < _MOST_NUMBER
    return found is None if like is None else type(found) is like


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
        device.exec(text, consumer=show)
    except BoardError as error:
        if error.kind != "SystemExit":
            raise CommandError(
                f"the script {name} failed on the board:", error.traceback.rstrip()
            ) from None
    except KeyboardInterrupt:
        print()
