"""host_tools classify: what a network sees in picture files, and how right it is."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from host_tools.blob.reader import read_blob
from host_tools.classify.answers import Scores, answers
from host_tools.classify.files import find_files
from host_tools.classify.network import picture_network
from host_tools.classify.page import page
from host_tools.classify.report import Report, as_json, line, summary
from host_tools.classify.results import judge
from host_tools.errors import CommandError
from host_tools.files import write_whole
from host_tools.pack import load_blob
from host_tools.progress import progress
from host_tools.runner import HELP, open_runner
from host_tools.text import json_text

EXAMPLE = "host_tools classify net.ink holiday/ one.jpg"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", type=Path, metavar="MODEL", help="a blob (.ink), or a .tflite to pack on the fly"
    )
    parser.add_argument(
        "pictures",
        type=Path,
        nargs="+",
        metavar="PICTURE",
        help="JPEG, PNG, WebP, BMP and HEIC files, and folders of such; of one folder whose "
        "subfolders are named as labels, accuracy and confusion are told",
    )
    parser.add_argument("--on", default="host", metavar="WHERE", help=HELP)
    parser.add_argument(
        "--top", type=int, default=1, metavar="N", help="so many labels; default: %(default)s"
    )
    parser.add_argument(
        "--html",
        type=Path,
        metavar="FILE",
        help="a page with the confusion and the pictures of the worst mistakes",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Returns 1 where a picture was skipped, else 0."""
    if args.top < 1:
        raise CommandError(f"--top is {args.top}; give 1 or more")
    blob = load_blob(args.model)
    read = read_blob(blob, str(args.model))
    network = picture_network(blob, read, str(args.model))
    files = find_files(args.pictures, read.labels, len(network.names))
    if args.html and files.truths is None:
        raise CommandError(
            "--html is for pictures of known classes: give one folder, with a subfolder for each "
            "class, named as its label"
        )
    by_line = files.truths is None and not args.json
    kept: list[int] = []
    rows: list[Scores] = []
    skipped: list[str] = []
    # lines on the terminal show by themselves how far it is
    watched = by_line and sys.stdout.isatty()
    with (
        open_runner(args.on, blob, args.model) as run_many,
        _no_progress() if watched else progress("classifying", len(files.paths)) as update,
    ):
        answered = answers(files.paths, network, run_many, update)
        for number, (path, answer) in enumerate(answered):
            if isinstance(answer, str):
                skipped.append(answer)
                continue
            kept.append(number)
            rows.append(answer)
            if by_line:
                print(line(str(path), answer, network.names, args.top), flush=True)
    for reason in skipped:
        print(f"skipped: {reason}", file=sys.stderr)
    if not kept:
        raise CommandError("none of the pictures can be read: the reasons are above")
    truths = None if files.truths is None else np.array(files.truths, np.int64)[kept]
    report = Report(
        network=read.name,
        on=args.on,
        names=network.names,
        files=[str(files.paths[number]) for number in kept],
        scores=np.array(rows),
        skipped=skipped,
        top=args.top,
        truths=truths,
        results=None if truths is None else judge(np.array(rows), truths),
    )
    if args.html:
        write_whole(args.html, page(report, network.seen))
    if args.json:
        print(json_text(as_json(report)))
    elif not by_line:
        print(summary(report))
    return 1 if skipped else 0


@contextlib.contextmanager
def _no_progress() -> Iterator[Callable[[int], None]]:
    yield lambda done: None
