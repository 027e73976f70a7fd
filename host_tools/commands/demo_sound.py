"""host_tools demo-sound: a minute of speech goes through the virtual board, by hear.py."""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from host_tools.blob.reader import read_blob
from host_tools.errors import CommandError
from host_tools.files import make_folder, read_whole, temporary_folder, write_whole
from host_tools.host_listener import HostListener
from host_tools.host_runtime import HostModel
from host_tools.places import BOARD_LIBRARY, ROOT, build_folder
from host_tools.setup.recordings import LICENCE, PACKAGES
from host_tools.sound import Source, open_sound, wav_file
from host_tools.stream.battery import BATTERY_MAH, estimate
from host_tools.stream.curve import Heard, Judge
from host_tools.stream.made import LATE_SECONDS, Clip, Stream, find_folders, make_stream
from host_tools.stream.spoken import PROGRAM, speak
from host_tools.text import plain, wrapped
from host_tools.virtual_board import VirtualBoard
from host_tools.virtual_board.microphone import LAST_SOUND, Microphone
from host_tools.virtual_board.script_lines import said, script_lines

EXAMPLE = "host_tools demo-sound --clips speech_commands"

MODELS = ROOT / "models" / "keywords"
DEFAULT_NETWORK = "ds-cnn"
SECONDS = 60
RATIOS = (10, 20)  # dB that speech is louder than the noise
SEED = 1

# what hear.py prints of a word: seconds, label, score
_WORD = re.compile(r" *(?P<seconds>\d+\.\d\d) s  (?P<word>.+?) +(?P<score>\d\.\d\d)")


@dataclass(frozen=True)
class Line:
    """A word that hear.py printed, as it stands there."""

    seconds: float
    word: str
    score: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--clips",
        type=Path,
        metavar="FOLDER",
        help="your recordings, at most 5 s each, in a subfolder for each word, as Speech Commands "
        "has them; other subfolders are other words (default: those that `make demo-sound` got "
        f"from Debian, without them {PROGRAM} speaks)",
    )
    parser.add_argument(
        "--network",
        default=DEFAULT_NETWORK,
        metavar="NAME",
        help="one of models/keywords (default: %(default)s)",
    )


def networks() -> dict[str, Path]:
    """The blobs that models/keywords has, by name."""
    return {path.stem: path for path in sorted(MODELS.glob("*/*.ink"))}


def run(args: argparse.Namespace) -> int:
    found = networks()
    if args.network not in found:
        names = ", ".join(found) or "none, as none is here yet"
        raise CommandError(f"there is no network {args.network!r}: --network takes {names}")
    blob = read_whole(found[args.network])
    model = HostModel(blob)
    listener = HostListener(model)
    sound = build_folder() / "sound"
    got = sound / "recordings"
    clips = args.clips or (got if got.is_dir() else None)
    stream = _stream(clips, model, listener)
    path = sound / "demo.wav"
    make_folder(path.parent)
    write_whole(path, wav_file(stream.samples, listener.rate))

    what = "recordings" if clips else f"words spoken by {PROGRAM}, a synthesizer,"
    ratios = " or ".join(map(str, RATIOS))
    print(f"{SECONDS} s of {what} over noise {ratios} dB quieter, on the virtual board:")
    board = _tell(_heard_by_board(blob, open_sound(str(path))), stream, model, listener.rate)
    started = time.perf_counter()
    here = [
        Line(result.end / listener.rate, plain(model.labels[result.word]), _score(result.scores))
        for result in listener.results(stream.samples, threads=os.cpu_count() or 1)
        if result.word is not None
    ]
    speed = SECONDS / (time.perf_counter() - started)
    check_same(board, here)
    print(f"on this computer, at {speed:.0f} times real time, the same words and scores:")
    print(f"    host_tools listen {_short(found[args.network])} {_short(path)}")
    print(wrapped(estimate(read_blob(blob), listener.rate, listener.hop, BATTERY_MAH).text()))
    if not args.clips:
        print(wrapped(_whose(clips, [model.labels[word] for word in listener.words])))
    return 0


