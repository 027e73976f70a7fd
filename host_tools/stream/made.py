"""A made stream: words and other words at random gaps, over noise at several levels.

Scenes of 15 s follow each other, each of one kind of noise at one level, all of them once before
one comes again. Speech is brought to one level, so that the noise's says the ratio.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.files import in_folder
from host_tools.sound import read_sound, sound_files, sounds_in
from host_tools.stream.noise import Noise, Sound, made_noises, recorded_noises

# dB that speech is louder than the noise; None for a quiet room
RATIOS: tuple[int | None, ...] = (0, 5, 10, 20, None)
# subfolders of what is no speech, in lower case
NO_SPEECH = ("silence", "_silence_", "background", "noise", "_background_noise_")

SCENE_SECONDS = 15
LATE_SECONDS = 1.0  # how long after its end a word may still be heard
MOST_SECONDS = 5.0
_GAP_SECONDS = (1.0, 3.0)
_LEVEL = 32768 * 10 ** (-26 / 20)
_QUIET_DB = 60
_TALK = 60  # recordings that babble is made of

Card = TypeVar("Card")


@dataclass(frozen=True)
class Folders:
    """Recordings by the output that must hear them, and those that none may hear."""

    words: dict[int, list[Path]]
    others: list[Path]


@dataclass(frozen=True)
class Clip:
    """A recording in the stream, in samples. `word` is None for another word."""

    start: int
    end: int
    word: int | None
    ratio: int | None
    name: str  # of its subfolder
    noise: str


@dataclass(frozen=True)
class Stream:
    """int16 samples of one channel, and what is in them."""

    samples: npt.NDArray[np.int16]
    clips: list[Clip]
    noises: list[str]


def find_folders(folder: Path, labels: Sequence[str], words: Sequence[int]) -> Folders:
    """Sorts the subfolders: by label those of `words`, the outputs that count; others.

    Raises CommandError where none is named as a word.
    """
    outputs = {labels[word].lower(): word for word in words}
    found: dict[int, list[Path]] = {}
    others: list[Path] = []
    for part in [path for path in in_folder(folder) if path.is_dir()]:
        name = part.name.lower()
        if name in outputs:
            found[outputs[name]] = sound_files(part)
        elif name not in NO_SPEECH:
            others += sounds_in(part)
    if not found:
        raise CommandError(
            f"{folder} has no subfolder named as a word of the network: give recordings of "
            f"{', '.join(labels[word] for word in words)}, a subfolder each"
        )
    return Folders(found, others)


def make_stream(
    folders: Folders,
    rate: int,
    seconds: int,
    noise: Path | None,
    seed: int,
    ratios: Sequence[int | None] = RATIOS,
) -> Stream:
    """The same stream for the same folders, rate in Hz and seed; `ratios` are of RATIOS.

    Half of its recordings are other words, where there are such. Raises CommandError for
    recordings that cannot be read, are too long, or silent.
    """
    random = np.random.default_rng(seed)
    if noise is None:
        chosen = random.permutation(len(folders.others))[:_TALK]
        talk = [_speech(folders.others[i], rate) for i in chosen]
        noises = made_noises(rate, talk)
    else:
        noises = recorded_noises(noise, rate)
    words = _dealt([(path, w) for w, paths in folders.words.items() for path in paths], random)
    others = _dealt([(path, None) for path in folders.others], random)
    scenes = _dealt([(name, ratio) for name in noises for ratio in ratios], random)
    stream = np.zeros(seconds * rate, np.int16)
    clips: list[Clip] = []
    for start in range(0, len(stream), SCENE_SECONDS * rate):
        name, ratio = next(scenes)
        scene = stream[start : start + SCENE_SECONDS * rate]
        sound = _background(noises[name], ratio, random, len(scene))
        place = _gap(random, rate)
        while True:
            other = bool(folders.others) and random.random() < 0.5
            path, word = next(others if other else words)
            speech = _speech(path, rate)
            end = place + len(speech)
            if end + LATE_SECONDS * rate > len(scene):
                break
            sound[place:end] += speech
            told = (path.parent.name, name)
            clips.append(Clip(start + place, start + end, word, ratio, *told))
            place = end + _gap(random, rate)
        scene[...] = np.clip(np.rint(sound), -32768, 32767)
    return Stream(stream, clips, list(noises))


def _dealt(cards: Sequence[Card], random: np.random.Generator) -> Iterator[Card]:
    """All of them in random order, then all again."""
    while cards:
        yield from (cards[i] for i in random.permutation(len(cards)))


def _gap(random: np.random.Generator, rate: int) -> int:
    return round(random.uniform(*_GAP_SECONDS) * rate)


def _background(noise: Noise, ratio: int | None, random: np.random.Generator, count: int) -> Sound:
    if ratio is None:
        return random.normal(size=count) * (_LEVEL * 10 ** (-_QUIET_DB / 20))
    return noise(random, count) * (_LEVEL * 10 ** (-ratio / 20))


def _speech(path: Path, rate: int) -> Sound:
    """A recording at the stream's level: that of all 20 ms within 20 dB of the loudest."""
    sound = read_sound(path, rate).astype(np.float64)
    if len(sound) > MOST_SECONDS * rate:
        raise CommandError(
            f"{path} is {len(sound) / rate:.1f} s long; a word may take at most "
            f"{MOST_SECONDS:.0f} s: cut it"
        )
    block = max(1, rate // 50)
    powers = np.add.reduceat(sound**2, np.arange(0, len(sound), block)) / block
    if not powers.any():
        raise CommandError(f"{path} is silent: all its samples are 0; take another recording")
    active = powers[powers >= powers.max() / 100]
    return sound * (_LEVEL / np.sqrt(active.mean()))
