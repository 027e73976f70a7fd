"""Samples from a folder of pictures or of wav files; its subfolders may be the classes."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.files import in_folder
from host_tools.graph import Tensor
from host_tools.pictures import SUFFIXES, read_pixels
from host_tools.plan.image_tables import Pictures
from host_tools.progress import progress
from host_tools.quantize.samples import PictureInput, Samples
from host_tools.tensor_text import short_name

WAV = ".wav"
# an input of less time than this is no sound, but features of one
LEAST_SECONDS = 0.1
MOST_NAMED = 5


def folder_samples(
    folder: Path, tensor: Tensor, pictures: Pictures, labels: Sequence[str] | None
) -> Samples:
    """The samples of a folder, for a network of the one input `tensor`.

    `labels` are the names of the classes in the order of the network's output: each file must
    then lie in a subfolder with one of these names. Files that cannot be read are skipped.
    Raises CommandError where nothing is left, or where the files do not fit the input.
    """
    files = in_folder(folder, deep=True)
    shown = [path for path in files if path.suffix.lower() in SUFFIXES]
    heard = [path for path in files if path.suffix.lower() == WAV]
    if bool(shown) == bool(heard):
        found = "both pictures and wav files" if shown else "neither pictures nor wav files"
        raise CommandError(
            f"the folder {folder} has {found}: give one with JPEG, PNG, WebP, BMP or HEIC files, "
            "or with .wav files"
        )
    classes = None if labels is None else _classes(folder, shown or heard, labels)
    if shown:
        samples = _pictures(folder, shown, classes, PictureInput(tensor, pictures))
    else:
        samples = _sounds(folder, heard, classes, tensor)
    return replace(samples, classes=labels or ())


def _classes(folder: Path, files: Sequence[Path], labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """The class of each file: the place of its subfolder's name among the labels."""
    names = [path.relative_to(folder).parts for path in files]
    unknown = sorted({parts[0] if len(parts) > 1 else "" for parts in names} - set(labels))
    if unknown:
        named = ", ".join(unknown[:MOST_NAMED]) if unknown != [""] else "the folder itself"
        raise CommandError(
            f"--labels: files of {folder} lie in {named or 'the folder itself'}, which is no "
            f"label; each must lie in a subfolder named as a label: {', '.join(labels)}"
        )
    return np.array([labels.index(parts[0]) for parts in names], np.int64)


def _pictures(
    folder: Path,
    files: Sequence[Path],
    classes: npt.NDArray[np.int64] | None,
    input: PictureInput,
) -> Samples:
    kept, arrays, skipped = [], [], []
    with progress("reading pictures", len(files)) as update:
        for number, path in enumerate(files):
            try:
                arrays.append(input.scaled(read_pixels(path)))
                kept.append(number)
            except CommandError as error:
                skipped.append(str(error))
            update(number + 1)
    return Samples(
        f"pictures of {folder}",
        _some(folder, kept, skipped),
        lambda index: [input.real(arrays[index])],
        [input.range],
        None if classes is None else classes[kept],
        [str(files[number]) for number in kept],
        skipped,
        _note(folder, files, classes),
    )


def _sounds(
    folder: Path,
    files: Sequence[Path],
    classes: npt.NDArray[np.int64] | None,
    tensor: Tensor,
) -> Samples:
    kept, arrays, skipped, rates = [], [], [], set()
    for number, path in enumerate(files):
        try:
            samples, rate = _wav(path)
        except CommandError as error:
            skipped.append(str(error))
            continue
        kept.append(number)
        rates.add(rate)
        arrays.append(_fit(samples, rate, tensor))
    count = _some(folder, kept, skipped)
    if len(rates) > 1:
        raise CommandError(
            f"the wav files of {folder} have {', '.join(map(str, sorted(rates)))} samples a "
            "second: convert them to the rate that the network was trained with"
        )
    return Samples(
        f"wav files of {folder}",
        count,
        lambda index: [arrays[index]],
        [None],
        None if classes is None else classes[kept],
        [str(files[number]) for number in kept],
        skipped,
        _note(folder, files, classes),
    )


def _wav(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    """The first channel's samples of -1 to 1, and how many a second has."""
    try:
        with wave.open(str(path), "rb") as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise CommandError(f"{path} is no wav file that can be read: {error}") from error
    if width != 2:
        raise CommandError(
            f"{path} has samples of {8 * width} bits; only 16 are read: convert it to 16-bit PCM"
        )
    values = np.frombuffer(data[: len(data) // (2 * channels) * 2 * channels], "<i2")
    if not values.size:
        raise CommandError(f"{path} has no samples: it is empty")
    return values[::channels].astype(np.float32) / np.float32(32768), rate


def _fit(samples: npt.NDArray[np.float32], rate: int, tensor: Tensor) -> npt.NDArray[Any]:
    """The middle of a sound, or the sound amid silence, in the input's shape."""
    sizes = [size for size in tensor.shape if size != 1]
    if len(sizes) != 1 or sizes[0] < LEAST_SECONDS * rate:
        raise CommandError(
            f"the network wants features, not sound: its input {short_name(tensor.name)} is "
            f"{list(tensor.shape)}, and a second of these wav files has {rate} samples; compute "
            "the features as in training, and calibrate with them as .npy"
        )
    (size,) = sizes
    start = max(0, (len(samples) - size) // 2)
    cut = samples[start : start + size]
    before = (size - len(cut)) // 2
    return np.pad(cut, (before, size - len(cut) - before)).reshape(tensor.shape)


def _some(folder: Path, kept: Sequence[int], skipped: Sequence[str]) -> int:
    if not kept:
        raise CommandError(f"no file of {folder} can be read: {skipped[0]}")
    return len(kept)


def _note(folder: Path, files: Sequence[Path], classes: object) -> list[str]:
    """What else the subfolders could be used for."""
    if classes is not None or any(path.parent == folder for path in files):
        return []
    return [f"{folder} has subfolders: --labels FILE, with their names, would count accuracy"]