def _whose(clips: Path | None, words: Sequence[str]) -> str:
    """Whose words were heard, and how to give others; `clips` are those of PACKAGES."""
    told = "A synthesizer is no person"
    if clips:
        said = [word for word in words if (clips / word).is_dir()]
        told = (
            f"The words are from Debian's {' and '.join(PACKAGES)} ({LICENCE}), which have "
            f"{len(said)} of the network's {len(words)}: {', '.join(said)}"
        )
    return (
        f"{told}.\n`make demo-sound CLIPS=folder` takes your recordings, with a subfolder for "
        f"each of {', '.join(words)}, as the data set Speech Commands has them"
    )


def _stream(clips: Path | None, model: HostModel, listener: HostListener) -> Stream:
    """A minute of words and other words, the same each time."""
    if not model.labels:
        raise CommandError(f"{model.name}: it has no labels; pack it with --labels")
    if clips is not None and not clips.is_dir():
        raise CommandError(
            f"{clips} is no folder: --clips takes one with a subfolder of recordings for each of "
            f"{', '.join(model.labels[word] for word in listener.words)}"
        )
    with temporary_folder() as spoken:
        folder = clips or Path(spoken)
        if clips is None:
            speak([model.labels[word] for word in listener.words], folder)
        folders = find_folders(folder, model.labels, listener.words)
        return make_stream(folders, listener.rate, SECONDS, None, SEED, RATIOS)


def _heard_by_board(blob: bytes, source: Source) -> Iterator[Line]:
    """Runs hear.py; raises CommandError with what it said where it stops before the last sound."""
    others = []
    files = {**Microphone(source).romfs(), "model.ink": blob}
    with (
        VirtualBoard(romfs=files) as board,
        contextlib.closing(script_lines(board.port, BOARD_LIBRARY / "hear.py")) as lines,
    ):
        for line in lines:
            word = _WORD.fullmatch(line.rstrip())
            if word:
                yield Line(float(word["seconds"]), word["word"], word["score"])
            else:
                others.append(line)
    if not others or others[-1].rstrip() != f"{Microphone.called}: {LAST_SOUND}":
        raise CommandError("hear.py stopped before the last sound:", said(others))


def _tell(heard: Iterable[Line], stream: Stream, model: HostModel, rate: int) -> list[Line]:
    """Prints each word as it comes, right or wrong, and those missed; then how many there were."""
    labels = [plain(label) for label in model.labels]
    width = max(map(len, labels))
    judge = Judge(stream.clips, rate)
    lines, false, told = [], 0, 0

    def tell_missed(until: float) -> None:
        nonlocal told
        while told < len(stream.clips):
            clip = stream.clips[told]
            if clip.end / rate + LATE_SECONDS >= until:
                return
            if clip.word is not None and told not in judge.right:
                said = f"missed: {labels[clip.word]}, {_around(clip)}"
                print(f"{clip.start / rate:7.2f} s  {'':{width}}       {said}", flush=True)
            told += 1

    for line in heard:
        tell_missed(line.seconds)
        one = Heard(round(line.seconds * rate), labels.index(line.word))
        clip, right = judge.judge(one)
        false += not right
        verdict = f"right, {_around(clip)}" if right and clip else f"wrong: {_instead(clip)}"
        print(f"{line.seconds:7.2f} s  {line.word:{width}} {line.score}  {verdict}", flush=True)
        lines.append(line)
    tell_missed(math.inf)
    words = sum(clip.word is not None for clip in stream.clips)
    hits = len(judge.right)
    print(
        f"\n{words} words among {len(stream.clips) - words} others: hits {hits}, misses "
        f"{words - hits}, false alarms {false}"
    )
    return lines


def _around(clip: Clip) -> str:
    return f"in {plain(clip.noise)} at {clip.ratio} dB"


def _instead(clip: Clip | None) -> str:
    return "nothing was said" if clip is None else f"{plain(clip.name)} was said, {_around(clip)}"


def check_same(board: list[Line], here: list[Line]) -> None:
    """Raises CommandError unless both heard the same; hear.py tells the time by whole pieces."""
    if [(line.word, line.score) for line in board] != [(line.word, line.score) for line in here]:
        raise CommandError(
            f"the virtual board heard {_list(board)}, and this computer {_list(here)}: that must "
            "not be; make firmware-virtual builds the firmware anew"
        )


def _list(lines: list[Line]) -> str:
    return ", ".join(f"{line.word} {line.score}" for line in lines) or "nothing"


def _score(scores: npt.NDArray[np.float32]) -> str:
    return f"{float(scores.max()):.2f}"


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
