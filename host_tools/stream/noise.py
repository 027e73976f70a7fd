"""Noise for made streams: six kinds that are computed, or recordings of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.sound import read_sound, sound_files

Sound = npt.NDArray[np.float64]
# `count` samples of a mean power of 1
Noise = Callable[[np.random.Generator, int], Sound]

_LOWEST_HZ = 20.0
_MAINS_HZ = 50.0
_HARMONICS = 20
_TALKERS = 6
_BURSTS_A_SECOND = 3.0
_BURST_SECONDS = 0.02


def made_noises(rate: int, talk: Sequence[Sound]) -> dict[str, Noise]:
    """By name; babble only where there is `talk`, recordings of speech."""
    noises: dict[str, Noise] = {
        "white": lambda random, count: _even(random.normal(size=count)),
        "pink": lambda random, count: _falling(random, count, rate, 0.5),
        "brown": lambda random, count: _falling(random, count, rate, 1.0),
        "hum": lambda random, count: _hum(random, count, rate),
        "bursts": lambda random, count: _bursts(random, count, rate),
    }
    if talk:
        noises["babble"] = lambda random, count: _babble(random, count, talk)
    return noises


def recorded_noises(folder: Path, rate: int) -> dict[str, Noise]:
    """Of each recording in `folder`, from a random place on and round and round."""
    return {path.stem: _recorded(path, rate) for path in sound_files(folder)}


def _recorded(path: Path, rate: int) -> Noise:
    sound = read_sound(path, rate).astype(np.float64)
    if not sound.any():
        raise CommandError(f"{path} is silent: all its samples are 0; take another recording")
    sound = _even(sound)

    def noise(random: np.random.Generator, count: int) -> Sound:
        return sound[(random.integers(len(sound)) + np.arange(count)) % len(sound)]

    return noise


def _even(sound: Sound) -> Sound:
    return sound / np.sqrt(np.mean(sound**2))


def _falling(random: np.random.Generator, count: int, rate: int, power: float) -> Sound:
    """Amplitudes fall with this power of the frequency."""
    spectrum = np.fft.rfft(random.normal(size=count))
    hertz = np.fft.rfftfreq(count, 1 / rate)
    spectrum *= np.where(hertz < _LOWEST_HZ, 0, np.maximum(hertz, _LOWEST_HZ) ** -power)
    return _even(np.fft.irfft(spectrum, count))


def _hum(random: np.random.Generator, count: int, rate: int) -> Sound:
    times = np.arange(count) / rate
    hum = 0.05 * random.normal(size=count)
    for harmonic in range(1, _HARMONICS + 1):
        angle = 2 * np.pi * (_MAINS_HZ * harmonic * times + random.random())
        hum += np.sin(angle) / harmonic
    return _even(hum)


def _bursts(random: np.random.Generator, count: int, rate: int) -> Sound:
    """Clicks, each a noise that dies away, over a hiss."""
    starts = random.random(count) < _BURSTS_A_SECOND / rate
    length = min(count, round(8 * _BURST_SECONDS * rate))
    fading = np.exp(-np.arange(length) / (_BURST_SECONDS * rate))
    loudness = np.zeros(count)
    for start in np.flatnonzero(starts):
        loudness[start : start + length] += random.random() * fading[: count - start]
    return _even(random.normal(size=count) * (loudness + 0.02))


def _babble(random: np.random.Generator, count: int, talk: Sequence[Sound]) -> Sound:
    babble = 0.01 * random.normal(size=count)
    for _ in range(_TALKERS):
        place = -int(random.integers(len(talk[0])))
        while place < count:
            voice = talk[int(random.integers(len(talk)))]
            voice = voice[max(0, -place) : count - place]
            babble[max(0, place) : max(0, place) + len(voice)] += voice
            place = max(0, place) + len(voice)
    return _even(babble)
