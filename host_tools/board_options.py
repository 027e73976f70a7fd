"""The options --board and --place of the commands that pack, show and time a blob."""

from __future__ import annotations

import argparse

from host_tools.boards import PLACES, Board, board_names, read_board
from host_tools.errors import CommandError


def add_board(parser: argparse._ActionsContainer, what: str) -> None:
    """`what` says what the command does with the board."""
    parser.add_argument("--board", metavar="NAME", help=f"{what}: {', '.join(board_names())}")


def add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--place",
        choices=PLACES,
        help="where the blob will lie: in the board's ROMFS (rom), in internal flash, or copied "
        "to RAM when it is loaded (ram); default: the board's ROMFS, RAM where it has none; "
        "without --board, internal flash",
    )


def board_of(args: argparse.Namespace) -> Board | None:
    """--board as given. Raises CommandError for a board that is not known."""
    return read_board(args.board) if args.board else None


def place_of(args: argparse.Namespace, board: Board | None, for_ram: bool = False) -> str:
    """--place as given, else the usual one; `for_ram`: of a blob that is copied to RAM.

    Raises CommandError where the board lacks it.
    """
    place: str | None = args.place
    if place is None and for_ram:
        return "ram"
    if place is None:
        return board.usual_place if board else "flash"
    if board is None and place == "rom":
        raise CommandError("--place rom depends on the board: give its --board too")
    if board is not None and not board.at(place):
        has = ", ".join(name for name in PLACES if board.at(name))
        raise CommandError(
            f"--place {place}: the board {board.name} has no such place; it has {has}"
        )
    return place
