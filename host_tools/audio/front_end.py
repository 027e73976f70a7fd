"""A front end: what turns samples into a network's input, as numbers and tables.

The record and the arithmetic are in docs/blob-format.md; the arithmetic is in twin.py too.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

KINDS = {"mfcc": 1, "log-mel": 2, "micro": 3}
TRANSFORMS = (128, 512, 2048)  # samples: twice a power of 4
MAX_BANDS = 128
MAX_FRAMES = 1024
LOGARITHM_PARTS = 129
GAINS = 125
RECORD = struct.Struct("<10IiiI2iI2i15I")
NUMBERS = (
    "kind",
    "sample_rate",
    "window",
    "hop",
    "fft_size",
    "bands",
    "coefficients",
    "stride",
    "peak",
    "floor",
    "floor_shift",
    "gain",
    "gain_shift",
    "offset",
    "lowest",
    "toward_zero",
    "min",
    "max",
)
TABLES = (
    "window_table",
    "twiddles",
    "real_twiddles",
    "edges",
    "weights",
    "logarithm",
    "cosines",
)
MICRO_NUMBERS = ("smoothing_bits", "even_smoothing", "odd_smoothing", "min_signal_remaining")
MICRO_AFTER = ("snr_shift", "correction_bits", "scale_shift")
# the record's fields in order; a table's is its offset
FIELDS = (*NUMBERS, *TABLES, *MICRO_NUMBERS, "gains", *MICRO_AFTER)


@dataclass(frozen=True)
class FrontEnd:
    """`numbers` and `tables` by the record's names; what the kind does not use is left out.

    Tables are int16, uint16, int32 or uint32 arrays of one dimension. The input that the features
    go to has this `zero_point`, and takes `frames` frames of `numbers["coefficients"]` values.
    """

    numbers: Mapping[str, int]
    tables: Mapping[str, np.ndarray[Any, Any]]
    zero_point: int
    frames: int

    @property
    def kind(self) -> str:
        return {number: name for name, number in KINDS.items()}[self.numbers["kind"]]

    @property
    def blocks(self) -> int:
        """Hops that a window reaches into."""
        return -(-self.numbers["window"] // self.numbers["hop"])

    def record(self, offsets: Mapping[str, int]) -> bytes:
        """The record, its tables at these offsets."""
        return RECORD.pack(*({**self.numbers, **offsets}.get(name, 0) for name in FIELDS))


def table_sizes(numbers: Mapping[str, int], bins: int) -> dict[str, tuple[str, int]]:
    """Type and elements of each table; `bins` is how many have weights."""
    points = numbers["fft_size"] // 2
    stages = 6 * (points // 4 * 4 - 4) // 3
    micro = numbers["kind"] == KINDS["micro"]
    bands = numbers["bands"]
    sizes = {
        "window_table": ("int16", numbers["fft_size"]),
        "twiddles": ("int16" if micro else "int32", stages),
        "real_twiddles": ("int16", points) if micro else ("int32", 2 * bins),
        "edges": ("uint16", bands + 2),
        "weights": ("uint32", 2 * bins),
        "logarithm": ("uint16", LOGARITHM_PARTS),
    }
    if numbers["kind"] == KINDS["mfcc"]:
        sizes["cosines"] = ("int16", numbers["coefficients"] * 4 * ((bands + 3) // 4))
    return sizes
