"""`host_tools listen --evaluate`: a made stream through the listener, and what is said of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from host_tools.blob.reader import read_blob
from host_tools.errors import CommandError
from host_tools.files import write_whole
from host_tools.host_listener import HostListener, Listening
from host_tools.host_runtime import HostModel
from host_tools.progress import progress
from host_tools.stream.battery import BATTERY_MAH, Listens, estimate
from host_tools.stream.curve import (
    MOST_AN_HOUR,
    THRESHOLDS,
    Point,
    Scores,
    count,
    replay,
    suggested,
)
from host_tools.stream.made import RATIOS, Stream, find_folders, make_stream
from host_tools.stream.svg import ratio_name, svg_curve
from host_tools.text import json_text, plain, text_table, wrapped

MINUTES = 30
MOST_MINUTES = 600


@dataclass(frozen=True)
class Evaluation:
    """What is evaluated: `folder` has a subfolder a label, `noise` recordings or is None;
    `battery_mah` is the capacity that an estimate is for.
    """

    folder: Path
    minutes: int = MINUTES
    noise: Path | None = None
    seed: int = 1
    battery_mah: int = BATTERY_MAH


def evaluate(
    blob: bytes, listening: Listening, evaluation: Evaluation, svg: Path | None, as_json: bool
) -> None:
    """Prints the table, or JSON, and draws the curve. Raises CommandError for bad recordings."""
    model = HostModel(blob)
    listener = HostListener(model, listening)
    listens = estimate(read_blob(blob), listener.rate, listener.hop, evaluation.battery_mah)
    stream = _stream(model, listener, evaluation)
    scores = listen(listener, stream)
    points = curve(listener, listening, stream, scores)
    chosen = suggested(points)
    if svg:
        subtitle = (
            f"{evaluation.minutes} minutes, {_words(stream)} words over noise by how much louder "
            "they are; dashed: the threshold suggested"
        )
        drawing = svg_curve(f"{model.name} in a stream", subtitle, points, chosen)
        write_whole(svg, drawing.encode())
    if as_json:
        print(json_text(_report(evaluation, stream, points, chosen, listens)))
    else:
        print(_text(model, evaluation, stream, points, chosen))
        milliseconds = 1000 * listener.hop / listener.rate
        print(wrapped(f"a result each {milliseconds:.0f} ms; {listens.text()}"))


def listen(listener: HostListener, stream: Stream) -> Scores:
    """One pass of the network over the whole stream."""
    ends, scores = [], []
    with progress("listening", len(stream.samples)) as show:
        for result in listener.results(stream.samples, threads=os.cpu_count() or 1):
            ends.append(result.end)
            scores.append(result.scores)
            show(result.end)
    return Scores(np.array(ends), np.stack(scores))


def curve(
    listener: HostListener, listening: Listening, stream: Stream, scores: Scores
) -> list[Point]:
    """A point for each of THRESHOLDS and for the listener's own."""
    return [
        count(
            stream.clips,
            replay(scores, listener.words, threshold, listening.hysteresis, listener.refractory),
            threshold,
            listener.rate,
            len(stream.samples),
        )
        for threshold in sorted({*THRESHOLDS, listening.threshold})
    ]


def _stream(model: HostModel, listener: HostListener, evaluation: Evaluation) -> Stream:
    folder, minutes = evaluation.folder, evaluation.minutes
    if not 1 <= minutes <= MOST_MINUTES:
        raise CommandError(f"--minutes is {minutes}, allowed 1 to {MOST_MINUTES}")
    if evaluation.seed < 0:
        raise CommandError(f"--seed is {evaluation.seed}, allowed 0 and more")
    if not model.labels:
        raise CommandError(f"{model.name}: it has no labels; pack it with --labels to evaluate it")
    for path in (folder, evaluation.noise):
        if path is not None and not path.is_dir():
            raise CommandError(f"{path} is no folder: --evaluate takes folders of recordings")
    folders = find_folders(folder, model.labels, listener.words)
    return make_stream(folders, listener.rate, 60 * minutes, evaluation.noise, evaluation.seed)


def _words(stream: Stream) -> int:
    return sum(clip.word is not None for clip in stream.clips)


def _text(
    model: HostModel, evaluation: Evaluation, stream: Stream, points: list[Point], chosen: Point
) -> str:
    words = _words(stream)
    names = [ratio_name(ratio) for ratio in RATIOS]
    rows = [
        [
            f"{point.threshold:g}",
            *(_percent(point.misses(ratio)) for ratio in RATIOS),
            _percent(point.all_misses()),
            f"{point.an_hour():.1f}",
            *(str(point.false_accepts[where]) for where in ("words", "other_words", "noise")),
        ]
        for point in points
    ]
    rows.insert(
        0, ["words", *(str(points[0].placed[ratio]) for ratio in RATIOS), str(words), *[""] * 4]
    )
    table = text_table(
        ["threshold", *names, "all", "false an hour", "in words", "in others", "in noise"], rows
    )
    return "\n".join(
        [
            wrapped(
                f"{plain(model.name)}: {evaluation.minutes} minutes, {words} words and "
                f"{len(stream.clips) - words} other words over "
                f"{', '.join(map(plain, stream.noises))}"
            ),
            "missed words in percent, by how much louder speech is than the noise; and false",
            "accepts:",
            table,
            wrapped(_suggestion(chosen)),
        ]
    )


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _suggestion(chosen: Point) -> str:
    start = f"threshold {chosen.threshold:g}"
    if chosen.an_hour() <= MOST_AN_HOUR:
        return f"{start} misses fewest of those with at most one false accept an hour"
    return f"no threshold has at most one false accept an hour; {start} is nearest"


def _report(
    evaluation: Evaluation, stream: Stream, points: list[Point], chosen: Point, listens: Listens
) -> dict[str, Any]:
    words = _words(stream)
    return {
        "minutes": evaluation.minutes,
        "seed": evaluation.seed,
        "noises": stream.noises,
        "words": words,
        "other_words": len(stream.clips) - words,
        "suggested_threshold": chosen.threshold,
        "estimates": listens.report(),
        "points": [
            {
                "threshold": point.threshold,
                "words": _by_name(point.placed),
                "missed": _by_name(point.missed),
                "misses_percent": point.all_misses(),
                "false_accepts": point.false_accepts,
                "false_accepts_an_hour": point.an_hour(),
            }
            for point in points
        ],
    }


def _by_name(numbers: dict[int | None, int]) -> dict[str, int]:
    return {ratio_name(ratio): number for ratio, number in numbers.items()}
