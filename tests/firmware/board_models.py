"""Small models and the words that the tests on boards share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tflite_builder import ModelBuilder

from host_tools.virtual_board import VirtualBoard, qemu

# runs a script on the board with files in /rom and gives what it printed: the fixture on_board
Runner = Callable[..., str]
Files = dict[str, bytes | Path]
# the same on the unix port, with a heap of so many bytes: the fixture unix_with
UnixMaker = Callable[[int], Runner]
# a virtual board with files in /rom, counting instructions or not: the fixture new_board
BoardMaker = Callable[..., VirtualBoard]

# virtual boards that on_board runs on: with `inkling` in the firmware; the same with
# single-precision floats and object representation C, as OpenMV's is; with a native module beside
# stock firmware; and that on other cores, where the environment's CORES names some ("m4 m33").
# Besides them it runs on "unix", MicroPython as a program of this computer, and on
# "stm32", MicroPython's STM32 port on QEMU's STM32L475, where that can be.
CORES = os.environ.get("CORES", "").split()
BOARDS = ("firmware", "single", "natmod", *(f"natmod-{core}" for core in CORES))
# for tests that need a board's memory or its counter
NOT_ON_UNIX = pytest.mark.parametrize("on_board", BOARDS, indirect=True)
# for tests of what the Cortex-M7's board counts
ON_CORTEX_M7 = pytest.mark.parametrize("on_board", BOARDS[:3], indirect=True)
# for tests that need more flash or heap than an STM32L475 has
NOT_ON_STM32 = pytest.mark.parametrize("on_board", (*BOARDS, "unix"), indirect=True)
# for camera scripts
LIKE_OPENMV = pytest.mark.parametrize("on_board", ["single"], indirect=True)


class CortexM4(VirtualBoard):
    """The virtual board with QEMU's Cortex-M4F: firmware built with CORE=m4."""

    machine = qemu.Machine("mps2-an386", 0x21400000, 0x203FFFF0)


class CortexM33(VirtualBoard):
    """The virtual board with QEMU's Cortex-M33: firmware built with CORE=m33, softfp."""

    machine = qemu.Machine("mps2-an505", 0x80400000, 0x383FFFF0)


CORE_BOARDS = {"m4": CortexM4, "m33": CortexM33}

# shared by scripts: tells the exception of a call
TELL = """
import gc
import inkling

def tell(function, *args, **options):
    try:
        function(*args, **options)
        print("no exception")
    except Exception as e:
        print(type(e).__name__ + ":", e)
"""

# of odd and even lengths
LABELS = ["a", "no", "cat", *(f"label{index}" for index in range(3, 9)), "nothing"]


def build_tiny() -> bytes:
    """int8 [1, 4, 4, 3], scale 1/128, zero point -1, to int8 [1, 10]: fully connected, softmax."""
    rng = np.random.default_rng(5)
    builder = ModelBuilder("tiny")
    image = builder.tensor((1, 4, 4, 3), scale=1 / 128, zero_point=-1, name="pixels")
    flat = builder.tensor((1, 48), scale=1 / 128, zero_point=-1)
    weights = builder.tensor((10, 48), scale=0.02, data=rng.integers(-127, 128, (10, 48)))
    bias = builder.tensor((10,), "int32", scale=0.02 / 128, data=rng.integers(-999, 999, 10))
    logits = builder.tensor((1, 10), scale=0.1, zero_point=3)
    scores = builder.tensor((1, 10), scale=1 / 256, zero_point=-128, name="scores")
    shape = builder.constant([1, 48])
    builder.operator("RESHAPE", [image, shape], [flat])
    builder.operator("FULLY_CONNECTED", [flat, weights, bias], [logits])
    builder.operator("SOFTMAX", [logits], [scores], beta=1.0)
    return builder.build([image], [scores])


def build_two() -> bytes:
    """Two int8 [1, 4] inputs to their sum and their difference."""
    builder = ModelBuilder("two")
    left = builder.tensor((1, 4), scale=0.5, zero_point=0)
    right = builder.tensor((1, 4), scale=0.5, zero_point=0)
    total = builder.tensor((1, 4), scale=1.0, zero_point=0, name="total")
    difference = builder.tensor((1, 4), scale=1.0, zero_point=0, name="difference")
    builder.operator("ADD", [left, right], [total])
    builder.operator("SUB", [left, right], [difference])
    return builder.build([left, right], [total, difference])


def build_float() -> bytes:
    """float32 [1, 6] to float32 [1, 6] by way of int8 with scale 0.25."""
    builder = ModelBuilder("float")
    real = builder.tensor((1, 6), "float32", name="real")
    stored = builder.tensor((1, 6), scale=0.25, zero_point=10)
    back = builder.tensor((1, 6), "float32", name="back")
    builder.operator("QUANTIZE", [real], [stored])
    # read twice, so that the input stays float32
    builder.operator("QUANTIZE", [real], [builder.tensor((1, 6), scale=0.5)])
    builder.operator("DEQUANTIZE", [stored], [back])
    return builder.build([real], [back])


def build_whole() -> bytes:
    """int32 [2, 2] to itself turned, and to where each row, cut to int8, is greatest."""
    builder = ModelBuilder("whole")
    given = builder.tensor((2, 2), "int32", name="given")
    turned = builder.tensor((2, 2), "int32", name="turned")
    real = builder.tensor((2, 2), "float32")
    stored = builder.tensor((2, 2), scale=1.0)
    greatest = builder.tensor((2,), "int32", name="greatest")
    builder.operator("TRANSPOSE", [given, builder.constant([1, 0])], [turned])
    builder.operator("CAST", [given], [real])
    builder.operator("QUANTIZE", [real], [stored])
    builder.operator("ARG_MAX", [stored, builder.constant([1])], [greatest])
    return builder.build([given], [turned, greatest])


def mpremote(board: VirtualBoard, *words: str) -> str:
    """What mpremote prints, connected to this board."""
    command = [sys.executable, "-m", "mpremote", "connect", board.port, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
