"""host_tools view: what a board's script shows, live on a page for this user's browser."""

from __future__ import annotations

import argparse
import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from host_tools.camera_source import open_source
from host_tools.commands.sim import rom_files
from host_tools.errors import CommandError
from host_tools.files import read_whole
from host_tools.places import BOARD_LIBRARY
from host_tools.serial_ports import choose_port
from host_tools.view.live import Live
from host_tools.view.page import Page
from host_tools.view.recorder import Recorder
from host_tools.view.session import Session
from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.camera import Camera
from host_tools.virtual_board.mailbox import Exchange

EXAMPLE = "host_tools view --on sim --romfs net.ink --camera webcam"
SCRIPT = BOARD_LIBRARY / "classify.py"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "script",
        type=Path,
        nargs="?",
        default=SCRIPT,
        metavar="SCRIPT",
        help="what to run on the board: it shows pictures by inkling.show(), or draws on those of "
        "its camera; default: classify.py",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--port", help="the board's serial port; default: the only board attached")
    where.add_argument("--on", choices=["sim"], help="sim: a virtual board")
    parser.add_argument(
        "--romfs",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="files to put into the virtual board's /rom",
    )
    parser.add_argument(
        "--camera",
        metavar="SOURCE",
        help="what its camera sees: webcam (or webcam:1), a folder of pictures, or a video file",
    )
    parser.add_argument(
        "--record",
        type=Path,
        metavar="FOLDER",
        help="keep every frame and what was found on it in this folder; the page can stop that",
    )


def run(args: argparse.Namespace) -> int:
    """Serves the page until Ctrl-C. Returns 0, or 1 where the script failed.

    Raises CommandError for files that cannot be read, and where the board cannot be had.
    """
    if not args.on and (args.romfs or args.camera):
        raise CommandError("--romfs and --camera are the virtual board's: add --on sim")
    script = read_whole(args.script).decode("utf8", "replace")
    live = Live(Recorder(args.record) if args.record else None)
    with contextlib.ExitStack() as stack:
        port: Callable[[], str]
        if args.on:
            files: dict[str, bytes | Path | Exchange] = {**rom_files(args.romfs)}
            if args.camera:
                camera = Camera(open_source(args.camera), lambda frame: None)
                files = camera.romfs() | files
            board = stack.enter_context(Simulated(files))
            port = board.port
        else:
            port = lambda: choose_port(args.port, "--port")  # noqa: E731
        page = stack.enter_context(Page(live))
        print(f"the page: {page.url}")
        print("Ctrl-C ends it.", flush=True)
        try:
            well = Session(port, script, args.script.name, live).run()
        except KeyboardInterrupt:
            print()
            return 0
        # the last frame stays to be looked at
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
        print()
        return 0 if well else 1


class Simulated:
    """A virtual board with these files in /rom, started again where it has died."""

    def __init__(self, files: dict[str, bytes | Path | Exchange]) -> None:
        self._files = files
        self._board = VirtualBoard(romfs=files or None)

    def __enter__(self) -> Simulated:
        self._board.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._board.stop()

    def port(self) -> str:
        try:
            return self._board.port
        except CommandError:
            self._board.stop()
            self._board = VirtualBoard(romfs=self._files or None)
            return self._board.__enter__().port
