"""host_tools flash: put firmware on an attached board."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from host_tools.boards import board_names
from host_tools.flash.choose import choose_device, choose_firmware
from host_tools.flash.image import read_image
from host_tools.flash.steps import flash, plan
from host_tools.flash.usb import attached

EXAMPLE = "host_tools flash --board openmv-h7 firmware.bin --dry-run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "firmware",
        type=Path,
        nargs="?",
        metavar="FIRMWARE",
        help="a .bin or .dfu file; default: what `make firmware` built for the board",
    )
    parser.add_argument(
        "--board", metavar="NAME", help=f"which board it is: {', '.join(board_names())}"
    )
    parser.add_argument(
        "--port",
        metavar="PORT",
        help="which of several: a serial port, or bus and port of USB, such as 1-2",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="check the image, print each step, touch nothing"
    )


def run(args: argparse.Namespace) -> int:
    device, board = choose_device(attached(), args.board, args.port)
    image = read_image(choose_firmware(args.firmware, board), board)
    print(f"{board.title} ({board.part}): {device or 'not attached'}")
    print(image, flush=True)
    if args.dry_run:
        for number, step in enumerate(plan(device, board, image), 1):
            print(f"{number}. {step}")
    else:
        print(flash(device, board, image, _tell))
    return 0


def _tell(text: str) -> None:
    print(f"flash: {text}", file=sys.stderr, flush=True)
