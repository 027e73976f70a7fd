"""host_tools sim: start a virtual board."""

from __future__ import annotations

import argparse
from pathlib import Path

from host_tools.virtual_board import sim

NAME = "sim"
HELP = "start a virtual board and print its port for mpremote"
EXAMPLE = "host_tools sim --romfs cifar10.ink"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--firmware", type=Path, metavar="ELF", help="another firmware than make built"
    )
    parser.add_argument(
        "--romfs", type=Path, nargs="+", default=[], metavar="FILE", help="files to put into /rom"
    )
    parser.add_argument(
        "--icount",
        action="store_true",
        help="count instructions: 64 ns of the board's time each, equal on every run",
    )


def run(args: argparse.Namespace) -> int:
    return sim.run(args)
