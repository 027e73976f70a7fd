"""Runs a virtual board for the user: prints its port and waits for Ctrl-C."""

from __future__ import annotations

import argparse
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.files import read_whole
from host_tools.virtual_board.board import VirtualBoard


def run(args: argparse.Namespace) -> int:
    """Serves the board until Ctrl-C or until it stops; returns the exit status.

    Takes args.firmware (Path or None), args.romfs (list of Path) and args.icount (bool).
    Raises CommandError for a file that cannot be read and when the board dies.
    """
    files: dict[str, bytes | Path] = {}
    for path in args.romfs:
        if not path.is_file():
            raise CommandError(f"there is no file {path} to put into /rom")
        if path.name in files:
            raise CommandError(f"two files for /rom are called {path.name}: rename one")
        files[path.name] = read_whole(path)
    with VirtualBoard(args.firmware, romfs=files or None, icount=args.icount) as board:
        print(f"port: {board.port}")
        print(f"try:  mpremote connect {board.port}")
        print("Ctrl-C stops the virtual board.", flush=True)
        try:
            status = board.wait()
        except KeyboardInterrupt:
            print()
            return 0
        if status:
            raise CommandError(f"the virtual board stopped with status {status}")
        return 0
