"""What the twins of the front ends share: numbers that wrap, logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.int64]


def wrap(values: Any) -> Array:
    """As int32 has them."""
    return ((np.asarray(values, np.int64) + (1 << 31)) & 0xFFFF_FFFF) - (1 << 31)


def wrap16(values: Any) -> Array:
    """As int16 has them."""
    return ((np.asarray(values, np.int64) + (1 << 15)) & 0xFFFF) - (1 << 15)


def upper(products: Any) -> Array:
    """The upper 32 bits of 64."""
    return np.asarray(products, np.int64) >> 32


def bit_length(values: Any) -> Array:
    """Of numbers from 0 to 2^63 - 1."""
    values = np.asarray(values, np.int64)
    length = np.zeros_like(values)
    for bits in (32, 16, 8, 4, 2, 1):
        more = values >= 1 << bits
        length += np.where(more, bits, 0)
        values = np.where(more, values >> bits, values)
    return length + (values > 0)


def log2(values: Array, table: npt.NDArray[np.uint16], steps: int) -> Array:
    """Logarithms to the base 2 of numbers of 1 or more, times 2^16; 0 counts as 1."""
    values = np.maximum(values, 1)
    length = bit_length(values)
    top = np.where(length > 32, values >> np.maximum(length - 32, 0), 0)
    top = np.where(length > 32, top, values << np.maximum(32 - length, 0))
    fraction = ((top << 1) & 0xFFFF_FFFF) >> 16
    parts = table.astype(np.int64)
    at = fraction >> 9
    rise = parts[at + 1] - parts[at]
    return ((length - 1) << 16) + fraction + parts[at] + ((rise * (fraction & 511)) >> steps)


def digit_reversed(points: int) -> npt.NDArray[np.intp]:
    """0 until `points`, a power of 4, by their digits to the base 4 from the last to the first."""
    rest = np.arange(points)
    reversed_ = np.zeros(points, np.intp)
    while points > 1:
        reversed_ = reversed_ * 4 + rest % 4
        rest = rest // 4
        points //= 4
    return reversed_
