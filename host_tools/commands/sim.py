"""host_tools sim: start a virtual board with a port for mpremote, a camera and a microphone."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
from pathlib import Path

from host_tools.byte_count import byte_count
from host_tools.camera_source import open_source
from host_tools.device.connection import open_device, run_script
from host_tools.errors import CommandError
from host_tools.files import read_whole
from host_tools.sound import open_sound
from host_tools.virtual_board.board import VirtualBoard
from host_tools.virtual_board.camera import Camera
from host_tools.virtual_board.mailbox import Exchange
from host_tools.virtual_board.microphone import Microphone
from host_tools.virtual_board.preview import Preview

EXAMPLE = "host_tools sim --romfs net.ink --camera webcam --run micropython_lib/classify.py"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--firmware", type=Path, metavar="ELF", help="another firmware than make built"
    )
    parser.add_argument(
        "--romfs", type=Path, nargs="+", default=[], metavar="FILE", help="files to put into /rom"
    )
    parser.add_argument(
        "--camera",
        metavar="SOURCE",
        help="what its camera sees, and a page that shows it: webcam (or webcam:1, the next one), "
        "a folder of pictures, or a video file",
    )
    parser.add_argument(
        "--microphone",
        metavar="SOURCE",
        help="what its microphone hears: a file of sound, a folder of such, or device (this "
        "computer's microphone)",
    )
    parser.add_argument(
        "--run",
        dest="script",
        type=Path,
        metavar="SCRIPT",
        help="run this script on it, and stop when it ends",
    )
    parser.add_argument(
        "--heap",
        metavar="BYTES",
        help="how much heap it has, such as 264K for an OpenMV Cam H7; default: 512K, at most 3M",
    )
    parser.add_argument(
        "--icount",
        action="store_true",
        help="count instructions: 64 ns of the board's time each, equal on every run",
    )


def run(args: argparse.Namespace) -> int:
    """Serves the board until Ctrl-C, or until it or the script of args.script stops; returns 0.

    Takes args.firmware (Path or None), args.romfs (list of Path), args.heap (str or None),
    args.icount (bool), args.camera and args.microphone (str or None) and args.script (Path or
    None). Raises CommandError for a file, a camera or a microphone that cannot be read, when the
    board dies and when the script fails.
    """
    files: dict[str, bytes | Path | Exchange] = {**rom_files(args.romfs)}
    if args.script and not args.script.is_file():
        raise CommandError(f"there is no script {args.script} to run")
    script = read_whole(args.script).decode("utf8", "replace") if args.script else None
    heap = byte_count(args.heap, "--heap") if args.heap else None
    with contextlib.ExitStack() as stack:
        preview = None
        if args.camera:
            source = open_source(args.camera)
            preview = stack.enter_context(Preview())
            files = Camera(source, preview.show).romfs() | files
        if args.microphone:
            files = Microphone(open_sound(args.microphone)).romfs() | files
        board = stack.enter_context(
            VirtualBoard(args.firmware, romfs=files or None, icount=args.icount, heap=heap)
        )
        print(f"port: {board.port}")
        print(f"try:  {_mpremote()} connect {board.port}")
        if preview:
            print(f"what the camera sees: {preview.url}")
        print("Ctrl-C stops the virtual board.", flush=True)
        try:
            if script is not None:
                _run_script(board, script, args.script.name)
                return 0
            status = board.wait()
        except KeyboardInterrupt:
            print()
            return 0
        if status:
            raise CommandError(f"the virtual board stopped with status {status}")
        return 0


def rom_files(paths: list[Path]) -> dict[str, bytes | Path]:
    files: dict[str, bytes | Path] = {}
    for path in paths:
        if not path.is_file():
            raise CommandError(f"there is no file {path} to put into /rom")
        if path.name in files:
            raise CommandError(f"two files for /rom are called {path.name}: rename one")
        files[path.name] = read_whole(path)
    return files


def _mpremote() -> str:
    """How the user calls mpremote from here: outside an activated .venv only by its path."""
    path = Path(sys.executable).with_name("mpremote")
    if shutil.which("mpremote"):
        return "mpremote"
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _run_script(board: VirtualBoard, script: str, name: str) -> None:
    try:
        with open_device(board.port) as device:
            run_script(device, script, name)
    except CommandError:
        board.check()  # one that died has last words, which say more
        raise
