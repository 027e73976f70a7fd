"""A frame as a board describes it, looked at whole before anything is made of it."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from host_tools.images import rgb565_to_rgb888
from host_tools.text import plain
from host_tools.view.protocol import Message

MOST_SIDE = 4096
# what a board may send of each kind; the rest is left out
MOST_RESULTS = 100
MOST_OPERATORS = 2000
MOST_SETTINGS = 20
MOST_LETTERS = 80
MOST_NAME = 40
# JSON's own limits on numbers and nesting are Python's
MOST_DESCRIPTION = 1 << 18
_BYTES = {"rgb565": 2, "grey": 1}

Setting = bool | int | float
Box = tuple[float, float, float, float, float, str]


class FrameError(Exception):
    """A message that is no frame: in a few words why."""


@dataclass(frozen=True)
class Frame:
    """`kind` is "png" or "jpeg", `picture` the file's bytes; a JPEG is as the camera made it.

    `labels` are (name, score); `boxes` (x, y, width, height, score, name), in pixels. `operators`
    are (name, kernel, microseconds, multiply-accumulates), or why there are none; None where they
    were not measured. `ms` is what the script took between two frames, without showing them.
    """

    width: int
    height: int
    kind: str
    picture: bytes
    labels: tuple[tuple[str, float], ...]
    boxes: tuple[Box, ...]
    settings: dict[str, Setting]
    model: str
    operators: tuple[tuple[str, str, int, int], ...] | str | None
    ms: int | None


def read_frame(message: Message) -> Frame:
    """Raises FrameError where a description is not as docs/view.md has it."""
    if len(message.description) > MOST_DESCRIPTION:
        raise FrameError(f"a description of {len(message.description)} bytes")
    try:
        told = json.loads(message.description)
        if not isinstance(told, dict):
            raise FrameError("the description is no object of JSON")
        width, height = (_whole(side) for side in told["size"])
        if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE):
            raise FrameError(f"{width}x{height} pixels")
        kind, picture = _picture(told["format"], width, height, message.pixels)
        operators = told.get("operators")
        return Frame(
            width=width,
            height=height,
            kind=kind,
            picture=picture,
            labels=tuple((_name(a), _number(b)) for a, b in told["labels"][:MOST_RESULTS]),
            boxes=tuple(_box(box) for box in told["boxes"][:MOST_RESULTS]),
            settings=_settings(told["settings"]),
            model=_name(told.get("model", "")),
            operators=_operators(operators) if operators is not None else None,
            ms=_whole(told["ms"]) if "ms" in told else None,
        )
    except FrameError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FrameError(f"its description: {error}") from None


def _picture(told: Any, width: int, height: int, pixels: bytes) -> tuple[str, bytes]:
    if told == "jpeg":
        try:
            # the head alone is read: the browser decodes it
            with Image.open(io.BytesIO(pixels), formats=["JPEG"]) as image:
                size = image.size
        except Exception as error:  # Pillow raises many kinds
            raise FrameError(f"no JPEG: {error}") from None
        if size != (width, height):
            raise FrameError(f"a JPEG of {size[0]}x{size[1]} pixels, said to be {width}x{height}")
        return "jpeg", pixels
    if told not in _BYTES:
        raise FrameError(f"an unknown format, {told!r}")
    if len(pixels) != width * height * _BYTES[told]:
        raise FrameError(f"{len(pixels)} bytes for {width}x{height} pixels of {told}")
    values = np.frombuffer(pixels, "<u2" if told == "rgb565" else np.uint8)
    values = values.reshape(height, width)
    image = Image.fromarray(rgb565_to_rgb888(values) if told == "rgb565" else values)
    file = io.BytesIO()
    image.save(file, "png", compress_level=1)
    return "png", file.getvalue()


def _box(told: Any) -> Box:
    x, y, width, height, score, name = told
    return _number(x), _number(y), _number(width), _number(height), _number(score), _name(name)


def _operators(told: Any) -> tuple[tuple[str, str, int, int], ...] | str:
    if isinstance(told, str):
        return _name(told)
    return tuple(
        (_name(name), _name(kernel), _whole(microseconds), _whole(macs))
        for name, kernel, microseconds, macs in told[:MOST_OPERATORS]
    )


def _settings(told: Any) -> dict[str, Setting]:
    """Those that the page can change: numbers, true and false, by name."""
    found: dict[str, Setting] = {}
    for name, value in sorted(told.items())[:MOST_SETTINGS]:
        if not (name.isascii() and name.isidentifier() and len(name) <= MOST_NAME):
            raise FrameError("a setting whose name is none of an argument")
        if isinstance(value, bool):
            found[name] = value
        elif isinstance(value, int | float):
            found[name] = _whole(value) if isinstance(value, int) else _number(value)
    return found


def _name(told: Any) -> str:
    if not isinstance(told, str):
        raise FrameError("a name that is no text")
    return plain(told[:MOST_LETTERS])


def _whole(told: Any) -> int:
    if type(told) is not int or not -(1 << 53) < told < 1 << 53:
        raise FrameError("a number that is not whole, or too large")
    return told


def _number(told: Any) -> float:
    """0 for None: what is no number on the board either."""
    value = 0.0 if told is None else told
    if type(value) not in (int, float) or not abs(value) <= 1e30:  # NaN is refused too
        raise FrameError("a score or a side that is no number")
    return float(value)
