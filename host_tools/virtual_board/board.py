"""One virtual board: as a serial port for mpremote, or for one headless script at a time."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from mpremote.transport_serial import SerialTransport

from host_tools.errors import CommandError
from host_tools.files import read_whole, temporary_folder, write_whole, writing
from host_tools.romfs import build_romfs
from host_tools.serial_ports import LOST
from host_tools.virtual_board import qemu
from host_tools.virtual_board.mailbox import Exchange, Mailbox, Written

_START_SECONDS = 20.0
_PROMPT = b">>> "
# leaves whatever runs; all that comes before the answer is older: a script that ended with
# SystemExit restarts the board, whose banner may come late
_ASK, _ANSWER = b"\r\x03\x02\r'ink' 'ling'\r", b"'inkling'\r\n" + _PROMPT
# a read that takes longer counts as nothing received; mpremote tries again until its own timeout
_READ_SECONDS = 2.0


@dataclass(frozen=True)
class ScriptResult:
    """What a headless script printed, and its exit status (1 after an exception or a fault).

    `written` is what it gave the computer by `computer.write`, by name.
    """

    stdout: str
    status: int
    written: dict[str, bytes]


class VirtualBoard:
    """A virtual board with this firmware, these files in /rom, counting instructions or not.

    `firmware` is an ELF file (default: what make built); `romfs` is an image (bytes) or the files
    to put into one, by name, with what scripts may ask for under other names. Its scripts reach
    nothing else of this computer; what they write there is in `written`. With `icount` every
    instruction takes 64 ns of the board's time, so that counts of ticks repeat exactly. `heap` is
    in bytes (default: the firmware's, 512 KB).

    `run_script` starts a QEMU of its own each time. `port` and `exec` need the context manager,
    which starts one and kills it at the end.
    """

    machine = qemu.CORTEX_M7

    def __init__(
        self,
        firmware: Path | None = None,
        *,
        romfs: bytes | Mapping[str, bytes | Path | Exchange] | None = None,
        icount: bool = False,
        storage: Path | None = None,
        heap: int | None = None,
    ) -> None:
        self.firmware = (firmware or qemu.default_firmware()).absolute()
        qemu.check_firmware(self.firmware)
        self._written = Written()
        self._served: dict[str, Exchange] = {"write": self._written}
        if isinstance(romfs, Mapping):
            files: dict[str, bytes | Path] = {}
            for name, content in romfs.items():
                if isinstance(content, Exchange):
                    self._served[name] = content
                else:
                    files[name] = content
            romfs = build_romfs(files)
        self._image = romfs
        if self._image and len(self._image) > qemu.ROMFS_SIZE:
            raise CommandError(
                f"the files for /rom take {len(self._image)} bytes; "
                f"the virtual board has room for {qemu.ROMFS_SIZE}"
            )
        if heap is not None and not qemu.LEAST_HEAP <= heap <= qemu.MOST_HEAP:
            raise CommandError(
                f"a heap of {heap} bytes: the virtual board has {qemu.LEAST_HEAP} to "
                f"{qemu.MOST_HEAP}"
            )
        self._heap = heap
        self._icount = icount
        self._storage = storage.absolute() if storage else None
        self._process: subprocess.Popen[bytes] | None = None

    # --- headless ------------------------------------------------------------------------------

    def run_script(
        self,
        script: Path | str,
        args: Sequence[str] = (),
        *,
        timeout: float = 60.0,
        watch: Callable[[Iterable[bytes]], None] | None = None,
        more: Sequence[str] = (),
    ) -> ScriptResult:
        """Runs a script, a file or its text, in a fresh board to its end.

        On the board sys.argv is the script's name and `args`. `watch` reads QEMU's log of what is
        executed, line by line, while it runs; `more` are further arguments of QEMU. Raises
        CommandError when it takes more than `timeout` seconds, or when QEMU cannot start.
        """
        with temporary_folder() as folder:
            if isinstance(script, str):
                name, text = "script.py", script.encode()
            else:
                if not script.is_file():
                    raise CommandError(f"there is no script {script.resolve()} to run")
                name, text = str(script), read_whole(script)
            self._written.files = {}
            words = self._command_line(Path(folder))
            words += ["-serial", "stdio", "-no-reboot", *more]
            with (
                Mailbox(self._memory(Path(folder)), self._served, (text, [name, *args])),
                _watched(watch) as logs,
                qemu.start(
                    words + qemu.execution_log(logs),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    pass_fds=logs,
                ) as process,
            ):
                try:
                    out, err = process.communicate(timeout=timeout)
                except subprocess.TimeoutExpired as e:
                    printed = _text(e.stdout or b"")[-500:]
                    raise CommandError(
                        f"the script did not end within {timeout:g} seconds; "
                        f"it printed: {printed!r}"
                    ) from None
                finally:
                    process.kill()
        result = ScriptResult(_text(out), process.returncode, self._written.files)
        if process.returncode < 0 or (process.returncode and err and not out):
            raise CommandError(_died(process.returncode, _text(err)))
        return result

    # --- with a serial port --------------------------------------------------------------------

    def __enter__(self) -> VirtualBoard:
        if self._process:
            raise CommandError("this virtual board runs already: make another one")
        if not hasattr(os, "openpty"):
            raise CommandError(
                "this needs the virtual board behind a serial port, which Windows cannot make: "
                "use WSL, or --on host"
            )
        self._folder = temporary_folder()
        self._mailbox = None
        self._errors = tempfile.TemporaryFile()
        board_end, self._port_end = os.openpty()
        try:
            import tty  # Windows has none

            # the port's end stays open, so that it is there before and between mpremote's calls
            tty.setraw(self._port_end)
            Path(os.ttyname(self._port_end)).chmod(0o600)  # for this user alone
            words = self._command_line(Path(self._folder.name))
            self._mailbox = self._open_mailbox(Path(self._folder.name))
            words += ["-add-fd", f"fd={board_end},set=1"]
            words += ["-chardev", "serial,id=port,path=/dev/fdset/1", "-serial", "chardev:port"]
            self._process = qemu.start(
                words, stdout=self._errors, stderr=self._errors, pass_fds=[board_end]
            )
        except BaseException:
            self._close()
            raise
        finally:
            os.close(board_end)
        try:
            self._wait_for_prompt()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def port(self) -> str:
        """The serial port to give to mpremote."""
        self._running()
        return os.ttyname(self._port_end)

    def check(self) -> None:
        """Raises CommandError, with its last words, where it has just ended."""
        self._running(grace=0.5)

    def exec(self, code: str, *, timeout: float = 60.0) -> str:
        """Runs code in the board's REPL, where names stay from call to call; returns its output.

        Raises CommandError with the board's traceback when the code fails, when it prints nothing
        for `timeout` seconds (the next call interrupts it), and when the board stops.
        """
        self._running()
        try:
            transport = SerialTransport(self.port, timeout=_READ_SECONDS)
            with contextlib.closing(transport):
                transport.serial.write(_ASK)
                transport.read_until(1, _ANSWER, timeout=timeout)
                transport.enter_raw_repl(soft_reset=False)
                out, err = transport.exec_raw(code, timeout=timeout)
                transport.exit_raw_repl()
                transport.read_until(1, _PROMPT, timeout=timeout)
        except LOST as e:
            self.check()
            raise CommandError(f"the virtual board does not answer: {e}") from None
        if err:
            raise CommandError("the code failed on the virtual board:", _text(err))
        return _text(out)

    @property
    def written(self) -> dict[str, bytes]:
        """What scripts gave the computer by `computer.write`, by name."""
        return self._written.files

    def wait(self) -> int:
        """Waits until the board stops by itself, and returns QEMU's exit status."""
        return self._running().wait()

    def stop(self) -> None:
        """Kills the board; nothing of it stays behind. Stopping twice does no harm."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._close()

    # --- inside --------------------------------------------------------------------------------

    def _command_line(self, folder: Path) -> list[str]:
        image = None
        if self._image:
            image = folder / "romfs.img"
            write_whole(image, self._image)
        memory = self._memory(folder)
        return qemu.command_line(
            self.machine, self.firmware, memory, image, self._icount, self._heap
        )

    def _memory(self, folder: Path) -> Path:
        """The file of the PSRAM's bytes."""
        memory = self._storage or folder / "memory"
        with writing(memory), memory.open("ab") as file:
            file.truncate(qemu.STORAGE_SIZE)
            # else whoever writes to a page while the disk is full would be killed
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, qemu.STORAGE_SIZE)
        return memory

    def _open_mailbox(self, folder: Path) -> Mailbox | None:
        return Mailbox(self._memory(folder), self._served).__enter__()

    def _running(self, grace: float = 0.0) -> subprocess.Popen[bytes]:
        """Returns the process, or raises CommandError with its last words when it has ended."""
        if not self._process:
            raise CommandError("the virtual board is not running: use it in a with statement")
        end = time.monotonic() + grace
        while self._process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        if self._process.returncode is not None:
            self._errors.seek(0)
            said = self._mailbox.last_words if self._mailbox else ""
            raise CommandError(_died(self._process.returncode, said or _text(self._errors.read())))
        return self._process

    def _wait_for_prompt(self) -> None:
        seen = b""
        end = time.monotonic() + _START_SECONDS
        while not seen.endswith(_PROMPT):
            self._running()
            if time.monotonic() > end:
                raise CommandError(
                    f"the virtual board printed no prompt within {_START_SECONDS:g} seconds, "
                    f"but: {_text(seen)[-500:]!r}"
                )
            if select.select([self._port_end], [], [], 0.1)[0]:
                seen += os.read(self._port_end, 4096)

    def _close(self) -> None:
        if self._mailbox:
            self._mailbox.__exit__()
        os.close(self._port_end)
        self._errors.close()
        self._folder.cleanup()


@contextlib.contextmanager
def _watched(watch: Callable[[Iterable[bytes]], None] | None) -> Iterator[list[int]]:
    """Gives the descriptor to log to, none for no watch; raises what `watch` raises."""
    if watch is None:
        yield []
        return
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as lines, ThreadPoolExecutor(1) as pool:
        reading = pool.submit(_read_whole, watch, lines)
        try:
            yield [write_end]
        finally:
            os.close(write_end)
        reading.result()


def _read_whole(watch: Callable[[Iterable[bytes]], None], lines: Iterable[bytes]) -> None:
    """Also where `watch` gives up: QEMU would wait for ever at a pipe that nobody empties."""
    try:
        watch(lines)
    finally:
        for _ in lines:
            pass


def _text(data: bytes) -> str:
    return data.decode("utf8", errors="replace").replace("\r\n", "\n")


def _died(status: int, last_words: str) -> str:
    first_line = last_words.strip().partition("\n")[0] or "it said nothing"
    return f"the virtual board stopped with status {status}: {first_line}"
