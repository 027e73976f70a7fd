"""Inputs and outputs in one line each, for the commands that show a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from host_tools.audio.front_end import KINDS
from host_tools.text import plain

LONGEST_NAME = 60


class Named(Protocol):
    """A tensor of a graph, a plan or a blob."""

    name: str
    shape: tuple[int, ...]


class Described(Named, Protocol):
    """A tensor of a plan or a blob."""

    dtype: str
    scale: float
    zero_point: int


def has_channels_first(shape: tuple[int, ...]) -> bool:
    """Whether an input of `shape` is one picture but for the order of its dimensions."""
    return len(shape) == 4 and shape[0] == 1 and shape[1] in (1, 3) and shape[3] not in (1, 3)


def tensor_text(tensor: Described, *notes: str) -> str:
    """Shape, type, quantization, name, and the `notes` that are not empty."""
    shape = "x".join(str(size) for size in tensor.shape) or "scalar"
    parts = [f"{shape} {tensor.dtype}"]
    if tensor.dtype in ("int8", "uint8"):
        parts += [f"scale {tensor.scale:.6g}", f"zero point {tensor.zero_point}"]
    parts += [f"name '{short_name(tensor.name)}'", *filter(None, notes)]
    return ", ".join(parts)


def short_name(name: str) -> str:
    """A tensor's name fit to be shown; converters give some that fill a screen."""
    name = plain(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..."


def images_text(
    takes_images: bool, channel_tables: bool, bgr: bool, fit: str, scaling: str
) -> str:
    """Whether and how an input takes images."""
    if not takes_images:
        return ""
    ways = ["as BGR"] * bgr + ["a table a channel"] * channel_tables
    ways += {"crop": [], "squeeze": ["squeezed"], "border": ["with a border"]}[fit]
    ways += {"average": [], "bilinear": ["bilinear"], "openmv": ["scaled as OpenMV"]}[scaling]
    return f"takes images{' (' if ways else ''}{', '.join(ways)}{')' if ways else ''}"


def audio_summary(numbers: Mapping[str, int]) -> dict[str, int | str]:
    """What a front end is, by its record's fields; `hop` and `window` are samples."""
    names = ("sample_rate", "window", "hop", "fft_size", "bands", "coefficients", "stride")
    kinds = {number: name for name, number in KINDS.items()}
    return {"kind": kinds[numbers["kind"]], **{name: numbers[name] for name in names}}


def audio_text(numbers: Mapping[str, int]) -> str:
    """The same in a few words."""
    facts = audio_summary(numbers)
    hop = numbers["hop"] * 1000 / numbers["sample_rate"]
    return f"takes sound of {facts['sample_rate']} Hz ({facts['kind']}, a frame in {hop:g} ms)"


def channels_first_text(shape: tuple[int, ...]) -> str:
    """What to do where an input is a picture but for the order of its dimensions."""
    return (
        "channels first: pack with --channels-last, and it takes images"
        if has_channels_first(shape)
        else ""
    )


def labels_text(labels: Sequence[str]) -> str:
    """How many labels an output has."""
    return f"{len(labels)} labels" if labels else ""
