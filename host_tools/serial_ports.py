"""The serial ports of attached boards: which there are, which one is meant, and opening its REPL.

Boards are told by the USB identifiers of the table of boards. Several boards share some of them
(MicroPython's own, a Nucleo's ST-LINK), so a port may name more than one. Nothing is copied or
run here.
"""

from __future__ import annotations

import contextlib
import errno
import io
import struct
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import serial
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from host_tools.boards import Board, all_boards
from host_tools.errors import CommandError

# what mpremote and pyserial raise of a port that cannot be opened, or whose board is gone
LOST: tuple[type[Exception], ...] = (TransportError, OSError, struct.error)
try:
    import termios
except ImportError:  # Windows
    pass
else:
    LOST += (termios.error,)

# seconds a board has to answer
_ANSWER_SECONDS = 5.0
# mpremote waits for ever where a read has no limit
_READ_SECONDS = 2.0


@dataclass(frozen=True)
class BoardPort:
    """A serial port behind which a known board may be.

    `usb` is vid:pid in lower case; `boards` are those of the table that show it, one or more.
    """

    device: str
    usb: str
    boards: tuple[Board, ...]

    def __str__(self) -> str:
        titles = [board.title for board in self.boards]
        # some identifiers are those of every board with MicroPython
        what = " or ".join(titles) if len(titles) <= 2 else f"a board with {self.usb}"
        return f"{self.device} ({what})"


def board_ports(ports: Iterable[ListPortInfo] | None = None) -> list[BoardPort]:
    """The ports of boards that the table knows, among `ports` (default: all of the computer)."""
    found = []
    for port in sorted(list_ports.comports() if ports is None else ports, key=lambda p: p.device):
        if port.vid is None:
            continue
        usb = f"{port.vid:04x}:{port.pid:04x}"
        boards = tuple(board for board in all_boards() if usb in board.serial_ids)
        if boards:
            found.append(BoardPort(port.device, usb, boards))
    return found


def choose_port(
    named: str | None, option: str, ports: Iterable[ListPortInfo] | None = None
) -> str:
    """The port that `option` names, else the one attached board's.

    Raises CommandError where no board is attached, and with their list where several are.
    """
    if named:
        return named
    found = board_ports(ports)
    if not found:
        raise CommandError(
            "no board is attached that the table of boards knows: plug it in with a cable for "
            f"data, or name its serial port with {option}"
        )
    if len(found) > 1:
        listed = ", ".join(map(str, found))
        raise CommandError(f"{len(found)} boards are attached: {listed}; choose one with {option}")
    return found[0].device


@contextlib.contextmanager
def open_repl(port: str) -> Iterator[SerialTransport]:
    """The raw REPL behind a port, by mpremote; what ran there is interrupted, names stay.

    Raises CommandError, in one sentence, where the port cannot be opened, where no MicroPython
    answers within seconds, and where the board goes away meanwhile. TransportExecError, which is
    the board's own exception, passes through.
    """
    transport = _open(port)
    entered = False
    try:
        enter_raw_repl(transport, _ANSWER_SECONDS, soft_reset=False)
        entered = True
        yield transport
    except KeyboardInterrupt:
        # whatever the board was doing by then, it ends in its REPL
        with contextlib.suppress(*LOST):
            enter_raw_repl(transport, _ANSWER_SECONDS, soft_reset=False)
        raise
    except LOST as error:
        if getattr(error, "error_output", None) is not None:
            raise  # the board's own exception
        if entered or not isinstance(error, TransportError):
            raise CommandError(went_away(port, error)) from None
        raise CommandError(
            f"{port}: no MicroPython answers there within {_ANSWER_SECONDS:g} seconds: reset the "
            "board; if that does not help, its firmware is another or damaged: host_tools flash"
        ) from None
    finally:
        with contextlib.suppress(*LOST):
            transport.exit_raw_repl()
        with contextlib.suppress(*LOST):
            transport.close()


def enter_raw_repl(transport: SerialTransport, seconds: float, *, soft_reset: bool) -> None:
    """Enters the raw REPL within seconds, else raises TransportError.

    mpremote alone reads for ever what never stops printing: here is an end.
    """
    # again without a soft reset: a Ctrl-C that comes just before a program starts is lost
    attempts = 1 if soft_reset else 2
    # mpremote prints what it got where it gives up
    with in_time(transport, seconds + 1, None), contextlib.redirect_stdout(io.StringIO()):
        for attempt in range(1, attempts + 1):
            try:
                transport.enter_raw_repl(soft_reset=soft_reset, timeout_overall=seconds / attempts)
                break
            except TransportError:
                if attempt == attempts:
                    raise


@contextlib.contextmanager
def in_time(transport: SerialTransport, seconds: float, most: int | None) -> Iterator[None]:
    """Lets reading end within seconds, and after so many bytes: TransportError comes then.

    mpremote alone waits for ever for what a board begins to say and does not end.
    """
    port = transport.serial
    read, timeout = port.read, port.timeout
    end = time.monotonic() + seconds
    taken = 0

    def read_in_time(size: int = 1) -> bytes:
        nonlocal taken
        left = end - time.monotonic()
        if left <= 0:
            raise TransportError("it does not come to an end in time")
        if timeout is None or left < timeout:
            port.timeout = left
        data: bytes = read(size)
        taken += len(data)
        if most is not None and taken > most:
            raise TransportError("it never stops printing")
        return data

    port.write_timeout = seconds
    port.read = read_in_time
    try:
        yield
    finally:
        port.read = read
        with contextlib.suppress(*LOST):
            port.timeout = timeout


def went_away(port: str, error: Exception) -> str:
    """One sentence for what mpremote and pyserial raise of a board that answered before."""
    return (
        f"{port}: the board went away or stopped answering ({error}): plug it in again, reset it, "
        "and repeat the command"
    )


def _open(port: str) -> SerialTransport:
    try:
        return SerialTransport(port, timeout=_READ_SECONDS)
    except LOST:
        # mpremote does not say why
        try:
            serial.serial_for_url(port, exclusive=True).close()
        except (OSError, ValueError) as error:
            raise CommandError(_why(port, error)) from None
    raise CommandError(_why(port, OSError(errno.EBUSY, "")))


def _why(port: str, error: Exception) -> str:
    """One sentence: what keeps a port from opening, and what to do."""
    number = getattr(error, "errno", None)
    if number == errno.EACCES:
        return f"{port}: no permission to open it: {_permission_cure(port)}"
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in str(error):
        return (
            f"{port}: another program has it open: close the IDE, mpremote or terminal that is "
            "connected to the board"
        )
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        there = ", ".join(map(str, board_ports())) or "none"
        return f"{port}: there is no such port; boards are attached at: {there}"
    return f"{port}: cannot be opened as a serial port: {error}"


def _permission_cure(port: str) -> str:
    try:
        group = Path(port).group()
    except (OSError, KeyError, NotImplementedError):
        group = "dialout"
    if group == "root":
        return "run the command as root, or let a udev rule give the port to your group"
    return f"`sudo usermod -a -G {group} $USER`, then log out and in again"
