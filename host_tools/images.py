"""Fits and scales a picture into an input tensor, to the same bits as the board (docs/images.md).

Also makes what a camera would give: RGB565 frames. Reads no picture files.
"""

from __future__ import annotations

import numpy as np

MAX_SIDE = 16384
MAX_PIXELS = 1 << 24
# what becomes of a picture with other proportions than the input's, and how it is made as large
FITS = ("crop", "squeeze", "border")
SCALINGS = ("average", "bilinear", "openmv")


def rgb888_to_rgb565(pixels: np.ndarray) -> np.ndarray:
    """uint8 [height, width, 3] to uint16 [height, width], each colour to the nearest it has."""
    wide = pixels.astype(np.uint32)
    red, green, blue = wide[..., 0], wide[..., 1], wide[..., 2]
    r5, g6, b5 = (red * 31 + 127) // 255, (green * 63 + 127) // 255, (blue * 31 + 127) // 255
    return (r5 << 11 | g6 << 5 | b5).astype(np.uint16)


def rgb565_to_rgb888(pixels: np.ndarray) -> np.ndarray:
    """uint16 [height, width] to uint8 [height, width, 3], by repeating the upper bits below."""
    wide = pixels.astype(np.uint32)
    r5, g6, b5 = wide >> 11, wide >> 5 & 63, wide & 31
    colours = [r5 << 3 | r5 >> 2, g6 << 2 | g6 >> 4, b5 << 3 | b5 >> 2]
    return np.stack(colours, axis=-1).astype(np.uint8)


