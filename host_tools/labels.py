"""Reads label files: one label a line, in the order of an output's elements."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from host_tools.errors import CommandError
from host_tools.files import read_whole
from host_tools.tensor_text import Named, short_name
from host_tools.text import plain

MOST_BYTES = 1 << 20

# the labels of output 0, or those of each output that has some
Labels = Sequence[str] | Mapping[int, Sequence[str]]


def by_output(labels: Labels) -> Mapping[int, Sequence[str]]:
    """The labels of each output that has some, by its index."""
    if not isinstance(labels, Mapping):
        labels = {0: labels}
    return {output: texts for output, texts in labels.items() if texts}


def read_labels(path: str | Path) -> list[str]:
    """The labels of a UTF-8 text file, without the spaces around them and blank lines at its end.

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
    labels = [line.strip() for line in text.rstrip().split("\n")]
    for number, label in enumerate(labels, 1):
        if not label:
            raise CommandError(f"{path}: line {number} is empty: each line must be a label")
        if plain(label) != label:
            raise CommandError(f"{path}: line {number} has control characters: {label!r}")
    return labels


def check_count(labels: Sequence[str], output: int, tensor: Named) -> None:
    """Raises CommandError unless there is a label for each element of the output."""
    elements = math.prod(tensor.shape)
    if len(labels) != elements:
        raise CommandError(
            f"{len(labels)} labels do not fit: output {output} ({short_name(tensor.name)}) "
            f"of the model has {elements} elements"
        )


def read_output_labels(given: Sequence[str], outputs: Sequence[Named]) -> dict[int, list[str]]:
    """The labels of each output, from arguments FILE (of output 0) or OUTPUT=FILE.

    OUTPUT is the name or the index of one of `outputs`. A name or a path may hold "=" too: what
    is a file as a whole is FILE. Raises CommandError where no output is meant, or one twice, and
    for labels that do not fit.
    """
    labels: dict[int, list[str]] = {}
    for text in given:
        output, path = _output_and_path(text, [tensor.name for tensor in outputs])
        if output in labels:
            raise CommandError(f"--labels {text}: output {output} has labels already")
        labels[output] = read_labels(path)
        try:
            check_count(labels[output], output, outputs[output])
        except CommandError as error:
            raise CommandError(f"{path}: {error}") from error
    return labels


def _output_and_path(text: str, outputs: Sequence[str]) -> tuple[int, str]:
    if "=" not in text or Path(text).is_file():
        return 0, text
    for place, character in enumerate(text):
        if character != "=":
            continue
        name, path = text[:place], text[place + 1 :]
        if outputs.count(name) == 1:
            return outputs.index(name), path
        if name.isdecimal() and int(name) < len(outputs):
            return int(name), path
    known = ", ".join(f"{index} ({short_name(name)})" for index, name in enumerate(outputs))
    raise CommandError(
        f"--labels {text}: there is no such output; the model has {known}: "
        "give --labels OUTPUT=FILE with one of these"
    )
