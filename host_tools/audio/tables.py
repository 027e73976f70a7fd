"""Computes a front end's numbers and tables from its settings and the input it is for.

Sources: tf.signal.linear_to_mel_weight_matrix and mfccs_from_log_mel_spectrograms for `mfcc` and
`log-mel`; TensorFlow's microfrontend for `micro`, whose tables are made in float32 there too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.arithmetic import LIMITS
from host_tools.audio.front_end import KINDS, LOGARITHM_PARTS, MAX_FRAMES, FrontEnd
from host_tools.audio.settings import Settings
from host_tools.audio.single import log1p
from host_tools.errors import CommandError

Array = npt.NDArray[Any]

_WEIGHT_BITS = 15
_MICRO_BITS = 12
_COEFFICIENT_BITS = 10  # fractional bits of the logarithms that go into the cosine transform
_PER_LOG2 = math.log(2)
_MEL = 1127.0
_GAIN_TABLE_BITS = 32


def make_front_end(
    settings: Settings, shape: Sequence[int], dtype: str, scale: float, zero_point: int
) -> FrontEnd:
    """The front end of an input of this shape, type and quantization.

    Raises CommandError where the input cannot take such features; it says both shapes.
    """
    frames = _frames(settings, shape)
    if dtype not in LIMITS:
        raise CommandError(
            f"its input is {dtype}, but a front end stores int8 or uint8: quantize the model"
        )
    if settings.stride > frames:
        raise CommandError(
            f"stride is {settings.stride}, allowed at most {frames}, the frames of its input "
            f"{[*shape]}"
        )
    lowest, highest = LIMITS[dtype]
    numbers = {
        "kind": KINDS[settings.kind],
        "sample_rate": settings.sample_rate,
        "window": settings.window,
        "hop": settings.hop,
        "fft_size": settings.fft_size,
        "bands": settings.bands,
        "coefficients": settings.coefficients,
        "stride": settings.stride or _stride(settings, frames),
        "toward_zero": int(settings.rounding == "toward-zero"),
        "min": _bound(settings.low, scale, zero_point, lowest, highest),
        "max": _bound(settings.high, scale, zero_point, lowest, highest),
    }
    make = {"mfcc": _mfcc, "log-mel": _log_mel, "micro": _micro}[settings.kind]
    more, tables = make(settings, scale)
    tables["logarithm"] = _logarithm()
    return FrontEnd({**numbers, **more}, tables, zero_point, frames)


def _frames(settings: Settings, shape: Sequence[int]) -> int:
    wide = settings.coefficients
    core = [size for size in shape if size != 1]
    frames = math.prod(core) // wide
    fits = core in ([frames, wide], [frames * wide], [frames])
    if not fits or frames * wide != math.prod(core) or not 1 <= frames <= MAX_FRAMES:
        raise CommandError(
            f"its input is {[*shape]}, but {settings.kind} gives [1, frames, {wide}] with up to "
            f"{MAX_FRAMES} frames: bands or coefficients must be those that it was trained with"
        )
    return frames


def _stride(settings: Settings, frames: int) -> int:
    """About 100 ms; all that it takes where that is little, as in networks with a memory."""
    usual = max(1, round(100 / settings.hop_ms))
    return frames if frames <= usual else usual


def _bound(value: float, scale: float, zero_point: int, lowest: int, highest: int) -> int:
    if math.isinf(value):
        return lowest if value < 0 else highest
    stored = math.floor(value / scale + zero_point + 0.5)
    return min(max(stored, lowest), highest)


# --- what mfcc and log-mel share


def _spectral(settings: Settings) -> dict[str, Array]:
    size = settings.window - settings.symmetric
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(settings.window) / size)
    edges, weights = _triangles(settings)
    points = settings.fft_size // 2
    twiddles = [
        _rounded(part(2 * np.pi * leg * k / (4 * step)) * (1 << 30), np.int32)
        for step in _steps(points)
        for k in range(step)
        for leg in (1, 3, 2)
        for part in (np.cos, np.sin)
    ]
    angles = 2 * np.pi * np.arange(edges[0], edges[-1]) / settings.fft_size
    turns = np.stack([np.cos(angles), np.sin(angles)], 1).reshape(-1)
    return {
        "window_table": _padded(_rounded(window * 32767, np.int16), settings),
        "twiddles": np.array(twiddles, np.int32),
        "real_twiddles": _rounded(turns * ((1 << 31) - 1), np.int32),
        "edges": edges.astype(np.uint16),
        "weights": _rounded(weights * (1 << _WEIGHT_BITS), np.uint32),
    }


def _steps(points: int) -> list[int]:
    """Butterflies' steps, of all stages but the first."""
    return [4**stage for stage in range(1, (points.bit_length() - 1) // 2)]


def _triangles(settings: Settings) -> tuple[Array, Array]:
    """Edges [bands + 2] in bins, and for each bin what it adds to the bands beside it, [2 bins].

    The first of two is for the band that rises there, the second for the one that falls.
    """

    def mel(hertz: Any) -> Any:
        return _MEL * np.log1p(np.asarray(hertz, np.float64) / 700)

    spacing = settings.sample_rate / settings.fft_size
    corners = np.linspace(mel(settings.low_hz), mel(settings.high_hz), settings.bands + 2)
    bins = np.arange(1, settings.fft_size // 2)
    pitch = mel(bins * spacing)
    # a bin at a corner is where one band is 0 and another 1: either side will do
    edges = 1 + np.searchsorted(pitch, corners)
    used = np.arange(edges[0], edges[-1])
    band = np.searchsorted(corners, pitch[used - 1], side="right") - 1
    edges = edges[0] + np.searchsorted(band, np.arange(settings.bands + 2))
    rising = (pitch[used - 1] - corners[band]) / (corners[band + 1] - corners[band])
    weights = np.stack([rising, 1 - rising], 1).reshape(-1)
    return edges, weights


def _rounded(values: Any, dtype: Any) -> Array:
    info = np.iinfo(dtype)
    return np.clip(np.floor(np.asarray(values) + 0.5), info.min, info.max).astype(dtype)


def _padded(window: Array, settings: Settings) -> Array:
    """With zeros for the rest of the transform."""
    return np.pad(window, (0, settings.fft_size - len(window)))


def _logarithm() -> Array:
    """log2(1 + x) - x at 0, 1/128, ... 1, times 2^16."""
    x = np.arange(LOGARITHM_PARTS) / (LOGARITHM_PARTS - 1)
    return _rounded((np.log2(1 + x) - x) * 65536, np.uint16)


# --- mfcc


def _mfcc(settings: Settings, scale: float) -> tuple[dict[str, int], dict[str, Array]]:
    tables = _spectral(settings)
    bands, count = settings.bands, settings.coefficients
    # the transform's rows by stored value and power of 2
    angles = np.pi / bands * (np.arange(bands) + 0.5) * np.arange(count)[:, np.newaxis]
    rows = 2 * np.cos(angles) / math.sqrt(2 * bands) * _PER_LOG2 / scale
    bits = _bits(float(np.abs(rows).max()), 15)
    whole = np.zeros((count, 4 * ((bands + 3) // 4)), np.int16)
    whole[:, :bands] = _rounded(rows * 2.0**bits, np.int16)
    tables["cosines"] = whole.reshape(-1)
    shift = _COEFFICIENT_BITS + bits - 16
    if not 0 <= shift <= 40:
        raise CommandError(f"the scale of its input, {scale:g}, is not one of an MFCC")
    gain = round(rows[0].sum() * 65536)
    # the floor is in units of its fraction of the peak; ink_features.c: 2^(22 + shift) a unit
    floor, floor_bits = _mantissa(settings.floor)
    numbers = {
        "peak": int(settings.normalize == "peak"),
        "floor": floor,
        "floor_shift": 22 - floor_bits,
        "gain": gain,
        "gain_shift": shift,
        "lowest": round(math.log2(settings.floor) * gain),
    }
    return numbers, tables


def _mantissa(value: float) -> tuple[int, int]:
    """A whole number below 2^32 and the bits by which it is `value` too large."""
    bits = 31 - math.frexp(value)[1]
    return round(math.ldexp(value, bits)), bits


def _bits(most: float, width: int) -> int:
    """Fractional bits with which numbers up to `most` fit `width` bits beside the sign."""
    return width - math.frexp(most)[1] if most else 0


# --- log-mel


def _log_mel(settings: Settings, scale: float) -> tuple[dict[str, int], dict[str, Array]]:
    floor, floor_bits = _mantissa(settings.floor)
    numbers = {"floor": floor, "floor_shift": 14 - floor_bits}
    numbers |= _line(settings.gain * _PER_LOG2 / scale, settings.offset / scale)
    return numbers, _spectral(settings)


def _line(gain: float, offset: float) -> dict[str, int]:
    """value * gain + offset, of a value times 2^16, as gain, shift and offset."""
    bits = min(_bits(abs(gain), 30), 40)
    if bits < 0 or abs(offset) >= 1 << 14:
        raise CommandError(
            "its features do not fit its input: gain and offset must be those that it was trained "
            "with"
        )
    return {
        "gain": round(gain * 2.0**bits),
        "gain_shift": bits,
        "offset": round(offset * 65536),
    }


# --- micro


def _micro(settings: Settings, scale: float) -> tuple[dict[str, int], dict[str, Array]]:
    single = np.float32
    points = settings.fft_size // 2
    argument = single(single(np.pi) * single(2) / single(settings.window))
    angle = argument * (np.arange(settings.window, dtype=single) + single(0.5))
    cosine = np.cos(angle.astype(np.float64)).astype(single)
    window = single(0.5) - single(0.5) * cosine
    edges, weights = _micro_bands(settings)
    twiddles = [
        int(
            math.floor(
                0.5 + 32767 * part(-2 * math.pi * (points // (4 * step) * leg * k) / points)
            )
        )
        for step in _steps(points)
        for k in range(step)
        for leg in (1, 2, 3)
        for part in (math.cos, math.sin)
    ]
    turns = [
        int(math.floor(0.5 + 32767 * part(-math.pi * ((k + 1) / points + 0.5))))
        for k in range(points // 2)
        for part in (math.cos, math.sin)
    ]
    correction = settings.fft_size.bit_length() - 1 - _MICRO_BITS // 2
    numbers = {
        "smoothing_bits": settings.smoothing_bits,
        "even_smoothing": int(single(settings.even_smoothing) * single(1 << 14)),
        "odd_smoothing": int(single(settings.odd_smoothing) * single(1 << 14)),
        "min_signal_remaining": int(single(settings.min_signal_remaining) * single(1 << 14)),
        "correction_bits": correction,
        "scale_shift": settings.scale_shift,
    }
    tables = {
        "window_table": _padded(
            np.floor(window * single(4096) + single(0.5)).astype(np.int16), settings
        ),
        "twiddles": np.array(twiddles, np.int16),
        "real_twiddles": np.array(turns, np.int16),
        "edges": edges,
        "weights": weights,
    }
    if settings.pcan:
        numbers["snr_shift"] = settings.pcan_gain_bits - correction - 12
        tables["gains"] = _gains(settings, correction)
    numbers["gain"] = round(settings.gain / scale * 65536)
    return numbers, tables


def _micro_mel(hertz: Any) -> Any:
    """As single precision has it."""
    ratio = np.float32(hertz) / np.float32(700)
    return np.float32(_MEL) * log1p(np.float32(ratio))


def _micro_bands(settings: Settings) -> tuple[Array, Array]:
    single = np.float32
    count = settings.bands + 1
    low, high = _micro_mel(settings.low_hz), _micro_mel(settings.high_hz)
    spacing = single((high - low) / single(count))
    centers = [single(low + single(spacing * single(i + 1))) for i in range(count)]
    per_bin = single(single(0.5) * single(settings.sample_rate) / single(settings.fft_size // 2))
    start = int(single(1.5) + single(settings.low_hz) / per_bin)
    edges = [start]
    weights: list[int] = []
    for channel, center in enumerate(centers):
        below = low if channel == 0 else centers[channel - 1]
        at = edges[-1]
        while (pitch := _micro_mel(single(at) * per_bin)) <= center:
            falling = single(single(center - pitch) / single(center - below))
            rising = single(single(1) - falling)
            weights += [
                int(np.floor(single(rising * single(4096)) + single(0.5))),
                int(np.floor(single(falling * single(4096)) + single(0.5))),
            ]
            at += 1
        edges.append(at)
    if edges[-1] > settings.fft_size // 2:
        raise CommandError(
            f"high_hz is {settings.high_hz:g}, allowed up to "
            f"{(settings.fft_size // 2 - 1) * per_bin:g} with this transform"
        )
    return np.array(edges, np.uint16), np.array(weights, np.uint32)


def _gains(settings: Settings, correction: int) -> Array:
    """Values and slopes of the gain between powers of 2 of the noise."""
    single = np.float32
    bits = settings.smoothing_bits - correction

    def gain(noise: int) -> int:
        real = single(single(noise) / single(2.0**bits))
        power = math.pow(
            float(single(real + single(settings.pcan_offset))),
            -float(single(settings.pcan_strength)),
        )
        value = single(single(1 << settings.pcan_gain_bits) * single(power))
        return 0x7FFF if value > 0x7FFF else int(single(value + single(0.5)))

    table = [gain(0), gain(1)]
    for interval in range(2, _GAIN_TABLE_BITS + 1):
        start = 1 << (interval - 1)
        end = 2 * start if interval < _GAIN_TABLE_BITS else 2 * start - 1
        y0, y1, y2 = gain(start), gain(start + start // 2), gain(end)
        slope = 4 * (y1 - y0) - (y2 - y0)
        table += [y0, slope, y2 - y0 - slope, 0]
    return np.array(table[:-1]).astype(np.int16)