def crop(width: int, height: int, out_width: int, out_height: int) -> tuple[int, int, int, int]:
    """The part of a picture with the output's aspect ratio: left, top, width, height."""
    crop_width, crop_height = width, height
    if width * out_height > height * out_width:
        crop_width = max(1, height * out_width // out_height)
    else:
        crop_height = max(1, width * out_height // out_width)
    return (width - crop_width) // 2, (height - crop_height) // 2, crop_width, crop_height


def border(width: int, height: int, out_width: int, out_height: int) -> tuple[int, int, int, int]:
    """Where in the output a whole picture has its own aspect ratio: left, top, width, height."""
    shown_width, shown_height = out_width, out_height
    if width * out_height > height * out_width:
        shown_height = max(1, height * out_width // width)
    else:
        shown_width = max(1, width * out_height // height)
    left, top = (out_width - shown_width) // 2, (out_height - shown_height) // 2
    return left, top, shown_width, shown_height


def _boxes(source: int, destination: int) -> tuple[np.ndarray, np.ndarray]:
    edges = np.arange(destination + 1, dtype=np.int64) * source // destination
    first = edges[:-1]
    return first, np.maximum(edges[1:], first + 1)


def _average(part: np.ndarray, height: int, width: int) -> np.ndarray:
    top, bottom = _boxes(part.shape[0], height)
    left, right = _boxes(part.shape[1], width)
    # numpy adds whole rows the fastest; a picture from a telephone has a thousand times the input
    rows = [part[a:b].sum(0, dtype=np.int64) for a, b in zip(top, bottom, strict=True)]
    sums = np.add.reduceat(np.stack(rows), left, axis=1)
    count = ((bottom - top)[:, np.newaxis] * (right - left))[..., np.newaxis]
    return np.asarray((sums + count // 2) // count)


def _neighbours(source: int, destination: int) -> tuple[np.ndarray, np.ndarray]:
    """The first of two pixels for each of the output's, and how many 16ths the second counts."""
    middles = (2 * np.arange(destination, dtype=np.int64) + 1) * source * 8 // destination
    place = np.clip(middles - 8, 0, (source - 1) * 16)
    first = np.minimum(place // 16, source - 2)
    return first, place - first * 16


def _bilinear(part: np.ndarray, height: int, width: int) -> np.ndarray:
    top, down = _neighbours(part.shape[0], height)
    left, across = _neighbours(part.shape[1], width)
    down, across = down[:, np.newaxis, np.newaxis], across[:, np.newaxis]
    rows = part[top].astype(np.int64) * (16 - down) + part[top + 1] * down
    return (rows[:, left] * (16 - across) + rows[:, left + 1] * across + 128) >> 8


def _steps(
    source: int, destination: int, before: int, unit: int, copied: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The first of two pixels for each of the output's, and what of `unit` the second counts.

    In single precision, as OpenMV computes it. `before` are the picture's pixels before the part.
    """
    whole = np.float32(65536)
    ratio = np.float32(destination) / np.float32(source)
    start = int(np.float32(before) * ratio)
    first = int(np.float32(start << 16) / ratio) - (0 if copied else 0x8000) - (before << 16)
    place = first + np.arange(destination, dtype=np.int64) * int(whole / ratio)
    place = np.clip(place, 0, (source - 1) << 16)
    left = np.minimum(place >> 16, source - 2)
    return left, (place - (left << 16)) * unit >> 16


def _openmv(
    part: np.ndarray, before: tuple[int, int], height: int, width: int, channels: int, kind: str
) -> np.ndarray:
    """As OpenMV's `ml` has it: colours stay what RGB565 can hold, and so does grey in colours."""
    copied = part.shape[:2] == (height, width)
    unit = 32 if kind == "RGB565" else 256
    top, down = _steps(part.shape[0], height, before[1], unit, copied)
    left, across = _steps(part.shape[1], width, before[0], unit, copied)
    down, across = down[:, np.newaxis, np.newaxis], across[:, np.newaxis]
    few = np.array([3, 2, 3])
    values = part.astype(np.int64) >> (few if kind == "RGB565" else 0)
    rows = (values[top] * (unit - down) + values[top + 1] * down + unit // 2) // unit
    scaled = (rows[:, left] * (unit - across) + rows[:, left + 1] * across + unit // 2) // unit
    if kind == "grayscale" and channels == 1:
        return np.asarray(scaled)
    if kind != "RGB565":
        scaled = np.broadcast_to(scaled, (height, width, 3)) >> few
    wide = scaled << few | scaled >> np.array([2, 4, 2])
    return wide if channels == 3 else (wide @ np.array([[38], [75], [15]])) >> 7


def scale(
    pixels: np.ndarray,
    out_height: int,
    out_width: int,
    channels: int,
    *,
    fit: str = "crop",
    scaling: str = "average",
    place: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """Fits and scales to uint8 [out_height, out_width, channels] (1 or 3).

    `fit` is one of FITS, `scaling` one of SCALINGS. `pixels` is uint8 [height, width]
    (grayscale), uint16 [height, width] (RGB565) or uint8 [height, width, 3] (RGB888); a region of
    a picture is pixels[y : y + h, x : x + w], with (x, y) as `place`. Raises ValueError for
    anything else, and for a picture with a side over 16384 or more than 2**24 pixels.
    """
    kind = "RGB888"
    if pixels.dtype == np.uint16 and pixels.ndim == 2:
        pixels, kind = rgb565_to_rgb888(pixels), "RGB565"
    elif pixels.dtype == np.uint8 and pixels.ndim == 2:
        pixels, kind = pixels[..., np.newaxis], "grayscale"
    elif pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(
            f"a picture is uint8 [h, w] or [h, w, 3] or uint16 [h, w], not "
            f"{pixels.dtype} {list(pixels.shape)}"
        )
    height, width = pixels.shape[:2]
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise ValueError(
            f"a picture of {width}x{height} pixels; sides of 1 to {MAX_SIDE} and at most "
            f"{MAX_PIXELS} pixels are allowed"
        )

    part = pixels
    shown = (0, 0, out_width, out_height)
    if fit == "crop":
        left, top, crop_width, crop_height = crop(width, height, out_width, out_height)
        part = part[top : top + crop_height, left : left + crop_width]
        place = place[0] + left, place[1] + top
    elif fit == "border":
        shown = border(width, height, out_width, out_height)
    left, top, shown_width, shown_height = shown
    if scaling == "openmv" and min(part.shape[:2]) > 1:
        scaled = _openmv(part, place, shown_height, shown_width, channels, kind)
    elif scaling == "bilinear" and min(part.shape[:2]) > 1:
        scaled = _bilinear(part, shown_height, shown_width)
    else:
        scaled = _average(part, shown_height, shown_width)

    if scaled.shape[2] == 1:
        scaled = np.repeat(scaled, channels, axis=2)
    elif channels < scaled.shape[2]:
        scaled = (scaled @ np.array([[77], [150], [29]]) + 128) >> 8
    out = np.zeros((out_height, out_width, channels), np.uint8)
    out[top : top + shown_height, left : left + shown_width] = scaled
    return out


def image_to_tensor(
    pixels: np.ndarray,
    out_height: int,
    out_width: int,
    channels: int,
    table: np.ndarray,
    *,
    bgr: bool = False,
    fit: str = "crop",
    scaling: str = "average",
    place: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """A picture as an input: [1, out_height, out_width, channels] of the table's dtype.

    `table` has the input's stored value for each of the 256 pixel values: [256], or [channels,
    256] where each channel has its own. The channels are blue, green, red where `bgr`. `fit`,
    `scaling` and `place` are as scale() has them.
    """
    scaled = scale(pixels, out_height, out_width, channels, fit=fit, scaling=scaling, place=place)
    if bgr:
        scaled = scaled[..., ::-1]
    tables = np.broadcast_to(table, (channels, 256))
    return np.asarray(tables[np.arange(channels), scaled][np.newaxis])
