"""The arithmetic of docs/blob-format.md's front ends in numpy, all frames at once.

Gives the bytes that the C of firmware_module/audio gives. Sums and products stay below 2^63.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from host_tools.audio import twin_micro
from host_tools.audio.front_end import FrontEnd
from host_tools.audio.twin_arithmetic import (
    Array,
    bit_length,
    digit_reversed,
    log2,
    upper,
    wrap,
)

_LINES = 9
_POWER_BITS = 15
_HEARD = 32
_USUAL_PEAK = 8192
_LOG_BITS = 6
_CUBIC = (2138483888, -1879330973, 1774175399)
_UNIT_BITS = {"mfcc": 22, "log-mel": 14}


def features(front_end: FrontEnd, samples: npt.NDArray[np.int16]) -> Array:
    """The stored values of every frame of `samples`, int32 [frames, coefficients].

    Frame i starts at sample i * hop, and there is one once the hops that its window reaches into
    are whole. What is taken off for the peak is that of all samples: those of one clip, which is
    as long as the input asks for, give what the board has in its input then.
    """
    numbers = front_end.numbers
    hop, blocks = numbers["hop"], front_end.blocks
    count = max(0, len(samples) // hop - blocks + 1)
    starts = np.arange(count) * hop
    windows = samples[starts[:, np.newaxis] + np.arange(numbers["window"])].astype(np.int64)
    peaks = np.full(count, 32_768)
    if numbers.get("peak"):
        heard = [samples[: (i + blocks) * hop].max(initial=1) for i in range(count)]
        peaks = np.array(heard, np.int64)
    values = frame_values(front_end, windows, peaks)
    if front_end.kind == "mfcc" and count:
        values[:, 0] = without_peak(front_end, values[:, 0], int(peaks[-1]))
    return stored(front_end, values)


def frame_values(front_end: FrontEnd, windows: Array, peaks: Array) -> Array:
    """Features times 2^16, [frames, coefficients], of windows of samples in their order."""
    if front_end.kind == "micro":
        values = twin_micro.microfrontend(front_end, windows)
        return wrap(values * front_end.numbers["gain"])
    numbers, tables = front_end.numbers, front_end.tables
    mfcc = front_end.kind == "mfcc"
    x, y, shifts, silent = _spectrum(front_end, windows)
    bins = _lengths(x, y) if mfcc else (x * x + y * y) >> _POWER_BITS
    sums = band_sums(front_end, bins)
    power = 1 if mfcc else 2
    left = numbers["floor_shift"] + power * shifts
    if mfcc:
        peaks = np.where(silent, 1, np.where(peaks < _HEARD, _USUAL_PEAK, peaks))
    else:
        peaks = np.ones_like(peaks)
    floor = numbers["floor"] * peaks
    floor = np.where(left >= 0, floor << np.maximum(left, 0), floor >> np.maximum(-left, 0))
    unit = (_UNIT_BITS[front_end.kind] + power * shifts) << 16
    logs = log2(sums + floor[:, np.newaxis], tables["logarithm"], _LINES) - unit[:, np.newaxis]
    if not mfcc:
        return _scaled(front_end, logs)
    bands, count = numbers["bands"], numbers["coefficients"]
    short = np.clip((logs + (1 << (_LOG_BITS - 1))) >> _LOG_BITS, -32768, 32767)
    rows = tables["cosines"].reshape(count, -1)[:, :bands].astype(np.int64)
    return wrap((short @ rows.T) >> numbers["gain_shift"])


def without_peak(front_end: FrontEnd, values: Array, peak: int) -> Array:
    """Coefficient 0 times 2^16 with sound divided by its peak, 1 to 32768."""
    numbers = front_end.numbers
    loud = log2(np.array([peak]), front_end.tables["logarithm"], _LINES)
    gain = (loud * numbers["gain"]) >> 16
    return np.maximum(values - gain, numbers["lowest"])


def stored(front_end: FrontEnd, values: Array) -> Array:
    """Features times 2^16 as stored values, int32."""
    numbers = front_end.numbers
    exact = values + (front_end.zero_point << 16)
    add = np.where(exact < 0, 0xFFFF, 0) if numbers["toward_zero"] else 0x8000
    return np.clip((exact + add) >> 16, numbers["min"], numbers["max"]).astype(np.int32)


def _scaled(front_end: FrontEnd, values: Array) -> Array:
    numbers = front_end.numbers
    return wrap(wrap((values * numbers["gain"]) >> numbers["gain_shift"]) + numbers["offset"])


def band_sums(front_end: FrontEnd, bins: Array) -> Array:
    """[frames, bands] of [frames, bins with weights]."""
    edges = front_end.tables["edges"].astype(np.int64) - int(front_end.tables["edges"][0])
    weights = front_end.tables["weights"].astype(np.int64).reshape(-1, 2)
    sums = np.zeros((len(bins), front_end.numbers["bands"]), np.int64)
    for band in range(front_end.numbers["bands"]):
        rising, middle, falling = edges[band : band + 3]
        sums[:, band] = bins[:, rising:middle] @ weights[rising:middle, 0]
        sums[:, band] += bins[:, middle:falling] @ weights[middle:falling, 1]
    return sums


# --- the spectrum on 32 bits


def _spectrum(front_end: FrontEnd, windows: Array) -> tuple[Array, Array, Array, Array]:
    """Real and imaginary parts of the bins with weights, [frames, bins]; of each frame its shift,
    and whether it is silent.
    """
    numbers, tables = front_end.numbers, front_end.tables
    shifts = 15 - bit_length(np.where(windows < 0, ~windows, windows).max(axis=1, initial=0))
    raised = windows << shifts[:, np.newaxis]
    padded = np.zeros((len(windows), numbers["fft_size"]), np.int64)
    size = windows.shape[1]
    padded[:, :size] = raised * tables["window_table"][:size].astype(np.int64)
    real, imaginary = _transform(padded[:, 0::2], padded[:, 1::2], tables["twiddles"])
    points = real.shape[1]
    first, end = int(tables["edges"][0]), int(tables["edges"][-1])
    k = np.arange(first, end)
    turns = tables["real_twiddles"].astype(np.int64).reshape(-1, 2)
    cosine, sine = turns[:, 0], turns[:, 1]
    across = wrap(real[:, k] - real[:, points - k])
    along = wrap(imaginary[:, k] + imaginary[:, points - k])
    x = wrap(real[:, k] + real[:, points - k]) >> 1
    y = wrap(imaginary[:, k] - imaginary[:, points - k]) >> 1
    x = wrap(wrap(x + upper(-across * sine)) + upper(along * cosine))
    y = wrap(wrap(y + upper(-across * cosine)) + upper(-along * sine))
    return x, y, shifts, (windows == 0).all(axis=1)


def _transform(real: Array, imaginary: Array, twiddles: npt.NDArray[np.int32]) -> tuple[Any, Any]:
    frames, points = real.shape
    order = digit_reversed(points)
    x, y = real[:, order], imaginary[:, order]
    step, at = 1, 0
    while step < points:
        legs_x = [wrap(leg) for leg in x.reshape(frames, -1, 4, step).transpose(2, 0, 1, 3)]
        legs_y = [wrap(leg) for leg in y.reshape(frames, -1, 4, step).transpose(2, 0, 1, 3)]
        if step == 1:
            legs_x, legs_y = [leg >> 2 for leg in legs_x], [leg >> 2 for leg in legs_y]
        else:
            table = twiddles[at : at + 6 * step].astype(np.int64).reshape(step, 3, 2)
            at += 6 * step
            legs_x[0], legs_y[0] = legs_x[0] >> 2, legs_y[0] >> 2
            for place, leg in enumerate((1, 3, 2)):
                cosine, sine = table[:, place, 0], table[:, place, 1]
                a, b = legs_x[leg], legs_y[leg]
                legs_x[leg] = wrap(upper(a * cosine) + upper(b * sine))
                legs_y[leg] = wrap(upper(b * cosine) + upper(-a * sine))
        sum_x, sum_y = wrap(legs_x[0] + legs_x[2]), wrap(legs_y[0] + legs_y[2])
        less_x, less_y = wrap(legs_x[0] - legs_x[2]), wrap(legs_y[0] - legs_y[2])
        odd_x, odd_y = wrap(legs_x[1] + legs_x[3]), wrap(legs_y[1] + legs_y[3])
        turn_x, turn_y = wrap(legs_x[1] - legs_x[3]), wrap(legs_y[1] - legs_y[3])
        out_x = [sum_x + odd_x, less_x + turn_y, sum_x - odd_x, less_x - turn_y]
        out_y = [sum_y + odd_y, less_y - turn_x, sum_y - odd_y, less_y + turn_x]
        x = wrap(np.stack(out_x, 2)).reshape(frames, points)
        y = wrap(np.stack(out_y, 2)).reshape(frames, points)
        step *= 4
    return x, y


def _lengths(x: Array, y: Array) -> Array:
    """sqrt(x^2 + y^2) within 0.01 %, by a cubic in the square of the parts' ratio."""
    greater = np.maximum(np.abs(x), np.abs(y))
    smaller = np.minimum(np.abs(x), np.abs(y))
    zeros = 32 - bit_length(greater | 1)
    ratio = (smaller << zeros) // (((greater | 1) << zeros) >> 16)
    square = upper((ratio << 14) ** 2) << 2
    cubic = _CUBIC[0] + upper(square * (_CUBIC[1] + upper(square * _CUBIC[2])))
    return greater + upper(greater * (upper(square * cubic) << 2))
