"""Features of spoken words as checked NumPy arrays; no training here.

A folder of features holds `spec98x40_train.npz.xz` and `spec98x40_val.npz.xz`: log-mel
spectrograms of 98 frames and 40 bands, 6 bits a value, differences along the frames, of the clips
of Speech Commands (P. Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech
Recognition", 2018), split by its official hash; and `speech_commands_test_720.npz`: 60 official
test clips a label, as audio. `front_end_fit.npy` says how audio becomes such features.
"""

from __future__ import annotations

import io
import lzma
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.keywords.family import BANDS, FRAMES, LABELS

RATE, WINDOW, HOP, POINTS = 16_000, 480, 160, 512
FILES = ("spec98x40_train.npz.xz", "spec98x40_val.npz.xz")
TEST, FIT = "speech_commands_test_720.npz", "front_end_fit.npy"


class DataError(Exception):
    """The features cannot be had, or are others; the message says what to do."""


@dataclass(frozen=True)
class Words:
    """Features uint8 [N, 98, 40, 1] and labels uint8 [N], an index of `labels` each."""

    train: np.ndarray
    train_labels: np.ndarray
    held_out: np.ndarray
    held_out_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray
    labels: tuple[str, ...] = LABELS


def load(folder: Path, cache: Path) -> Words:
    """Return the features of `folder`, unpacked once into the file `cache`.

    Raises DataError when a file is missing or holds something else.
    """
    if cache.exists():
        return cached(cache)
    arrays = {}
    for name, file in zip(("train", "held_out"), FILES, strict=True):
        print(f"reading {file}", flush=True)
        with np.load(io.BytesIO(read(folder / file, lzma.open))) as packed:
            if tuple(packed["classes"]) != LABELS or packed["x"].shape[1:] != (FRAMES, BANDS):
                raise DataError(f"{folder / file}: holds other labels or shapes")
            values = np.cumsum(packed["x"], axis=1, dtype=np.uint8)
            arrays[name] = (values * 4)[..., np.newaxis]
            arrays[f"{name}_labels"] = packed["y"]
    with np.load(io.BytesIO(read(folder / TEST, open))) as packed:
        fit = np.load(io.BytesIO(read(folder / FIT, open)))
        arrays["test"] = np.stack([log_mel(clip, fit) for clip in packed["x"]])[..., np.newaxis]
        arrays["test_labels"] = packed["y"]
    words = Words(**arrays)
    save(words, cache)
    return words


def cached(cache: Path) -> Words:
    """Return what `save` wrote."""
    with np.load(cache) as file:
        arrays = dict(file)
    labels = tuple(map(str, arrays.pop("labels", LABELS)))
    return Words(**arrays, labels=labels)


def save(words: Words, cache: Path) -> None:
    """Write the file `cache`, whole or not at all."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    partial = cache.with_suffix(".partial.npz")
    np.savez(partial, **vars(words))
    partial.replace(cache)


def read(path: Path, opener: object) -> bytes:
    """Return what a file holds; raise DataError when it cannot be read."""
    try:
        with opener(path, "rb") as file:  # type: ignore[operator]
            return file.read()
    except (OSError, lzma.LZMAError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None


def log_mel(clip: np.ndarray, fit: np.ndarray) -> np.ndarray:
    """Return uint8 [98, 40] of one second of audio int16 [16000].

    Of E, the energies of 40 triangular filters (mel of HTK, 0 to 4000 Hz), it is a ln(E + c) + b
    with [a, b, c] = `fit`, rounded and clipped.
    """
    scale, offset, floor = fit
    starts = np.arange(FRAMES) * HOP
    frames = clip.astype(np.float64)[starts[:, None] + np.arange(WINDOW)] * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(frames, POINTS)) ** 2
    energies = power @ filters().T
    return np.clip(np.rint(scale * np.log(energies + floor) + offset), 0, 255).astype(np.uint8)


def filters() -> np.ndarray:
    """Return the triangular filters float [40, 257] over the bins of the spectrum."""

    def mel(hertz: np.ndarray | float) -> np.ndarray:
        return 2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0)

    edges = 700.0 * (10 ** (np.linspace(mel(0.0), mel(4000.0), BANDS + 2) / 2595.0) - 1.0)
    bins = np.arange(POINTS // 2 + 1) * RATE / POINTS
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rise, fall = (bins - low) / (middle - low), (high - bins) / (high - middle)
    return np.maximum(0.0, np.minimum(rise, fall))
