"""Reads numbers of bytes as users write them: 300000, 300K, 1M; and the options that take them."""

from __future__ import annotations

import argparse
import re

from host_tools.errors import CommandError

UNITS = {"": 1, "K": 1024, "M": 1024 * 1024}


def byte_count(text: str, option: str) -> int:
    """Bytes; K is 1024 of them and M 1024 K. Raises CommandError, which names `option`."""
    match = re.fullmatch(r"([0-9]{1,10})([KM]?)", text.upper())
    if match is None:
        raise CommandError(
            f"{option} {text!r} is no number of bytes: write it like 300000, 300K or 1M"
        )
    return int(match[1]) * UNITS[match[2]]


def add_limits(parser: argparse.ArgumentParser) -> None:
    """The options for what a packed model may take."""
    parser.add_argument(
        "--flash",
        metavar="BYTES",
        help="the whole blob takes at most so much, such as 300K; default: any size",
    )
    parser.add_argument(
        "--ram", metavar="BYTES", help="the arena takes at most so much; default: any size"
    )


def limits(args: argparse.Namespace) -> tuple[int | None, int | None]:
    """--flash and --ram as given, None for any. Raises CommandError for what is no number."""
    return (
        None if args.flash is None else byte_count(args.flash, "--flash"),
        None if args.ram is None else byte_count(args.ram, "--ram"),
    )
