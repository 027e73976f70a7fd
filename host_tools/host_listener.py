"""Listens on this computer: the board's own C listener and runtime, called through ctypes."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from host_tools.errors import CommandError
from host_tools.host_runtime import HostModel

NO_WORD = -1
_BATCH = 128  # results whose networks run at once
MAX_SMOOTHING = 64
MAX_SCORES = 1 << 23
# labels of what is no word
NO_WORDS = ("silence", "unknown", "_silence_", "_unknown_", "background", "noise", "other")


@dataclass(frozen=True)
class Listening:
    """As inkling.Listener takes them: docs/device.md. `stride` is frames, 0 for the blob's."""

    smoothing: int = 3
    threshold: float = 0.8
    hysteresis: float = 0.1
    refractory: int = 500
    stride: int = 0
    ignore: tuple[str, ...] = NO_WORDS


@dataclass(frozen=True)
class Result:
    """What came of the samples until `end`: smoothed scores, and the output heard, or None."""

    end: int
    scores: npt.NDArray[np.float32]
    word: int | None


# firmware_module/audio/ink_features.h and ink_listener.h
class _Features(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("record", "blob", "work", "estimate")]


class _Settings(ctypes.Structure):
    _fields_ = [
        ("stride", ctypes.c_uint32),
        ("smoothing", ctypes.c_uint32),
        ("threshold", ctypes.c_float),
        ("hysteresis", ctypes.c_float),
        ("refractory", ctypes.c_uint32),
    ]


class _Listener(ctypes.Structure):
    _fields_ = [
        ("model", ctypes.c_void_p),
        ("record", ctypes.POINTER(ctypes.c_uint32)),
        ("features", _Features),
        ("settings", _Settings),
        *((name, ctypes.c_uint32) for name in ("input", "frames", "blocks", "n_scores")),
        ("unit", ctypes.c_float),
        *(
            (name, ctypes.c_void_p)
            for name in ("samples", "peaks", "first", "values", "stored", "history", "sums")
        ),
        ("scores", ctypes.POINTER(ctypes.c_float)),
        ("words", ctypes.POINTER(ctypes.c_uint8)),
        *(
            (name, ctypes.c_uint32)
            for name in ("filled", "n_peaks", "n_frames", "n_results", "waiting", "resting")
        ),
        ("held", ctypes.c_int32),
        ("word", ctypes.c_int32),
        ("due", ctypes.c_bool),
    ]


class HostListener:
    """A listener for an opened blob, which has a front end. One thread at a time may use it.

    `rate` is in Hz, `hop` the samples from one result to the next, `memory` bytes beside the
    arena, `words` the outputs that may be heard, `refractory` counts results. Raises
    CommandError for a blob without a front end, and for settings out of range.
    """

    def __init__(self, model: HostModel, listening: Listening | None = None) -> None:
        listening = listening or Listening()
        self.model = model
        self._library = _library(model.library)
        if self._library.ink_listener_input(model.handle) >= len(model.inputs):
            raise CommandError(
                f"{model.name}: it has no front end; pack it with --audio to listen with it"
            )
        _check(listening)
        scores = math.prod(model.outputs[0].shape)
        if scores > MAX_SCORES:
            raise CommandError(
                f"{model.name}: output 0 has {scores} elements, too many to listen to: at most "
                f"{MAX_SCORES}"
            )
        self.memory = int(self._library.ink_listener_size(model.handle, listening.smoothing))
        self._memory = np.zeros(self.memory // 8, np.uint64)
        self._listener = _Listener()
        settings = _Settings(
            listening.stride, listening.smoothing, listening.threshold, listening.hysteresis, 0
        )
        self._handle = ctypes.byref(self._listener)
        self._library.ink_listener_start(
            self._handle, model.handle, self._memory.ctypes.data, ctypes.byref(settings)
        )
        self.rate = int(self._listener.record[1])
        self.hop = int(self._library.ink_listener_hop(self._handle))
        self.refractory = int(
            self._library.ink_listener_results(self._handle, listening.refractory)
        )
        self._listener.settings.refractory = self.refractory
        for index, label in enumerate(model.labels):
            if label.lower() in listening.ignore:
                self._listener.words[index] = 0
        self.words = [i for i in range(self._listener.n_scores) if self._listener.words[i]]
        self._taken = 0

    def reset(self) -> None:
        """Forgets all it heard."""
        self._library.ink_listener_reset(self._handle)
        self._taken = 0

    def results(self, samples: npt.NDArray[np.int16], *, threads: int = 1) -> Iterator[Result]:
        """What comes of more samples, int16 of one channel at `rate`.

        Networks without states run on `threads` at once, with the same results.
        """
        data = np.ascontiguousarray(samples, np.int16)
        start = data.ctypes.data
        taken = 0
        waiting: list[tuple[int, npt.NDArray[np.generic]]] = []
        alone = self.model.state_size or len(self.model.inputs) > 1
        most = _BATCH if threads > 1 and not alone else 1
        while taken < len(data):
            count = self._library.ink_listener_take(
                self._handle, start + 2 * taken, len(data) - taken
            )
            taken += count
            self._taken += count
            if self._listener.due:
                self._library.ink_listener_fill(self._handle)
                waiting.append((self._taken, self._input_place().copy()))
            if len(waiting) == most or taken == len(data):
                yield from self._run(waiting, threads)
                waiting = []

    def _run(
        self, waiting: list[tuple[int, npt.NDArray[np.generic]]], threads: int
    ) -> Iterator[Result]:
        if len(waiting) == 1:
            self.model.run_in_place()
            yield self._result(waiting[0][0])
        elif waiting:
            inputs = [np.stack([stored for _, stored in waiting])]
            outputs = self.model.run_many(inputs, threads=threads)[0]
            for (end, _), output in zip(waiting, outputs, strict=True):
                self.model.output_in_place(0)[...] = output
                yield self._result(end)

    def _input_place(self) -> npt.NDArray[np.generic]:
        return self.model.input_in_place(self._listener.input)

    def input(self) -> npt.NDArray[np.generic]:
        """What the network's input is of the newest frames, [frames, coefficients]."""
        self._library.ink_listener_fill(self._handle)
        return self._input_place().reshape(self._listener.frames, -1).copy()

    def _result(self, end: int) -> Result:
        self._library.ink_listener_hear(self._handle)
        scores = np.ctypeslib.as_array(self._listener.scores, (self._listener.n_scores,))
        word = self._listener.word
        return Result(end, scores.copy(), None if word == NO_WORD else word)


def _check(listening: Listening) -> None:
    for name, low, high in (
        ("smoothing", 1, MAX_SMOOTHING),
        ("refractory", 0, 60_000),
        ("stride", 0, 1024),
    ):
        value = getattr(listening, name)
        if not low <= value <= high:
            raise CommandError(f"{name} is {value}, allowed {low} to {high}")


@cache
def _library(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    listener = ctypes.POINTER(_Listener)
    model, memory = ctypes.c_void_p, ctypes.c_void_p
    word, settings = ctypes.c_uint32, ctypes.POINTER(_Settings)
    signatures: Sequence[tuple[str, list[object], object]] = (
        ("ink_listener_input", [model], word),
        ("ink_listener_size", [model, word], word),
        ("ink_listener_start", [listener, model, memory, settings], None),
        ("ink_listener_reset", [listener], None),
        ("ink_listener_take", [listener, memory, word], word),
        ("ink_listener_fill", [listener], None),
        ("ink_listener_hear", [listener], None),
        ("ink_listener_hop", [listener], word),
        ("ink_listener_results", [listener, word], word),
    )
    for name, arguments, result in signatures:
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library
