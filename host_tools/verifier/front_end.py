"""The twin of firmware_module/audio/ink_front_end.c: a front end for sound."""

from __future__ import annotations

from host_tools.audio.front_end import (
    FIELDS,
    GAINS,
    KINDS,
    LOGARITHM_PARTS,
    MAX_BANDS,
    MAX_FRAMES,
    RECORD,
    TRANSFORMS,
)
from host_tools.verifier.check import BAD_FRONT_END, DATA, INT8, UINT8, WORD, Check, Tensor

_RANGES = {
    "kind": (min(KINDS.values()), max(KINDS.values())),
    "sample_rate": (1, 1 << 20),
    "window": (2, 2048),
    "hop": (1, 8192),
    "bands": (1, MAX_BANDS),
    "peak": (0, 1),
    "gain_shift": (0, 62),
    "toward_zero": (0, 1),
    "smoothing_bits": (0, 31),
    "snr_shift": (0, 31),
    "correction_bits": (0, 31),
    "scale_shift": (0, 31),
}


def verify_front_end(check: Check, tensor: Tensor, offset: int) -> None:
    """Of the input that is this tensor, whose record is verified."""
    check.range(DATA, "front_end", offset, RECORD.size, 4)
    record = dict(zip(FIELDS, RECORD.unpack_from(check.data, offset), strict=True))
    for name, (least, most) in _RANGES.items():
        check.field_of(BAD_FRONT_END, name, record[name], least, most)
    _numbers(check, record, tensor)
    _tables(check, record)


def _numbers(check: Check, record: dict[str, int], tensor: Tensor) -> None:
    bad = BAD_FRONT_END
    if record["fft_size"] not in TRANSFORMS:
        check.refuse(bad, "fft_size is not 128, 512 or 2048")
    if tensor.dtype not in (INT8, UINT8):
        check.refuse(bad, "it is for an input that is not int8 or uint8")
    lowest = -128 if tensor.dtype == INT8 else 0
    bands, coefficients = record["bands"], record["coefficients"]
    fewest = 1 if record["kind"] == KINDS["mfcc"] else bands
    check.multiple(bad, "window", record["window"], 2)
    check.between(bad, "fft_size", record["fft_size"], record["window"], WORD)
    check.between(bad, "coefficients", coefficients, fewest, bands)
    check.between(bad, "floor_shift", record["floor_shift"], -63, 31)
    check.between(bad, "min", record["min"], lowest, lowest + 255)
    check.between(bad, "max", record["max"], record["min"], lowest + 255)
    frames = tensor.size // coefficients
    check.equal(bad, "its input's size", tensor.size, frames * coefficients)
    check.between(bad, "its number of frames", frames, 1, MAX_FRAMES)
    check.between(bad, "stride", record["stride"], 1, frames)


def _tables(check: Check, record: dict[str, int]) -> None:
    points = record["fft_size"] // 2
    micro = record["kind"] == KINDS["micro"]
    bands = record["bands"]

    def table(name: str, elements: int, item_size: int) -> None:
        check.block(name, record[name], elements * item_size)

    table("window_table", record["fft_size"], 2)
    table("twiddles", 2 * (points - 4), 2 if micro else 4)
    table("edges", bands + 2, 2)
    edges = [int(edge) for edge in check.array(record["edges"], "<u2", bands + 2)]
    before = 1
    for edge in edges:
        check.between(BAD_FRONT_END, "an edge", edge, before, points)
        before = edge
    bins = edges[-1] - edges[0]
    table("real_twiddles", points if micro else 2 * bins, 2 if micro else 4)
    table("weights", 2 * bins, 4)
    table("logarithm", LOGARITHM_PARTS, 2)
    if record["kind"] == KINDS["mfcc"]:
        table("cosines", record["coefficients"] * 4 * ((bands + 3) // 4), 2)
    if micro and record["gains"]:
        table("gains", GAINS, 2)
