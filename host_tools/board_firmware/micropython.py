"""MicroPython's STM32 port with Inkling in it, from the user's checkout."""

from __future__ import annotations

import difflib
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path

from host_tools.board_firmware.make import ROOT, Build, ask, freeze
from host_tools.errors import CommandError

_TOOLS = {
    "arm-none-eabi-gcc": "run `make setup` (Debian: gcc-arm-none-eabi libnewlib-arm-none-eabi)",
    "gcc": "MicroPython builds its mpy-cross with it (Debian: gcc libc6-dev)",
}


def prepare(board: str, source: Path, cmsis_nn: str, mpy_cross: Path) -> Build:
    """Raises CommandError, naming all that is missing and its cure; builds nothing.

    The checkout's own mpy-cross is built first, in the folder `mpy_cross`: the makefile of the
    port would build it with the words that are meant for the port.
    """
    source = find_source("MICROPYTHON", source)
    port = source / "ports/stm32"
    if not (port / "Makefile").is_file():
        raise CommandError(
            f"MICROPYTHON={source} has no ports/stm32/Makefile: give the folder of a checkout of "
            "MicroPython"
        )
    check_name("BOARD", board, port / "boards", "mpconfigboard.mk")
    missing = [
        f"{tool} is not on PATH: {cure}"
        for tool, cure in _TOOLS.items()
        if shutil.which(tool) is None
    ]
    missing += missing_submodules(source, "stm32", board)
    refuse_missing(missing)

    folder = ROOT / f"build/firmware/stm32-{board}-{zlib.crc32(bytes(source)):08x}"
    program = mpy_cross / "mpy-cross"
    words = [f"BOARD={board}", f"BUILD={folder}", f"USER_C_MODULES={ROOT}"]
    words.append(f"MICROPY_MPYCROSS={program}")
    own = ask(port, [f"BOARD={board}"], "$(abspath $(FROZEN_MANIFEST))")
    if own:  # boards with little flash freeze nothing
        words.append(freeze(folder / "manifest.py", own))
        # ports/stm32/main.c runs it before boot.py
        start = "-DMICROPY_BOARD_FROZEN_BOOT_FILE='\"inkling_start.py\"'"
        words.append(f"CFLAGS_EXTRA={start}")
    if cmsis_nn:
        words.append(f"CMSIS_NN={Path(cmsis_nn).resolve()}")
    return Build(
        "micropython",
        board,
        f"{board}'s firmware",
        port,
        words,
        folder / "firmware.dfu",
        folder / "build.log",
        Build(
            "micropython",
            board,
            "mpy-cross",
            source / "mpy-cross",
            [f"BUILD={mpy_cross}"],
            program,
            mpy_cross / "build.log",
        ),
        # it lists the strings that no C file has: ours may have one of them since it was made
        folder / "frozen_content.c",
    )


def find_source(option: str, source: Path) -> Path:
    """The whole path. Raises CommandError where no build can be made in it."""
    if not source.is_dir():
        raise CommandError(f"{option}={source}: there is no such folder")
    source = source.resolve()
    if len(str(source).split()) != 1:
        raise CommandError(
            f"{option}={source}: move it to a path without spaces: MicroPython's build cannot "
            "handle them"
        )
    return source


def check_name(option: str, name: str, boards: Path, file: str) -> None:
    """Raises CommandError, with near names, where `boards` has no folder `name` with `file`."""
    known = sorted(path.parent.name for path in boards.glob(f"*/{file}"))
    if name in known:
        return
    near = difflib.get_close_matches(name.upper(), known, n=5)
    hint = f"did you mean {', '.join(near)}?" if near else f"`ls {boards}` lists those there are"
    raise CommandError(f"{option}={name}: there is no such board in {boards}; {hint}")


def missing_submodules(source: Path, port: str, board: str) -> list[str]:
    """One sentence, or none, on the submodules that this board needs and the checkout lacks."""
    names = ask(source / f"ports/{port}", [f"BOARD={board}"], "$(GIT_SUBMODULES)")
    empty = [name for name in names if not any((source / name).glob("*"))]
    if not empty:
        return []
    cure = f"make -C {source}/ports/{port} BOARD={board} submodules"
    if not (source / ".git").exists():
        cure = f"it is no git checkout, so clone one with git; then there: {cure}"
    return [f"{source} lacks the submodules {', '.join(empty)}: {cure}"]


def refuse_missing(missing: Sequence[str]) -> None:
    """Raises CommandError where something is missing."""
    if missing:
        listed = "".join(f"\n  {sentence}" for sentence in missing)
        raise CommandError(f"before anything is built, get what is missing:{listed}")
