"""Recordings and microphones as int16 samples of one channel at the rate that a network needs."""

from __future__ import annotations

import importlib
import io
import queue
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.files import in_folder
from host_tools.quantize.sources import missing

Samples = npt.NDArray[np.int16]
# blocks of samples at a rate in Hz, from the first on, each time it is called
Source = Callable[[int], Iterator[Samples]]

DEVICE = "device"
SUFFIXES = (".wav", ".flac", ".ogg")
_BLOCK_SECONDS = 0.1
# what libsndfile's log says of a file whose header promises more than there is
_CUT = re.compile(r"data *: *(\d+) \(should be (\d+)\)")
# no promise: what programs write for a size that they do not know yet, into a pipe
_UNKNOWN_SIZE = 0x7FFFF000
_LOWEST_HZ, _HIGHEST_HZ = 1000, 1_000_000


def open_sound(name: str) -> Source:
    """The sound of "device" (this computer's microphone), a file, or a folder of files, by name.

    Raises CommandError where there is none, or where a library is needed and not installed.
    """
    if name == DEVICE:
        return _device()
    path = Path(name)
    paths = sound_files(path) if path.is_dir() else [path]
    if not path.exists():
        raise CommandError(
            f"--microphone {name}: there is no such file or folder; give {DEVICE}, a file of "
            "sound or a folder of such"
        )

    def blocks(rate: int) -> Iterator[Samples]:
        for path in paths:
            samples = read_sound(path, rate)
            size = round(rate * _BLOCK_SECONDS)
            for start in range(0, len(samples), size):
                yield samples[start : start + size]

    return blocks


def sound_files(folder: Path) -> list[Path]:
    """The folder's files of sound, by name; CommandError where there are none."""
    paths = sounds_in(folder)
    if not paths:
        raise CommandError(f"{folder} has no files of sound: give {', '.join(SUFFIXES)}")
    return paths


def sounds_in(folder: Path) -> list[Path]:
    """The folder's files of sound, by name, or none."""
    return [path for path in in_folder(folder) if path.suffix.lower() in SUFFIXES]


def read_sound(path: Path, rate: int) -> Samples:
    """Read a recording of any rate, width and number of channels: int16 [samples] at `rate` Hz.

    Channels are averaged. int16 of one channel at `rate` comes as it is; all else goes through
    floating point and is rounded and clipped. Raises CommandError where the file cannot be read,
    is cut short, is empty, has a rate that no sound has, or numbers that are not finite.
    """
    soundfile = _library("soundfile")
    try:
        with soundfile.SoundFile(path) as file:
            cut = _CUT.search(file.extra_info)
            promised, found = map(int, cut.groups()) if cut else (0, 0)
            if found < promised < _UNKNOWN_SIZE:
                raise CommandError(
                    f"{path} is cut short: it promises {promised} bytes of samples and has "
                    f"{found}; take the whole file"
                )
            same = (file.subtype, file.channels, file.samplerate) == ("PCM_16", 1, rate)
            frames = -1 if file.seekable() else file.frames  # GSM 6.10 is not
            samples = file.read(frames, dtype="int16" if same else "float64")
            file_rate = file.samplerate
    except (OSError, RuntimeError) as error:
        raise CommandError(f"{path} is no sound that can be read: {_why(path, error)}") from error
    if not _LOWEST_HZ <= file_rate <= _HIGHEST_HZ:
        raise CommandError(
            f"{path} has {file_rate} samples a second, allowed {_LOWEST_HZ} to {_HIGHEST_HZ}"
        )
    if not len(samples):
        raise CommandError(f"{path} has no samples")
    if same:
        return samples
    mono = samples.mean(axis=1) if samples.ndim == 2 else samples
    if not np.isfinite(mono).all():
        raise CommandError(f"{path} has samples that are not finite: export it anew")
    if file_rate != rate:
        mono = _library("soxr").resample(mono, file_rate, rate)
        if not len(mono):
            raise CommandError(f"{path} has too few samples to be resampled")
    return np.clip(np.rint(mono * 32768), -32768, 32767).astype(np.int16)


def _why(path: Path, error: Exception) -> str:
    """The reason of an error of soundfile, which has none for files that do not open."""
    try:
        path.open("rb").close()
    except OSError as opening:
        return opening.strerror or str(opening)
    return str(error)


def wav_file(samples: Samples, rate: int) -> bytes:
    """The .wav file of int16 samples of one channel at `rate` Hz."""
    file = io.BytesIO()
    _library("soundfile").write(file, samples, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def _device() -> Source:
    sounddevice = _library("sounddevice")

    def blocks(rate: int) -> Iterator[Samples]:
        heard: queue.Queue[Samples] = queue.Queue()

        def hear(block: Any, *_: object) -> None:
            heard.put(block[:, 0].copy())

        size = round(rate * _BLOCK_SECONDS)
        options = {"samplerate": rate, "channels": 1, "dtype": "int16", "blocksize": size}
        try:
            with sounddevice.InputStream(callback=hear, **options):
                while True:
                    yield heard.get()
        except sounddevice.PortAudioError as error:
            raise CommandError(f"this computer's microphone cannot be used: {error}") from error

    return blocks


def _library(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise missing("sound", name, "sound") from None
    except OSError as error:
        raise CommandError(f"{name} does not start: {error}; install libportaudio2") from error
