"""host_tools demo: a network classifies pictures on the virtual board, by classify.py."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from host_tools.blob.reader import read_blob
from host_tools.cycles.board_cycles import on_machine
from host_tools.cycles.lines import machine_of
from host_tools.errors import CommandError
from host_tools.files import read_whole
from host_tools.labels import read_labels
from host_tools.pictures import camera_frame, cifar10_pictures, picture_files
from host_tools.places import BOARD_LIBRARY, ROOT, build_folder
from host_tools.text import LEAST_WIDTH
from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.camera import Camera
from host_tools.virtual_board.profiling import profile_on_virtual_board
from host_tools.virtual_board.script_lines import said, script_lines

EXAMPLE = "host_tools demo --pictures holiday"

MODEL = ROOT / "models" / "cifar10"
DEFAULT_NETWORK = "small"
CLOCKS_MHZ = (216, 400, 480)
# a line of 80 characters: the picture's name, three labels of CIFAR-10 with scores, a verdict
TOP_WIDTH, VERDICT_WIDTH = 42, 17

# what classify.py prints for a frame: the best with its score, the best three, the rate
_FRAME = re.compile(
    r"(?P<label>.+) (?P<score>\S+) +(?P<top>(?P=label) (?P=score).*?) +\S+ frames/s"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="FOLDER",
        help="your JPEG, PNG, WebP, BMP and HEIC files (default: 20 test pictures of CIFAR-10)",
    )
    parser.add_argument(
        "--network",
        default=DEFAULT_NETWORK,
        metavar="NAME",
        help="one of models/cifar10 (default: %(default)s)",
    )


def networks() -> dict[str, Path]:
    """The blobs that models/cifar10 has, by name: one beside the recipe, one in each folder."""
    others = {path.stem: path for path in MODEL.glob("*/*.ink")}
    return dict(sorted({"paper": MODEL / "cifar10.ink", **others}.items()))


def run(args: argparse.Namespace) -> int:
    found = networks()
    if args.network not in found:
        raise CommandError(
            f"there is no network {args.network!r}: --network takes {', '.join(found)}"
        )
    if args.pictures:
        paths = picture_files(args.pictures)
    else:
        paths = cifar10_pictures(build_folder() / "pictures")
    paths, frames = _read(paths)
    labels = read_labels(MODEL / "labels.txt")
    blob = read_whole(found[args.network])
    print(f"{len(frames)} pictures, as a camera's frames (320x240 RGB565), on the virtual board:")

    truths = [true_label(path, labels) for path in paths]
    width = LEAST_WIDTH - TOP_WIDTH - 2 - (VERDICT_WIDTH + 2 if any(truths) else 0)
    width = min(width, max(len(path.name) for path in paths))
    right = known = 0
    for (label, top), path, truth in zip(classify(blob, frames), paths, truths, strict=False):
        verdict = "" if truth is None else "right" if label == truth else f"wrong: {truth}"
        known += truth is not None
        right += label == truth
        name = path.name if len(path.name) <= width else f"{path.name[: width - 3]}..."
        line = f"{name:{width}}  {top:{TOP_WIDTH}}  {verdict}"
        print(line.rstrip(), flush=True)

    if known:
        print(f"\naccuracy: {right} of {known} right ({100 * right / known:.0f} %)")
    counted = profile_on_virtual_board(blob, frames[0], cycles=True)
    instructions = sum(cost.instructions for cost in counted)
    print(f"instructions a frame: {instructions:,} (counted: the first frame, picture to scores)")
    cycles = sum(cost.cycles for cost in on_machine(read_blob(blob), counted, machine_of(None)))
    print(f"cycles a frame: {cycles:,} (an estimate: caches and branches too, blob in flash)")
    rates = ", ".join(f"{mhz * 1e6 / cycles:.1f} at {mhz} MHz" for mhz in CLOCKS_MHZ)
    print(f"frames a second: {rates} (estimates, without the camera)")
    return 0


def _read(paths: Sequence[Path]) -> tuple[list[Path], list[np.ndarray]]:
    """The pictures that can be read, as frames; the others are named and skipped."""
    kept, frames = [], []
    for path in paths:
        try:
            frames.append(camera_frame(path))
            kept.append(path)
        except CommandError as error:
            print(f"skipped: {error}", file=sys.stderr)
    if not frames:
        raise CommandError("none of the pictures can be read: the reasons are above")
    return kept, frames


def true_label(path: Path, labels: list[str]) -> str | None:
    """What a file's name says it shows: its last part after _ is a label or a label's number."""
    word = path.stem.rpartition("_")[2]
    if word.isdecimal() and "_" in path.stem and int(word) < len(labels):
        return labels[int(word)]
    return word if word in labels else None


def classify(blob: bytes, frames: list[np.ndarray]) -> Iterator[tuple[str, str]]:
    """Runs classify.py through mpremote; gives the label and the top three of each frame.

    Raises CommandError with what the board printed when it stops before the last frame.
    """
    camera = Camera(lambda: iter(frames), lambda frame: None)
    with VirtualBoard(romfs={**camera.romfs(), "model.ink": blob}, icount=True) as board:
        yield from _run_script(board.port, len(frames))


def _run_script(port: str, count: int) -> Iterator[tuple[str, str]]:
    seen = 0
    others = []
    with contextlib.closing(script_lines(port, BOARD_LIBRARY / "classify.py")) as lines:
        for line in lines:
            frame = _FRAME.fullmatch(line.rstrip())
            if frame:
                seen += 1
                yield frame["label"], frame["top"]
                continue
            others.append(line)
            if not seen:
                print(line, end="", flush=True)
    if seen < count:
        raise CommandError(f"classify.py stopped after {seen} of {count} frames:", said(others))
