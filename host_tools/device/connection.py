"""The REPL of a board at a serial port, over mpremote's transport; no wait is without an end."""

from __future__ import annotations

import ast
import contextlib
import io
import struct
import termios
from collections.abc import Callable
from types import TracebackType
from typing import Any

import serial
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from host_tools.errors import CommandError
from host_tools.text import plain

# a read that takes longer counts as nothing received; mpremote tries again until its own timeout
_READ_SECONDS = 2.0
_WRITE_SECONDS = 5.0
_ANSWER_SECONDS = 3.0
_RESTART_SECONDS = 8.0
_EXEC_SECONDS = 8.0
_ATTEMPTS = 2
# what mpremote and pyserial raise when a board is gone, silent or talks nonsense
_FAILURES = (
    TransportError,
    serial.SerialException,
    termios.error,
    OSError,
    struct.error,
    ValueError,
    IndexError,
)
_CTRL_C = b"\x03"
_FRIENDLY_REPL = b"\r\x02"


class BoardError(CommandError):
    """Code raised an exception on the board; `kind` is its type, `text` what it says."""

    def __init__(self, traceback: str) -> None:
        last = traceback.strip().rpartition("\n")[2]
        self.kind, _, self.text = (part.strip() for part in last.partition(":"))
        self.traceback = traceback
        super().__init__(f"the board raised {plain(last)}")


class Device:
    """A board that was restarted softly and takes code; a context manager that leaves its REPL.

    `is_lost` says that it stopped answering. Raises CommandError where the port cannot be opened,
    or where MicroPython does not answer there.
    """

    def __init__(self, port: str | None) -> None:
        self.port = port or ""
        self.is_lost = False

    def __enter__(self) -> Device:
        try:
            self._transport = SerialTransport(self.port, timeout=_READ_SECONDS)
        except _FAILURES as error:
            raise CommandError(f"{self.port} cannot be opened: {error}") from None
        try:
            self._transport.serial.write_timeout = _WRITE_SECONDS
            self._start()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave()

    def exec(
        self,
        code: str,
        *,
        seconds: float | None = _EXEC_SECONDS,
        consumer: Callable[[bytes], None] | None = None,
    ) -> str:
        """Runs code, whose names stay; returns what it printed, or hands it to `consumer`.

        Raises BoardError when the code raises an exception, and CommandError when the board prints
        nothing for `seconds` (None: waits for ever) or is gone.
        """
        if self.is_lost:
            raise self._lost()
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                self._transport.exec_raw_no_follow(code)
            out, err = self._transport.follow(seconds, consumer)
        except _FAILURES as error:
            raise self._lost() from error
        except KeyboardInterrupt:
            self._regain()
            raise
        if err:
            raise BoardError(_text(err))
        return _text(out)

    def value(self, expression: str) -> Any:
        """The value of an expression of numbers, strings, lists and the like."""
        text = self.exec(f"print(repr({expression}))")
        try:
            return ast.literal_eval(text.strip())
        except (ValueError, SyntaxError):
            raise self._lost() from None

    def interrupt(self) -> None:
        """Sends Ctrl-C to what runs."""
        try:
            self._transport.serial.write(_CTRL_C)
        except _FAILURES as error:
            raise self._lost() from error

    def follow(self, consumer: Callable[[bytes], None]) -> None:
        """Hands on what the code still prints until it ends, after `interrupt`."""
        try:
            self._transport.follow(_EXEC_SECONDS, consumer)
        except _FAILURES as error:
            raise self._lost() from error

    # --- inside --------------------------------------------------------------------------------

    def _start(self) -> None:
        said = io.StringIO()  # mpremote prints what it does not understand
        for attempt in range(_ATTEMPTS):
            try:
                with contextlib.redirect_stdout(said):
                    self._transport.enter_raw_repl(
                        soft_reset=False, timeout_overall=_ANSWER_SECONDS
                    )
                break
            except TransportError:
                if attempt + 1 == _ATTEMPTS:
                    raise CommandError(_no_micropython(self.port, said.getvalue())) from None
            except _FAILURES as error:
                raise self._lost() from error
        try:
            with contextlib.redirect_stdout(said):
                # frees the heap, and ends what main.py left behind
                self._transport.enter_raw_repl(soft_reset=True, timeout_overall=_RESTART_SECONDS)
        except TransportError:
            raise CommandError(
                f"the board at {self.port} does not come back from a soft reset: press its reset "
                "button, and look at its boot.py"
            ) from None
        except _FAILURES as error:
            raise self._lost() from error

    def _regain(self) -> None:
        """Stops what runs, so that the board takes code again."""
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                self._transport.enter_raw_repl(soft_reset=False, timeout_overall=_ANSWER_SECONDS)
        except _FAILURES:
            self.is_lost = True

    def _leave(self) -> None:
        with contextlib.suppress(*_FAILURES):
            self._transport.serial.write(_FRIENDLY_REPL)
        with contextlib.suppress(*_FAILURES):
            self._transport.close()

    def _lost(self) -> CommandError:
        self.is_lost = True
        return CommandError(
            f"the board at {self.port} stopped answering: plug it in again, or press its reset "
            "button, and repeat the command"
        )


def _no_micropython(port: str, said: str) -> str:
    if said.strip(" b'\"\n"):
        return (
            f"{port} answers, but not as MicroPython does: give the port of a board that runs "
            "MicroPython"
        )
    return (
        f"nothing answers at {port}: press the board's reset button, or give the port of a board "
        "that runs MicroPython"
    )


def _text(data: bytes) -> str:
    return data.decode("utf8", errors="replace").replace("\r\n", "\n")
