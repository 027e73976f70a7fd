"""What `pack-model --audio` and `--audio-json` may say of a front end, checked."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host_tools.audio.front_end import MAX_BANDS, TRANSFORMS
from host_tools.errors import CommandError
from host_tools.files import read_whole


@dataclass(frozen=True)
class Settings:
    """Rates in Hz, times in milliseconds; `stride` in frames, 0 for a sensible one.

    A feature is, for `mfcc`, a coefficient of the cosine transform of ln(band + floor), sound
    being -1 to 1 or, with `normalize` "peak", divided by its window's loudest sample; for
    `log-mel`, gain * ln(band + floor) + offset, held within `low` and `high`, sound being int16;
    for `micro`, gain times what the microfrontend gives.
    """

    kind: str
    sample_rate: int = 16_000
    window_ms: float = 30.0
    hop_ms: float = 10.0
    fft_size: int = 512
    bands: int = 40
    coefficients: int = 40
    low_hz: float = 0.0
    high_hz: float = 4000.0
    stride: int = 0
    rounding: str = "nearest"
    floor: float = 0.0
    gain: float = 1.0
    offset: float = 0.0
    low: float = -math.inf
    high: float = math.inf
    normalize: str = "none"
    symmetric: bool = False
    smoothing_bits: int = 10
    even_smoothing: float = 0.025
    odd_smoothing: float = 0.06
    min_signal_remaining: float = 0.05
    pcan: bool = True
    pcan_strength: float = 0.95
    pcan_offset: float = 80.0
    pcan_gain_bits: int = 21
    scale_shift: int = 6

    @property
    def window(self) -> int:
        """Samples."""
        return int(self.window_ms * self.sample_rate / 1000)

    @property
    def hop(self) -> int:
        """Samples."""
        return int(self.hop_ms * self.sample_rate / 1000)


_COMMON: tuple[str, ...] = (
    "sample_rate",
    "window_ms",
    "hop_ms",
    "fft_size",
    "bands",
    "low_hz",
    "high_hz",
    "stride",
    "rounding",
)
# what may be said of each kind
NAMES: Mapping[str, tuple[str, ...]] = {
    "mfcc": (*_COMMON, "coefficients", "floor", "normalize", "symmetric"),
    "log-mel": (*_COMMON, "floor", "gain", "offset", "low", "high", "symmetric"),
    "micro": (
        *_COMMON,
        "gain",
        "smoothing_bits",
        "even_smoothing",
        "odd_smoothing",
        "min_signal_remaining",
        "pcan",
        "pcan_strength",
        "pcan_offset",
        "pcan_gain_bits",
        "scale_shift",
    ),
}
# MLPerf Tiny's keyword spotting; a fit to log-mel pictures of Speech Commands; the microfrontend
# with microWakeWord's numbers
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "mfcc": {
        "hop_ms": 20.0,
        "low_hz": 20.0,
        "coefficients": 10,
        "floor": 1e-6,
        "normalize": "peak",
    },
    "log-mel": {
        "floor": 547.60395,
        "gain": 10.00655,
        "offset": -61.68658,
        "low": 0.0,
        "high": 255.0,
        "symmetric": True,
    },
    "micro": {"low_hz": 125.0, "high_hz": 7500.0, "gain": 10 / 256},
}
_CHOICES = {"rounding": ("nearest", "toward-zero"), "normalize": ("peak", "none")}
# the least and the most of each number
_RANGES: Mapping[str, tuple[float, float]] = {
    "sample_rate": (4000, 48_000),
    "window_ms": (1, 512),
    "hop_ms": (1, 512),
    "bands": (1, MAX_BANDS),
    "coefficients": (1, MAX_BANDS),
    "low_hz": (0, 24_000),
    "high_hz": (1, 24_000),
    "stride": (0, 1024),
    "floor": (1e-9, 1e5),
    "gain": (-1e6, 1e6),
    "offset": (-1e6, 1e6),
    "low": (-1e9, 1e9),
    "high": (-1e9, 1e9),
    "smoothing_bits": (0, 16),
    "even_smoothing": (0, 1),
    "odd_smoothing": (0, 1),
    "min_signal_remaining": (0, 1),
    "pcan_strength": (0, 4),
    "pcan_offset": (1e-3, 1e6),
    "pcan_gain_bits": (15, 30),
    "scale_shift": (0, 16),
}


def read_settings(kind: str, path: Path | None) -> Settings:
    """The settings of a kind, with what a JSON file says in place of the defaults.

    Raises CommandError, which names the file, for one that is not an object of known settings.
    """
    if path is None:
        return make_settings(kind, {})
    try:
        given = json.loads(read_whole(path, 1 << 20))
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path}: not JSON: {error}") from error
    if not isinstance(given, dict):
        raise CommandError(f"{path}: must hold an object of settings")
    try:
        return make_settings(kind, given)
    except CommandError as error:
        raise CommandError(f"{path}: {error}") from error


def make_settings(kind: str, given: Mapping[str, Any]) -> Settings:
    """The settings of a kind, checked. Raises CommandError for one that cannot be had."""
    names = NAMES[kind]
    values: dict[str, Any] = dict(DEFAULTS[kind])
    for name, value in given.items():
        if name not in names:
            raise CommandError(f"{name}: no setting of {kind}, which has {', '.join(names)}")
        values[name] = _checked(name, value)
    settings = Settings(kind, **values)
    if kind != "mfcc":
        settings = dataclasses.replace(settings, coefficients=settings.bands)
    _check_together(settings)
    return settings


def _checked(name: str, value: Any) -> Any:
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise CommandError(f"{name} is {value!r}, allowed {' or '.join(_CHOICES[name])}")
        return value
    kind = {field.name: field.type for field in dataclasses.fields(Settings)}[name]
    if kind == "bool":
        if not isinstance(value, bool):
            raise CommandError(f"{name} is {value!r}, allowed true or false")
        return value
    whole = kind == "int"
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise CommandError(f"{name} is {value!r}, allowed is a {'whole ' if whole else ''}number")
    if name == "fft_size":
        if value not in TRANSFORMS:
            raise CommandError(f"fft_size is {value}, allowed {', '.join(map(str, TRANSFORMS))}")
        return value
    low, high = _RANGES[name]
    if not low <= value <= high:
        raise CommandError(f"{name} is {value}, allowed {low:g} to {high:g}")
    return value if whole else float(value)


def _check_together(settings: Settings) -> None:
    if settings.window > settings.fft_size:
        raise CommandError(
            f"window_ms: {settings.window} samples, allowed up to fft_size, {settings.fft_size}"
        )
    if settings.window % 2:
        raise CommandError(f"window_ms: {settings.window} samples, allowed an even number")
    if settings.kind == "micro":
        wanted = 1 << (settings.window - 1).bit_length()
        if settings.fft_size != wanted:
            raise CommandError(
                f"window_ms: the microfrontend's transform of {settings.window} samples is "
                f"{wanted}, but fft_size is {settings.fft_size}"
            )
    if not settings.low_hz < settings.high_hz <= settings.sample_rate / 2:
        raise CommandError(
            f"low_hz and high_hz are {settings.low_hz:g} and {settings.high_hz:g}, allowed rising "
            f"and up to half the sample rate, {settings.sample_rate / 2:g}"
        )
    if settings.coefficients > settings.bands:
        raise CommandError(
            f"coefficients: {settings.coefficients}, allowed up to bands, {settings.bands}"
        )
    if settings.low >= settings.high:
        raise CommandError(f"low is {settings.low:g}, allowed less than high, {settings.high:g}")
