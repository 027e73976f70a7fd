"""host_tools sim: start a virtual board."""

from __future__ import annotations

import argparse
from pathlib import Path

from host_tools.virtual_board import sim

NAME = "sim"
HELP = "start a virtual board and print its port for mpremote"
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
    return sim.run(args)
