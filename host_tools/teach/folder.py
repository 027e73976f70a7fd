"""A folder of pictures, a subfolder a class, cropped and scaled as the board does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.files import in_folder
from host_tools.images import scale
from host_tools.pictures import picture_paths, read_pixels
from host_tools.progress import progress
from host_tools.teach.trunk import Trunk
from host_tools.text import plain

Bytes = npt.NDArray[np.uint8]

BACKGROUND = "background"
# in place of its folder, where it is made of the other pictures
MADE = ""
# with fewer there is nothing to learn from and to judge by; below FEW a warning says so
LEAST, FEW = 5, 20


@dataclass(frozen=True)
class Pictures:
    """Pictures of the classes `names`, in the order of classes and files.

    `labels` [N] are places in `names`. `exact`: uint8 [N, height, width, channels], what the
    network gets. `wide`: the same of twice the height and width, of which views are made.
    `skipped` has a sentence for each file that could not be read.
    """

    names: tuple[str, ...]
    files: tuple[Path, ...]
    labels: npt.NDArray[np.int64]
    exact: Bytes
    wide: Bytes
    skipped: tuple[str, ...] = ()

    def counts(self) -> list[int]:
        """How many pictures each class has."""
        return np.bincount(self.labels, minlength=len(self.names)).tolist()


def read_classes(folder: Path, background: str | None, trunk: Trunk) -> Pictures:
    """The pictures of `folder`, and those of the folder `background` as one more class.

    Where `background` is MADE, that class comes later, and `folder` must leave it room.

    Raises CommandError unless there are two classes, each with LEAST pictures that can be read.
    """
    files: list[Path] = []
    labels: list[int] = []
    found = {path.name: path for path in _subfolders(folder)}
    if background is not None and BACKGROUND in found:
        raise CommandError(
            f"{folder}: it has a class {BACKGROUND} already: leave --background out"
        )
    if background:
        if not Path(background).is_dir():
            raise CommandError(f"--background {background}: there is no such folder")
        found[BACKGROUND] = Path(background)
    for number, path in enumerate(found.values()):
        own = picture_paths(path)
        files += own
        labels += [number] * len(own)
    read = _read(tuple(found), files, labels, trunk)
    few = [
        f"{name} ({count})"
        for name, count in zip(read.names, read.counts(), strict=True)
        if count < LEAST
    ]
    if few:
        reason = f"; the first that cannot be read: {read.skipped[0]}" if read.skipped else ""
        raise CommandError(
            f"{folder}: a class needs {LEAST} pictures that can be read, better {FEW}; too few "
            f"have {', '.join(few)}{reason}"
        )
    return read


def _subfolders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise CommandError(f"{folder}: there is no such folder")
    found = [path for path in in_folder(folder) if path.is_dir()]
    if len(found) < 2:
        raise CommandError(
            f"{folder}: it has {'one subfolder' if found else 'no subfolders'}; a subfolder for "
            "each class is needed, named as the class, and two classes at least. For one thing "
            "and everything else, put pictures of everything else into a second one"
        )
    odd = [path.name for path in found if plain(path.name) != path.name]
    if odd:
        raise CommandError(f"{folder}: a class has control characters in its name: {odd[0]!r}")
    return found


def _read(
    names: tuple[str, ...], files: Sequence[Path], labels: Sequence[int], trunk: Trunk
) -> Pictures:
    height, width, channels = trunk.height, trunk.width, trunk.channels
    kept, exact, wide, skipped = [], [], [], []
    with progress("reading pictures", len(files)) as update:
        for number, path in enumerate(files):
            try:
                pixels = read_pixels(path)
                exact.append(scale(pixels, height, width, channels))
                wide.append(scale(pixels, 2 * height, 2 * width, channels))
                kept.append(number)
            except CommandError as error:
                skipped.append(str(error))
            update(number + 1)
    return Pictures(
        names,
        tuple(files[number] for number in kept),
        np.array([labels[number] for number in kept], np.int64),
        np.array(exact, np.uint8).reshape(len(kept), height, width, channels),
        np.array(wide, np.uint8).reshape(len(kept), 2 * height, 2 * width, channels),
        tuple(skipped),
    )
