"""Features of a folder of recordings, a subfolder for each word; no training here.

Recordings are cut or padded to a second and turned into features by the integers that the board
computes (`pack-model --audio log-mel`). As in Speech Commands, a hash says which of them are
trained on, held out or tested: of the speaker, where a file is named SPEAKER_nohash_N.wav, else
of the file's name.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.audio import make_front_end, make_settings, twin
from host_tools.errors import CommandError
from host_tools.files import in_folder
from host_tools.sound import SUFFIXES, read_sound
from host_tools.text import plain
from models.keywords.data import RATE, Words, cached, save
from models.keywords.family import BANDS, FRAMES, SILENCE

Samples = npt.NDArray[np.int16]
BACKGROUND = "_background_noise_"  # Speech Commands' name for recordings of silence.
FEWEST, MOST_LABELS = 20, 255
SETS = ("train", "held_out", "test")
HELD_OUT, TEST = 10, 20  # Percent: below the first held out, below the second tested.
HASHES = 2**27 - 1  # Speech Commands takes its hash modulo 2^27.


def load(folder: Path, caches: Path) -> tuple[Words, Path]:
    """Return the features of the recordings in `folder`, and the folder in `caches` for them.

    They are computed once for the same files. Files that cannot be read are named and left out.
    Raises CommandError for a folder without two words, and for a word of too few recordings.
    """
    listed = recordings(folder)
    cache = caches / f"words-{digest(listed)}"
    path = cache / "words.npz"
    if not path.exists():
        save(read(folder, listed), path)
    return cached(path), cache


def recordings(folder: Path) -> dict[str, list[Path]]:
    """Return each label's files by name, the labels in their order."""
    if not folder.is_dir():
        raise CommandError(f"--wavs {folder}: there is no such folder")
    listed: dict[str, list[Path]] = {}
    for place in in_folder(folder):
        if place.is_dir():
            label = SILENCE if place.name == BACKGROUND else place.name
            files = [path for path in in_folder(place) if is_sound(path)]
            listed[label] = sorted([*listed.get(label, []), *files])
    if not 2 <= len(listed) <= MOST_LABELS:
        raise CommandError(
            f"--wavs {folder} has {len(listed)} subfolders, allowed 2 to {MOST_LABELS}: give it "
            "one for each word, with recordings of the word"
        )
    return dict(sorted(listed.items()))


def is_sound(path: Path) -> bool:
    """Return whether this is a file with the suffix of a recording."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def digest(listed: dict[str, list[Path]]) -> str:
    """Return what is another for other files or another front end."""
    found = hashlib.sha256(repr(make_settings("log-mel", {})).encode())
    for label, paths in listed.items():
        for path in paths:
            status = path.stat()
            found.update(repr((label, path.name, status.st_size, status.st_mtime_ns)).encode())
    return found.hexdigest()[:12]


def read(folder: Path, listed: dict[str, list[Path]]) -> Words:
    """Read and split the recordings of each label; print how many there are."""
    front_end = make_front_end(
        make_settings("log-mel", {}), (1, FRAMES, BANDS, 1), "int8", 1.0, -128
    )
    shown: dict[str, list[Any]] = {name: [] for name in SETS}
    labels: dict[str, list[int]] = {name: [] for name in SETS}
    for index, (label, paths) in enumerate(listed.items()):
        names, found = [], []
        for name, clip in seconds(label, paths):
            names.append(name)
            found.append((twin.features(front_end, clip) + 128).astype(np.uint8))
        if len(found) < FEWEST:
            raise CommandError(
                f"--wavs {folder}: {plain(label)!r} has {len(found)} recordings that can be read, "
                f"at least {FEWEST} of each word are needed"
            )
        sets = split(names)
        if sets != [official(name) for name in names]:
            print(f"{plain(label)}: too few speakers to split by; split by file")
        for name, features in zip(sets, found, strict=True):
            shown[name].append(features)
            labels[name].append(index)
        counts = ", ".join(f"{sets.count(name)} {name.replace('_', ' ')}" for name in SETS)
        print(f"{plain(label)}: {len(found)} recordings: {counts}", flush=True)
    arrays = {name: np.stack(shown[name])[..., np.newaxis] for name in SETS}
    indices = {f"{name}_labels": np.array(labels[name], np.uint8) for name in SETS}
    return Words(**arrays, **indices, labels=tuple(map(plain, listed)))


def seconds(label: str, paths: Sequence[Path]) -> Iterator[tuple[str, Samples]]:
    """Yield each recording's name and its second of int16 [16000]; of silence all its seconds."""
    for path in paths:
        try:
            samples = read_sound(path, RATE)
        except CommandError as error:
            print(f"left out: {plain(str(error))}", file=sys.stderr, flush=True)
            continue
        if label != SILENCE or len(samples) < 2 * RATE:
            yield path.name, second(samples)
            continue
        for number, start in enumerate(range(0, len(samples) - RATE + 1, RATE)):
            yield f"{path.name}/{number}", samples[start : start + RATE]


def second(samples: Samples) -> Samples:
    """Return the loudest second of int16 [samples], or all with zeros on both sides."""
    more = RATE - len(samples)
    if more >= 0:
        return np.pad(samples, (more // 2, more - more // 2))
    sums = np.cumsum(np.pad(samples.astype(np.int64) ** 2, (1, 0)))
    start = int((sums[RATE:] - sums[:-RATE]).argmax())
    return samples[start : start + RATE]


def official(name: str) -> str:
    """Return the set of a recording by the hash of its speaker, as Speech Commands splits."""
    share = hashed(name.partition("_nohash_")[0])
    if share >= TEST:
        return "train"
    return "held_out" if share < HELD_OUT else "test"


def hashed(text: str) -> float:
    """Return a percentage that depends on the text alone."""
    number = int(hashlib.sha1(text.encode(errors="surrogateescape")).hexdigest(), 16)
    return number % (HASHES + 1) * (100.0 / HASHES)


def split(names: Sequence[str]) -> list[str]:
    """Return the set of each of one word's recordings.

    Where those of few speakers would not be in all sets, or fewer than half be trained on, a
    tenth is held out and a tenth tested, by the hash of the whole name.
    """
    sets = [official(name) for name in names]
    if 2 * sets.count("train") >= len(sets) and {*sets} == {*SETS}:
        return sets
    part = max(1, len(names) // 10)
    order = sorted(range(len(names)), key=lambda index: (hashed(names[index]), names[index]))
    chosen = dict.fromkeys(order[:part], "held_out") | dict.fromkeys(
        order[part : 2 * part], "test"
    )
    return [chosen.get(index, "train") for index in range(len(names))]
