"""Which picture files are meant, and what they show where their folders say so."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.pictures import picture_paths

MOST_NAMED = 5


@dataclass(frozen=True)
class Files:
    """Picture files in order; `truths` has the class of each, where folders name the classes."""

    paths: list[Path]
    truths: list[int] | None


def find_files(given: Sequence[Path], labels: Sequence[str], classes: int) -> Files:
    """The pictures of files and folders, and of the folders in these.

    One folder whose pictures all lie in subfolders named as labels, or as numbers of classes
    where there are no labels, has the classes too. Raises CommandError for a folder without
    pictures, and where only some of the subfolders are named so.
    """
    paths: list[Path] = []
    for path in given:
        found = picture_paths(path) if path.is_dir() else [path]
        if not found:
            raise CommandError(
                f"the folder {path} has no pictures: put JPEG, PNG, WebP, BMP or HEIC files into "
                "it"
            )
        paths += found
    if len(given) > 1 or not given[0].is_dir():
        return Files(paths, None)
    folder = given[0]
    parts = [path.relative_to(folder).parts for path in paths]
    if any(len(part) == 1 for part in parts):
        return Files(paths, None)
    named = labels or [str(number) for number in range(classes)]
    subfolders = sorted({part[0] for part in parts})
    unknown = [name for name in subfolders if name not in named]
    if len(unknown) == len(subfolders):
        needed = "as a label of the network" if labels else "as the number of a class"
        print(f"{folder}: no subfolder is named {needed}, so nothing is counted", file=sys.stderr)
        return Files(paths, None)
    if unknown:
        listed = ", ".join(unknown[:MOST_NAMED])
        known = ", ".join(named[:MOST_NAMED]) + (", ..." if len(named) > MOST_NAMED else "")
        raise CommandError(
            f"{folder}: of its subfolders, {listed} are no classes of the network, whose are "
            f"{known}: name each as a class, or give them one by one"
        )
    return Files(paths, [named.index(part[0]) for part in parts])
