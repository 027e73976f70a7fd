"""host_tools teach: one's own classes, from a folder of pictures to a blob and a page."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from host_tools import tflite
from host_tools.byte_count import add_limits, limits
from host_tools.classify.results import judge
from host_tools.errors import CommandError
from host_tools.files import write_all
from host_tools.pack import DEFAULT_TARGET, plan_model, write_labelled
from host_tools.places import ROOT
from host_tools.quantize.int8 import package
from host_tools.quantize.sources import missing
from host_tools.teach import split, twins
from host_tools.teach.background import made
from host_tools.teach.folder import BACKGROUND, MADE, Bytes, Pictures, read_classes
from host_tools.teach.page import page
from host_tools.teach.report import Report, as_json, as_text
from host_tools.teach.trunk import Trunk, read_trunk
from host_tools.text import json_text

EXAMPLE = "host_tools teach pictures -o mine.ink"

TRUNK = ROOT / "models" / "cifar10" / "tiny" / "tiny.tflite"
ROUNDS = 30
MOST_NAMED = 5
CAMERA_SCRIPT = "micropython_lib/classify.py"


@dataclass(frozen=True)
class Files:
    """What is written, and what is kept until then."""

    blob: Path
    html: Path
    tflite: Path | None
    checkpoint: Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="pictures, in a subfolder for each class: 20 each are a start, a hundred are better",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="BLOB",
        help="default: the folder's path with .ink",
    )
    parser.add_argument(
        "--background",
        nargs="?",
        const=MADE,
        metavar="FOLDER",
        help="one more class for none of these: pictures of what else the camera will see; "
        "without FOLDER, made of the other pictures",
    )
    parser.add_argument(
        "--no-mirror",
        action="store_true",
        help="do not show mirrored pictures: for letters, arrows, left and right",
    )
    parser.add_argument(
        "--trunk",
        type=Path,
        default=TRUNK,
        metavar="TFLITE",
        help="the trained int8 network to start from (default: %(default)s)",
    )
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, metavar="N", help="of training; default: %(default)s"
    )
    parser.add_argument("--seed", type=int, default=1, help="default: %(default)s")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="the page; default: the blob's path with .html"
    )
    parser.add_argument(
        "--tflite", type=Path, metavar="FILE", help="write the int8 network too, for pack-model"
    )
    add_limits(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(args: argparse.Namespace) -> int:
    if args.rounds < 2 or args.seed < 0:
        raise CommandError("--rounds must be 2 or more, and --seed 0 or more")
    limits(args)
    files = _files(args)
    for module in ("torch", "litert_torch"):
        if importlib.util.find_spec(module) is None:
            raise missing("teaching", module, "teach")
    package()
    trunk = read_trunk(args.trunk)
    pictures = read_classes(args.folder, args.background, trunk)
    groups = twins.twins(pictures)
    warnings = [*split.warnings(pictures), *twins.warnings(pictures, groups)]
    for text in [*_shortened(pictures.skipped), *(f"warning: {text}" for text in warnings)]:
        _say(text)
    try:
        report = _taught(args, files, trunk, pictures, groups, warnings)
    except KeyboardInterrupt:
        kept = files.checkpoint
        if kept.exists():
            _say(f"stopped; {kept} keeps what is done: the same command goes on from there")
        return 130
    files.checkpoint.unlink(missing_ok=True)
    print(json_text(as_json(report)) if args.json else as_text(report))
    return 0


def _files(args: argparse.Namespace) -> Files:
    """Where everything goes. Raises CommandError where that cannot be."""
    folder = Path(os.path.realpath(args.folder))
    blob = args.output or folder.with_name(f"{folder.name}.ink")
    html = args.html or blob.with_suffix(".html")
    given = [path for path in (blob, html, args.tflite) if path]
    for path in given:
        if not Path(os.path.realpath(path)).parent.is_dir():
            raise CommandError(f"{path}: there is no folder {path.parent} to write it into")
    if len({os.path.realpath(path) for path in given}) < len(given):
        raise CommandError(f"two of {', '.join(map(str, given))} are the same file")
    return Files(blob, html, args.tflite, blob.with_name(f"{blob.name}.checkpoint"))


def _taught(
    args: argparse.Namespace,
    places: Files,
    trunk: Trunk,
    pictures: Pictures,
    groups: npt.NDArray[np.int64],
    warnings: Sequence[str],
) -> Report:
    """Trains, quantizes, packs, judges and writes the files."""
    # here, because they need torch
    from host_tools.teach import make, train

    started = time.monotonic()
    flash, ram = limits(args)
    held = split.hold_out(pictures, groups, args.seed)
    names, learned = [*pictures.names], np.bincount(pictures.labels[~held]).tolist()
    seen, labels = pictures.exact[held], pictures.labels[held]
    files = [str(path) for path, is_held in zip(pictures.files, held, strict=True) if is_held]
    if args.background == MADE:
        names, learned = [*names, BACKGROUND], [*learned, 0]
        extra = _made(seen, len(seen) // len(pictures.names), args.seed)
        seen = np.concatenate([seen, extra])
        labels = np.concatenate([labels, np.full(len(extra), len(names) - 1)])
        files += [""] * len(extra)
    lesson = train.Lesson(
        pictures.wide[~held],
        pictures.labels[~held],
        len(names),
        args.background == MADE,
        not args.no_mirror,
        args.rounds,
        args.seed,
    )
    network = train.fit(trunk, lesson, places.checkpoint, _say)
    model = make.int8_model(network, trunk, pictures.exact[~held])
    graph = tflite.read_model(model, places.blob.stem)
    plan = plan_model(
        graph, where=str(places.blob), labels=names, target=DEFAULT_TARGET, flash=flash, ram=ram
    )
    blob = write_labelled(plan, names)
    float_answers = train.probabilities(network, seen).argmax(1)
    report = Report(
        folder=str(args.folder),
        output=str(places.blob),
        page=str(places.html),
        trunk=str(args.trunk),
        names=names,
        learned=learned,
        results=judge(make.int8_scores(blob, seen), labels),
        float_right=int((float_answers == labels).sum()),
        warnings=warnings,
        skipped=pictures.skipped,
        blob_bytes=len(blob),
        arena_bytes=plan.arena_size,
        macs=sum(operator.macs for operator in plan.operators),
        rounds=args.rounds,
        seed=args.seed,
        seconds=round(time.monotonic() - started),
        next=shlex.join(["host_tools", "deploy", str(places.blob), "--run", CAMERA_SCRIPT]),
        files=files,
        seen=seen,
    )
    outputs = [(places.html, page(report)), (places.blob, blob)]
    write_all([*outputs, (places.tflite, model)] if places.tflite else outputs)
    return report


def _made(seen: Bytes, count: int, seed: int) -> Bytes:
    """Backgrounds to be judged by, of pictures held out."""
    return made(seen, max(1, count), np.random.default_rng([seed, 2]))


def _shortened(skipped: Sequence[str]) -> list[str]:
    lines = [f"skipped: {text}" for text in skipped[:MOST_NAMED]]
    if len(skipped) > MOST_NAMED:
        lines.append(f"skipped: {len(skipped) - MOST_NAMED} more")
    return lines


def _say(text: str) -> None:
    print(text, file=sys.stderr)
