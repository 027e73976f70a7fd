"""Pictures of nothing in particular, made of those of the classes: "none of these".

Real pictures of what the camera else sees are better. Without them, four kinds each keep something
of the classes' pictures (colours, textures, spectrum) but not the thing: pieces in another
order, a small piece enlarged, the same spectrum with random phases, and plain colours.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


def made(pictures: Bytes, count: int, draw: np.random.Generator) -> Bytes:
    """`count` pictures of `pictures`, uint8 [N, height, width, channels], by `draw`."""
    sources = pictures[draw.integers(0, len(pictures), count)]
    kinds = draw.integers(0, len(_KINDS), count)
    values = [
        _KINDS[kind](picture.astype(np.float64), draw)
        for kind, picture in zip(kinds, sources, strict=True)
    ]
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def _shuffled(picture: Floats, draw: np.random.Generator) -> Floats:
    """Pieces of a quarter of the side, each somewhere else and perhaps mirrored."""
    height, width, channels = picture.shape
    h, w = height // 4, width // 4
    rows = picture[: 4 * h, : 4 * w].reshape(4, h, 4, w, channels)
    pieces = rows.transpose(0, 2, 1, 3, 4).reshape(16, h, w, channels)[draw.permutation(16)]
    turned = draw.random(16) < 0.5
    pieces[turned] = pieces[turned, :, ::-1]
    made = pieces.reshape(4, 4, h, w, channels).transpose(0, 2, 1, 3, 4)
    made = made.reshape(4 * h, 4 * w, channels)
    return np.pad(made, ((0, height - 4 * h), (0, width - 4 * w), (0, 0)), mode="edge")


def _enlarged(picture: Floats, draw: np.random.Generator) -> Floats:
    """A piece of a fifth of the side, enlarged without steps."""
    height, width, _ = picture.shape
    h, w = max(2, height // 5), max(2, width // 5)
    top, left = (int(draw.integers(0, room + 1)) for room in (height - h, width - w))
    piece = picture[top : top + h, left : left + w]
    for axis, length in ((0, height), (1, width)):
        places = np.linspace(0, piece.shape[axis] - 1, length)
        low = np.floor(places).astype(int)
        high = np.minimum(low + 1, piece.shape[axis] - 1)
        share = (places - low).reshape([-1 if d == axis else 1 for d in range(3)])
        piece = np.take(piece, low, axis) * (1 - share) + np.take(piece, high, axis) * share
    return piece


def _scrambled(picture: Floats, draw: np.random.Generator) -> Floats:
    """The picture's spectrum with the phases of noise, the same for all colours."""
    noise = np.angle(np.fft.rfft2(draw.standard_normal(picture.shape[:2])))
    spectrum = np.fft.rfft2(picture, axes=(0, 1)) * np.exp(1j * noise)[..., None]
    spectrum[0, 0] = np.abs(spectrum[0, 0])
    return np.fft.irfft2(spectrum, picture.shape[:2], axes=(0, 1))


def _plain(picture: Floats, draw: np.random.Generator) -> Floats:
    """From one colour of the picture to another, in some direction, with some noise."""
    height, width, channels = picture.shape
    colours = picture.reshape(-1, channels)[draw.integers(0, height * width, 2)]
    if draw.random() < 0.5:
        colours = draw.uniform(0, 255, (2, channels))
    across, down = draw.uniform(-1, 1, 2)
    y, x = np.mgrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j]
    share = np.clip(0.5 + across * x + down * y, 0, 1)[..., None]
    noise = draw.standard_normal(picture.shape) * draw.uniform(0, 20)
    return colours[0] * (1 - share) + colours[1] * share + noise


_KINDS = (_shuffled, _enlarged, _scrambled, _plain)
