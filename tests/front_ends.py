"""Front ends for tests, sound to try them with, and small networks that take it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from tflite_builder import ModelBuilder

from host_tools.audio import FrontEnd, make_front_end, make_settings
from host_tools.pack import pack

# by name: kind, settings, shape, type, scale and zero point of the input
CASES: dict[str, tuple[str, dict[str, Any], list[int], str, float, int]] = {
    "mfcc": ("mfcc", {}, [1, 49, 10, 1], "int8", 0.5847029089927673, 83),
    "mfcc toward zero": ("mfcc", {"rounding": "toward-zero"}, [1, 49, 10], "int8", 0.58, 80),
    "mfcc toward zero of kws": (
        "mfcc",
        {"rounding": "toward-zero"},
        [1, 49, 10, 1],
        "int8",
        0.5847029089927673,
        83,
    ),
    "mfcc full scale": ("mfcc", {"normalize": "none"}, [1, 49, 10], "int8", 0.6, 20),
    "mfcc 13 of 31": (
        "mfcc",
        {"coefficients": 13, "bands": 31, "hop_ms": 10.0, "high_hz": 8000.0, "window_ms": 25.0},
        [1, 20, 13],
        "uint8",
        0.7,
        128,
    ),
    "log-mel": ("log-mel", {}, [1, 98, 40], "uint8", 1.0, 0),
    "log-mel int8": (
        "log-mel",
        {"gain": 10.00655 / 255, "offset": -61.68658 / 255, "low": 0.0, "high": 1.0},
        [1, 98, 40, 1],
        "int8",
        1 / 255,
        -128,
    ),
    "log-mel of 2048": (
        "log-mel",
        {"fft_size": 2048, "window_ms": 128.0, "hop_ms": 64.0, "bands": 64, "high_hz": 8000.0},
        [1, 15, 64],
        "uint8",
        1.0,
        0,
    ),
    "log-mel of 128": (
        "log-mel",
        {"fft_size": 128, "window_ms": 8.0, "hop_ms": 5.0, "bands": 12, "floor": 0.01},
        [1, 100, 12],
        "int8",
        2.0,
        -10,
    ),
    "micro": ("micro", {}, [1, 98, 40], "uint8", 10 / 256, 0),
    "micro int8": ("micro", {}, [1, 3, 40], "int8", 0.10196079, -128),
    "micro without gain": ("micro", {"pcan": False}, [1, 20, 40], "int8", 0.1, -128),
}


def front_end(name: str) -> FrontEnd:
    kind, settings, shape, dtype, scale, zero_point = CASES[name]
    scale = float(np.float32(scale))  # as a model has it
    return make_front_end(make_settings(kind, settings), shape, dtype, scale, zero_point)


def blob_with(name: str) -> bytes:
    """A network that sums its input up, packed with the front end."""
    kind, settings, shape, dtype, scale, zero_point = CASES[name]
    builder = ModelBuilder("sums")
    given = builder.tensor(shape, dtype, scale=scale, zero_point=zero_point, name="frames")
    count = int(np.prod(shape))
    if dtype == "uint8":
        stored = builder.tensor(shape, scale=scale, zero_point=zero_point - 128)
        builder.operator("QUANTIZE", [given], [stored])
    else:
        stored = given
    flat = builder.tensor(
        (1, count), scale=scale, zero_point=zero_point - 128 * (dtype == "uint8")
    )
    weights = builder.tensor((2, count), scale=0.01, data=np.ones((2, count), np.int8))
    bias = builder.tensor((2,), "int32", scale=0.01 * scale, data=np.zeros(2, np.int32))
    sums = builder.tensor((1, 2), scale=scale, zero_point=0, name="sums")
    builder.operator("RESHAPE", [stored, builder.constant([1, count])], [flat])
    builder.operator("FULLY_CONNECTED", [flat, weights, bias], [sums])
    model = builder.build([given], [sums])
    return pack(model, audio=make_settings(kind, settings))


def made_sounds() -> dict[str, npt.NDArray[np.int16]]:
    rng = np.random.default_rng(11)
    time = np.arange(16_000) / 16_000
    chirp = np.sin(2 * np.pi * (100 + 3500 * time) * time)
    noise = rng.normal(size=16_000)
    word = np.where((time > 0.3) & (time < 0.7), np.sin(2 * np.pi * 440 * time) + 0.1 * noise, 0)
    sounds = {
        "zeros": np.zeros(16_000),
        "loud chirp": 32_767 * chirp,
        "quiet chirp": 40 * chirp,
        "noise": 3000 * noise,
        "one bit": rng.integers(-1, 2, 16_000),
        "lowest": np.full(16_000, -32_768),
        "square": np.where(time * 500 % 1 < 0.5, 32_767, -32_768),
        "extremes": rng.choice([-32_768, 32_767], 16_000),
        "word": 9000 * word,
        "below zero": -np.abs(5000 * noise),
        "click": np.where(np.arange(16_000) == 5000, 30_000, 0),
    }
    return {
        name: np.clip(np.rint(sound), -32_768, 32_767).astype(np.int16)
        for name, sound in sounds.items()
    }


def listening_network() -> bytes:
    """int8 [1, 8, 6] of MFCC to int8 [1, 4]: fully connected, softmax."""
    rng = np.random.default_rng(8)
    builder = ModelBuilder("listening")
    frames = builder.tensor((1, 8, 6), scale=0.58, zero_point=80, name="frames")
    flat = builder.tensor((1, 48), scale=0.58, zero_point=80)
    weights = builder.tensor((4, 48), scale=0.004, data=rng.integers(-127, 128, (4, 48)))
    bias = builder.tensor((4,), "int32", scale=0.00232, data=rng.integers(-99, 99, 4))
    logits = builder.tensor((1, 4), scale=0.3, zero_point=3)
    scores = builder.tensor((1, 4), scale=1 / 256, zero_point=-128, name="scores")
    builder.operator("RESHAPE", [frames, builder.constant([1, 48])], [flat])
    builder.operator("FULLY_CONNECTED", [flat, weights, bias], [logits])
    builder.operator("SOFTMAX", [logits], [scores], beta=1.0)
    return builder.build([frames], [scores])


def remembering_blob(stride: int) -> bytes:
    """Of int8 [1, 8, 6] of MFCC, to which four sums are added: a state, and the output [1, 4]."""
    rng = np.random.default_rng(9)
    builder = ModelBuilder("remembering")
    frames = builder.tensor((1, 8, 6), scale=0.58, zero_point=80, name="frames")
    flat = builder.tensor((1, 48), scale=0.58, zero_point=80)
    weights = builder.tensor((4, 48), scale=0.004, data=rng.integers(-127, 128, (4, 48)))
    fresh, held, total = (builder.tensor((1, 4), scale=1.0, zero_point=3) for _ in range(3))
    handle = builder.variable("total")
    builder.operator("READ_VARIABLE", [handle], [held])
    builder.operator("RESHAPE", [frames, builder.constant([1, 48])], [flat])
    builder.operator("FULLY_CONNECTED", [flat, weights, -1], [fresh])
    builder.operator("ADD", [held, fresh], [total], fused_activation_function="NONE")
    builder.operator("ASSIGN_VARIABLE", [handle, total], [])
    model = builder.build([frames], [total])
    return pack(model, audio=make_settings("mfcc", {**LISTENING["mfcc"], "stride": stride}))


# of the network's six values a frame, with transforms small and large
LISTENING: dict[str, dict[str, Any]] = {
    "mfcc": {"coefficients": 6, "stride": 2, "hop_ms": 10.0},
    "log-mel": {"bands": 6, "fft_size": 128, "window_ms": 8.0, "hop_ms": 5.0, "stride": 1},
    "micro": {"bands": 6},
}
LABELS = ["yes", "no", "Unknown", "silence"]


def huge_blob(side: int) -> bytes:
    """A blob that listens, whose output has side x side elements."""
    builder = ModelBuilder("huge")
    frames = builder.tensor((1, 8, 6, 1), scale=0.58, zero_point=80, name="frames")
    scores = builder.tensor((1, side, side, 1), scale=0.58, zero_point=80, name="scores")
    ways = {"align_corners": False, "half_pixel_centers": True}
    size = builder.constant([side, side])
    builder.operator("RESIZE_NEAREST_NEIGHBOR", [frames, size], [scores], **ways)
    settings = make_settings("mfcc", LISTENING["mfcc"])
    return pack(builder.build([frames], [scores]), name="huge", target="portable", audio=settings)


def listening_blob(target: str = "cortex-m7", kind: str = "mfcc") -> bytes:
    """A blob that listens: of mfcc, a result in 20 ms; labels of two words and two of none."""
    settings = make_settings(kind, LISTENING[kind])
    model = listening_network()
    return pack(model, name="listening", labels=LABELS, audio=settings, target=target)
