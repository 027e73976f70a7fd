"""Frames too deep: what runs networks raises, and writes nothing below the stack."""

from __future__ import annotations

import ast

import numpy as np
from board_models import NOT_ON_UNIX, Runner
from single_operators import random_model
from small_blobs import kernels, small_blobs

from host_tools.blob.reader import read_blob
from host_tools.kernels import KERNELS
from host_tools.pack import pack

# an interrupt's frame with the FPU's registers is 108 bytes; another may come in it
LEFT_FOR_INTERRUPTS = 2 * 108

# bytes: of what is larger, the heap soon has no such piece
MOST_ARENA = 16384

# Calls each of five functions with each blob in the deepest frame, and in each above it until it
# answers. The stack's lowest 8 KB are painted; what lies below them faults.
SCRIPT = """
import array
import gc
import inkling
import machine
import os

LOWEST = 0x20000000
PAINTED = 8192
PAINT = 0x5AA5A55A

def paint():
    for at in range(LOWEST, LOWEST + PAINTED, 4):
        machine.mem32[at] = PAINT

def untouched():
    at = 0
    while machine.mem32[LOWEST + at] == PAINT:
        at += 4
    return at

def down(depth, function, given):
    if depth == 0:
        return function(*given)
    return down(depth - 1, function, given)

# with frames of another size above those of down()
def aside(turns, depth, function, given):
    if turns == 0:
        return down(depth, function, given)
    return next(map(lambda t: aside(t, depth, function, given), (turns - 1,)))

def deepest(turns):
    low, high = 0, 1000
    while high - low > 1:
        depth = (low + high) // 2
        try:
            aside(turns, depth, len, ((),))
            low = depth
        except RuntimeError:
            high = depth
    return low

# how many frames up it answers, and what
def first_answer(turns, depth, function, given):
    frames = 0
    while True:
        try:
            return frames, aside(turns, depth - frames, function, given)
        except RuntimeError as e:
            assert str(e) == "maximum recursion depth exceeded", e
            frames += 1

paint()
arena = bytearray(16384)
frames = {}
limits = [deepest(turns) for turns in range(3)]
for name in sorted(os.listdir("/rom")):
    if not name.endswith(".ink"):
        continue
    gc.collect()
    blob = memoryview(open("/rom/" + name, "rb"))
    model = inkling.Model(blob, arena)
    inputs = [array.array(t, bytes(model.input(i))) for i, t in enumerate(model.input_dtype)]
    outputs = range(len(model.output_shape))
    model.predict(inputs)
    stored = [bytes(model.output(i)) for i in outputs]
    text = str(model)
    for turns, limit in enumerate(limits):
        for what, function, given in (
            ("Model", inkling.Model, (blob, arena)),
            ("Model, a file", inkling.Model, ("/rom/" + name, arena)),
            ("predict", model.predict, (inputs,)),
            ("run", model.run, ()),
            ("profile", model.profile, ()),
            ("profile, whole", model.profile, (inputs,)),
            ("print", str, (model,)),
        ):
            model.reset()
            up, answer = first_answer(turns, limit, function, given)
            least, most = frames.get(what, (up, up))
            frames[what] = min(up, least), max(up, most)
            if what in ("predict", "profile, whole"):
                assert [bytes(model.output(i)) for i in outputs] == stored, (name, what)
            elif what == "print":
                assert answer == text
print(frames)
print(untouched())
"""


def every_kernel() -> dict[str, bytes]:
    """A few of the small blobs, with every kernel."""
    rng = np.random.default_rng(1)
    made = [pack(random_model("L2_NORMALIZATION", rng)) for _ in range(8)]
    every = {**small_blobs(), **{f"l2_{place}": blob for place, blob in enumerate(made)}}
    left, chosen = set(KERNELS), dict[str, bytes]()
    small = [name for name in every if read_blob(every[name]).arena_size <= MOST_ARENA]
    while left:
        name = max(small, key=lambda name: len(kernels(every[name]) & left))
        assert kernels(every[name]) & left, left
        chosen[name] = every[name]
        left -= kernels(every[name])
    return chosen


@NOT_ON_UNIX
def test_in_frames_too_deep_every_kernel_is_refused_and_nothing_lies_below_the_stack(
    on_board: Runner,
) -> None:
    blobs = every_kernel()
    printed = on_board(SCRIPT, {f"{name}.ink": blob for name, blob in blobs.items()})
    frames, untouched = printed.splitlines()
    for what, (least, most) in ast.literal_eval(frames).items():
        # a frame of Python takes about 200 bytes
        assert 0 < least <= most <= 12, (what, least, most)
    assert int(untouched) > LEFT_FOR_INTERRUPTS
