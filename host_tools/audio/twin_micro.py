"""TensorFlow's microfrontend in numpy: spectrum on 16 bits, noise reduction, gain, logarithm.

After tensorflow/lite/experimental/microfrontend and its KISS FFT, rounding by rounding.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from host_tools.audio.front_end import FrontEnd
from host_tools.audio.twin_arithmetic import (
    Array,
    bit_length,
    digit_reversed,
    log2,
    wrap,
    wrap16,
)

_HALF = 1 << 14
_LN2 = 45426
_STEPS = 16
_WORD = 0xFFFF_FFFF


def microfrontend(front_end: FrontEnd, windows: Array) -> Array:
    """[frames, bands] of windows of samples, from a state of zeros."""
    from host_tools.audio.twin import band_sums

    tables = front_end.tables
    window = tables["window_table"][: windows.shape[1]].astype(np.int64)
    windowed = wrap16((windows * window) >> 12)
    loudest = np.where(windowed == -32768, 0, np.abs(windowed)).max(axis=1, initial=0)
    shifts = 15 - bit_length(loudest)
    padded = np.zeros((len(windows), front_end.numbers["fft_size"]), np.int64)
    padded[:, : windowed.shape[1]] = wrap16(windowed << shifts[:, np.newaxis])
    powers = _spectrum(padded, tables["twiddles"], tables["real_twiddles"])
    first, end = int(tables["edges"][0]), int(tables["edges"][-1])
    signals = _nearest_roots(band_sums(front_end, powers[:, first:end])) >> shifts[:, np.newaxis]
    values = np.zeros_like(signals)
    estimate = np.zeros(signals.shape[1], np.int64)
    for frame, signal in enumerate(signals):
        estimate, values[frame] = _reduced(front_end, estimate, signal)
    return _logarithms(front_end, values)


def _rounded(products: Array) -> Array:
    return wrap16((products + _HALF) >> 15)


def _spectrum(
    padded: Array, twiddles: npt.NDArray[np.int16], turns: npt.NDArray[np.int16]
) -> Array:
    frames = len(padded)
    points = padded.shape[1] // 2
    order = digit_reversed(points)
    x, y = padded[:, 0::2][:, order], padded[:, 1::2][:, order]
    step, at = 1, 0
    while step < points:
        legs_x = list(_rounded(8191 * x).reshape(frames, -1, 4, step).transpose(2, 0, 1, 3))
        legs_y = list(_rounded(8191 * y).reshape(frames, -1, 4, step).transpose(2, 0, 1, 3))
        if step > 1:
            table = twiddles[at : at + 6 * step].astype(np.int64).reshape(step, 3, 2)
            at += 6 * step
            for leg in (1, 2, 3):
                cosine, sine = table[:, leg - 1, 0], table[:, leg - 1, 1]
                a, b = legs_x[leg], legs_y[leg]
                legs_x[leg] = _rounded(a * cosine - b * sine)
                legs_y[leg] = _rounded(a * sine + b * cosine)
        sum_x, sum_y = wrap16(legs_x[0] + legs_x[2]), wrap16(legs_y[0] + legs_y[2])
        less_x, less_y = wrap16(legs_x[0] - legs_x[2]), wrap16(legs_y[0] - legs_y[2])
        odd_x, odd_y = wrap16(legs_x[1] + legs_x[3]), wrap16(legs_y[1] + legs_y[3])
        turn_x, turn_y = wrap16(legs_x[1] - legs_x[3]), wrap16(legs_y[1] - legs_y[3])
        out_x = [sum_x + odd_x, less_x + turn_y, sum_x - odd_x, less_x - turn_y]
        out_y = [sum_y + odd_y, less_y - turn_x, sum_y - odd_y, less_y + turn_x]
        x = wrap16(np.stack(out_x, 2)).reshape(frames, points)
        y = wrap16(np.stack(out_y, 2)).reshape(frames, points)
        step *= 4
    powers = np.zeros((frames, points), np.int64)
    k = np.arange(1, points // 2 + 1)
    ax, ay = _rounded(16383 * x[:, k]), _rounded(16383 * y[:, k])
    bx, by = _rounded(16383 * x[:, points - k]), _rounded(-16383 * y[:, points - k])
    sum_x, sum_y = wrap16(ax + bx), wrap16(ay + by)
    less_x, less_y = wrap16(ax - bx), wrap16(ay - by)
    turn = turns.astype(np.int64).reshape(-1, 2)
    turn_x = _rounded(less_x * turn[:, 0] - less_y * turn[:, 1])
    turn_y = _rounded(less_x * turn[:, 1] + less_y * turn[:, 0])
    # of bin points / 2 the second is what counts
    powers[:, k] = _power((sum_x + turn_x) >> 1, (sum_y + turn_y) >> 1)
    powers[:, points - k] = _power((sum_x - turn_x) >> 1, (turn_y - sum_y) >> 1)
    return powers


def _power(x: Array, y: Array) -> Array:
    return (x * x + y * y) & _WORD


def _nearest_roots(sums: Array) -> Array:
    root = np.sqrt(sums.astype(np.float64)).astype(np.int64)
    root -= root * root > sums
    root += (root + 1) * (root + 1) <= sums
    most = np.where(sums < 1 << 32, 0xFFFF, _WORD)
    return np.where((sums - root * root > root) & (root != most), root + 1, root)


def _reduced(front_end: FrontEnd, estimate: Array, signal: Array) -> tuple[Array, Array]:
    """The new estimate of the noise, and the signal without it and with its gain."""
    numbers = front_end.numbers
    bits = numbers["smoothing_bits"]
    even = np.arange(len(signal)) % 2 == 0
    smoothing = np.where(even, numbers["even_smoothing"], numbers["odd_smoothing"])
    raised = (signal << bits) & _WORD
    noise = ((raised * smoothing + estimate * ((1 << 14) - smoothing)) >> 14) & _WORD
    least = (signal * numbers["min_signal_remaining"]) >> 14
    value = np.maximum((raised - np.minimum(noise, raised)) >> bits, least)
    if "gains" in front_end.tables:
        gain = _gain(noise, front_end.tables["gains"].astype(np.int64))
        ratio = ((value * gain) >> numbers["snr_shift"]) & _WORD
        small = (ratio * ratio) >> 20
        value = np.where(ratio < 2 << 12, small, (ratio >> 6) - 64)
    return noise, value


def _gain(noise: Array, table: Array) -> Array:
    interval = np.maximum(bit_length(noise), 2)
    at = 4 * interval - 6
    left, right = np.maximum(11 - interval, 0), np.maximum(interval - 11, 0)
    fraction = ((noise << left) >> right) & 0x3FF
    result = ((table[at + 2] * fraction) >> 5) + (table[at + 1] << 5)
    result = wrap((wrap(result * fraction) + (1 << 14)) >> 15)
    result = wrap16(result + table[at])
    return np.where(noise <= 2, table[np.minimum(noise, 2)], result)


def _logarithms(front_end: FrontEnd, values: Array) -> Array:
    numbers = front_end.numbers
    raised = (values << numbers["correction_bits"]) & _WORD
    natural = (_LN2 * log2(raised, front_end.tables["logarithm"], _STEPS) + 0x8000) >> 16
    scaled = (((natural << numbers["scale_shift"]) & _WORD) + 0x8000) & _WORD
    return np.where(raised <= 1, 0, np.minimum(scaled >> 16, 0xFFFF))
