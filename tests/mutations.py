"""Damage to files, from a seed."""

from __future__ import annotations

import numpy as np


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """One to four bytes or words of a file replaced by what tends to hurt."""
    result = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(8, len(data) - 4))
        match int(rng.integers(0, 4)):
            case 0:
                result[at] = int(rng.integers(0, 256))
            case 1:
                result[at] ^= 1 << int(rng.integers(0, 8))
            case 2:
                word = int(rng.choice([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, len(data)]))
                result[at & ~3 : (at & ~3) + 4] = word.to_bytes(4, "little")
            case _:
                word = int(rng.integers(-64, 64)) & 0xFFFFFFFF
                result[at & ~3 : (at & ~3) + 4] = word.to_bytes(4, "little")
    return bytes(result)
