"""python -m host_tools.board_firmware: the checks, the build, the image's path, the next step."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from host_tools import stack_use
from host_tools.board_firmware import make, micropython, openmv
from host_tools.boards import all_boards
from host_tools.errors import CommandError


def main() -> int:
    """Builds for what the environment of `make firmware` names; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m host_tools.board_firmware")
    for option in ("board", "micropython", "target", "openmv", "cmsis-nn"):
        parser.add_argument(f"--{option}", default="")
    parser.add_argument("--mpy-cross", type=Path, default=make.ROOT / "build/mpy-cross")
    args = parser.parse_args()
    try:
        if args.board and args.micropython and not (args.target or args.openmv):
            source = Path(args.micropython)
            build = micropython.prepare(args.board, source, args.cmsis_nn, args.mpy_cross)
        elif args.target and args.openmv and not (args.board or args.micropython):
            build = openmv.prepare(args.target, Path(args.openmv), args.cmsis_nn)
        else:
            raise CommandError(
                "give a board and a checkout to build its firmware from, as in `make firmware "
                "BOARD=NUCLEO_H743ZI MICROPYTHON=path` or `make firmware TARGET=OPENMV4 "
                "OPENMV=path`"
            )
        make.run(build)
        _check_stack(build, args.cmsis_nn)
    except CommandError as error:
        print(f"make firmware: {error}", file=sys.stderr)
        return 1
    print(build.image)
    print(f"next: {_next_step(build)}", file=sys.stderr)
    return 0


def _check_stack(build: make.Build, cmsis_nn: str) -> None:
    """Raises CommandError where the functions take more of the stack than they check for.

    Not where link-time optimization leaves nothing to measure.
    """
    libraries = [Path(cmsis_nn, name) for name in ("lib/libcmsis-nn.a", "libcmsis-nn.a")]
    archives = [path for path in libraries if cmsis_nn and path.is_file()]
    for folder in (build.image.parent, build.image.parent.parent):
        for model in folder.rglob("runtime/ink_model.o"):
            if b".gnu.lto_" in model.read_bytes():
                return  # no code yet: the linker makes it
            stack_use.check(model.parent.parent, archives[:1])
            return


def _next_step(build: make.Build) -> str:
    for board in all_boards():
        if board.builds.get(build.source) == build.name:
            return f".venv/bin/host_tools flash --board {board.name} {build.image}"
    return f"flash it as {build.name}'s own instructions say: our table of boards lacks it"


if __name__ == "__main__":
    sys.exit(main())
