"""Reads label files: one label a line, in the order of the network's outputs."""

from __future__ import annotations

from pathlib import Path

from host_tools.errors import CommandError
from host_tools.files import read_whole
from host_tools.text import plain

MOST_BYTES = 1 << 20


def read_labels(path: str | Path) -> list[str]:
    """The labels of a UTF-8 text file, without the spaces around them.

    Raises CommandError, naming the file and line, for an empty file or line, for control
    characters and for bytes that are not UTF-8.
    """
    data = read_whole(path, MOST_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise CommandError(
            f"{path}: line {line} is not UTF-8: save the labels as UTF-8 text"
        ) from error
    labels = [line.strip() for line in text.removesuffix("\n").split("\n")]
    for number, label in enumerate(labels, 1):
        if not label:
            raise CommandError(f"{path}: line {number} is empty: each line must be a label")
        if plain(label) != label:
            raise CommandError(f"{path}: line {number} has control characters: {label!r}")
    return labels
