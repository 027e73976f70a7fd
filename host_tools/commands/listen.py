"""host_tools listen: hear words in recordings, as the board does."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from host_tools.errors import CommandError
from host_tools.host_listener import NO_WORDS, HostListener, Listening, Result
from host_tools.host_runtime import HostModel
from host_tools.pack import load_blob
from host_tools.sound import read_sound, sound_files
from host_tools.stream.battery import BATTERY_MAH
from host_tools.stream.evaluation import MINUTES, Evaluation, evaluate
from host_tools.text import json_text, plain

EXAMPLE = "host_tools listen kws.ink words.wav"

_EVALUATING = ("minutes", "noise", "seed", "battery_mah", "svg")


@dataclass(frozen=True)
class _Heard:
    """A word and when its result came, in seconds from the recording's start."""

    seconds: float
    word: str
    score: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    usual = Listening()
    parser.add_argument("model", type=Path, metavar="BLOB", help="packed with pack-model --audio")
    parser.add_argument(
        "sounds",
        type=Path,
        nargs="+",
        metavar="SOUND",
        help="recordings (.wav, .flac, .ogg) of any rate and width, or folders of such; "
        "with --evaluate a folder with a subfolder of them a word",
    )
    for option, kind, what in (
        ("threshold", float, "score from which on a word counts as heard"),
        ("hysteresis", float, "by how much it must fall below that until it counts anew"),
        ("smoothing", int, "results that scores are means of"),
        ("refractory", int, "milliseconds after a word in which none is heard"),
        ("stride", int, "frames from a result to the next, 0 for the blob's"),
    ):
        default = getattr(usual, option)
        parser.add_argument(
            f"--{option}",
            type=kind,
            default=default,
            metavar="N",
            help=f"{what}; default: {default}",
        )
    parser.add_argument(
        "--ignore",
        action="append",
        metavar="LABEL",
        help=f"a label that is no word, once for each; default: {', '.join(NO_WORDS)}",
    )
    parser.add_argument("--all", action="store_true", help="every result's best score too")
    parser.add_argument("--json", action="store_true", help="print all of it as JSON")
    group = parser.add_argument_group(
        "how good in a stream",
        "Makes a stream of the recordings over noise, and prints misses and false accepts an hour "
        "by threshold. Subfolders named as no word are other words, which must not be heard.",
    )
    group.add_argument("--evaluate", action="store_true", help="do this")
    group.add_argument("--minutes", type=int, metavar="N", help=f"default: {MINUTES}")
    group.add_argument("--noise", type=Path, metavar="FOLDER", help="recordings; default: made")
    group.add_argument("--seed", type=int, metavar="N", help="of another stream; default: 1")
    group.add_argument(
        "--battery-mah",
        type=int,
        metavar="N",
        help=f"capacity that its life is estimated for; default: {BATTERY_MAH}",
    )
    group.add_argument("--svg", type=Path, metavar="FILE", help="draw the curve into this file")


def run(args: argparse.Namespace) -> int:
    blob = load_blob(args.model)
    model = HostModel(blob)
    if args.evaluate:
        _evaluate(args, blob, model)
        return 0
    given = [name for name in _EVALUATING if getattr(args, name) is not None]
    if given:
        option = given[0].replace("_", "-")
        raise CommandError(f"--{option} goes with --evaluate: give that too")
    listener = HostListener(model, _listening(args, model))
    report = []
    for path in _paths(args.sounds):
        samples = read_sound(path, listener.rate)
        started = time.perf_counter()
        listener.reset()
        heard, results = [], 0
        for result in listener.results(samples, threads=os.cpu_count() or 1):
            results += 1
            if args.all and not args.json:
                print(_line(_best(result, model, listener.rate)))
            if result.word is not None:
                heard.append(_heard(result, result.word, model, listener.rate))
        seconds = len(samples) / listener.rate
        speed = seconds / max(time.perf_counter() - started, 1e-9)
        report.append(_report(path, seconds, speed, results, heard))
        if not args.json:
            print(
                f"{path}: {seconds:.1f} s at {speed:.0f} times real time, {results} results, "
                f"{len(heard)} words"
            )
            for one in heard:
                print(_line(one))
    if args.json:
        print(json_text({"sounds": report}))
    return 0


def _evaluate(args: argparse.Namespace, blob: bytes, model: HostModel) -> None:
    if len(args.sounds) != 1:
        raise CommandError(
            f"--evaluate takes one folder with a subfolder a word; {len(args.sounds)} were given"
        )
    names = ("minutes", "noise", "seed", "battery_mah")
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    evaluation = Evaluation(args.sounds[0], **given)
    evaluate(blob, _listening(args, model), evaluation, args.svg, args.json)


def _listening(args: argparse.Namespace, model: HostModel) -> Listening:
    ignore = tuple(label.lower() for label in args.ignore or NO_WORDS)
    known = [label.lower() for label in model.labels]
    for label in args.ignore or ():
        if label.lower() not in known:
            raise CommandError(
                f"--ignore {label}: {args.model} has the labels {', '.join(model.labels)}"
            )
    return Listening(
        smoothing=args.smoothing,
        threshold=args.threshold,
        hysteresis=args.hysteresis,
        refractory=args.refractory,
        stride=args.stride,
        ignore=ignore,
    )


def _paths(given: list[Path]) -> Iterator[Path]:
    for path in given:
        yield from sound_files(path) if path.is_dir() else [path]


def _heard(result: Result, output: int, model: HostModel, rate: int) -> _Heard:
    word = plain(model.labels[output]) if model.labels else str(output)
    return _Heard(result.end / rate, word, float(result.scores[output]))


def _best(result: Result, model: HostModel, rate: int) -> _Heard:
    return _heard(result, int(np.argmax(result.scores)), model, rate)


def _line(one: _Heard) -> str:
    return f"  {one.seconds:8.2f} s  {one.word:<16} {one.score:.3f}"


def _report(
    path: Path, seconds: float, speed: float, results: int, heard: list[_Heard]
) -> dict[str, Any]:
    return {
        "sound": str(path),
        "seconds": seconds,
        "times_real_time": speed,
        "results": results,
        "heard": [{"seconds": h.seconds, "word": h.word, "score": h.score} for h in heard],
    }
