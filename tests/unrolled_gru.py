"""A GRU as Keras unrolls it, with scales of its own for each tensor of each step."""

from __future__ import annotations

import numpy as np
from tflite_builder import ModelBuilder

NONE = {"fused_activation_function": "NONE"}
DENSE = {**NONE, "weights_format": "DEFAULT", "keep_num_dims": False}


class _Builder:
    """A network in the making; `rng` chooses scales and the order of operands."""

    def __init__(self, rng: np.random.Generator, units: int) -> None:
        self.rng, self.units = rng, units
        self.builder = ModelBuilder("gru")

    def tensor(self, size: int, largest: float) -> int:
        """int8 [1, size], about as far as `largest` on both sides."""
        scale = largest / 128 * float(2 ** self.rng.uniform(-0.5, 0.5))
        zero_point = int(self.rng.integers(-9, 9))
        return self.builder.tensor([1, size], scale=scale, zero_point=zero_point)

    def call(self, kind: str, inputs: list[int], largest: float) -> int:
        target = self.tensor(self.units, largest)
        if kind != "SUB" and self.rng.random() < 0.3:
            inputs = inputs[::-1]
        self.builder.operator(kind, inputs, [target], **NONE)
        return target

    def function(self, kind: str, given: int) -> int:
        fixed = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}[kind]
        target = self.builder.tensor([1, self.units], scale=fixed[0], zero_point=fixed[1])
        self.builder.operator(kind, [given], [target])
        return target

    def dense(self, given: int, weights: list[int]) -> list[int]:
        """The three parts of a fully connected layer."""
        whole = self.tensor(3 * self.units, 4)
        self.builder.operator("FULLY_CONNECTED", [given, *weights], [whole], **DENSE)
        made = self.builder.graph.tensors[whole].quantization
        like = {"scale": float(made.scale[0]), "zero_point": int(made.zero_point[0])}
        parts = [self.builder.tensor([1, self.units], **like) for _ in range(3)]
        if self.rng.random() < 0.5:
            axis = self.builder.constant(1)
            self.builder.operator("SPLIT", [axis, whole], parts, num_splits=3)
            return parts
        for place, part in enumerate(parts):
            ends = ([0, place * self.units], [1, (place + 1) * self.units], [1, 1])
            bounds = [self.builder.constant(end) for end in ends]
            masks = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
            options = {f"{name}_mask": 0 for name in masks}
            self.builder.operator("STRIDED_SLICE", [whole, *bounds], [part], **options)
        return parts


def unrolled_gru(
    seed: int = 0, steps: int = 3, depth: int = 5, units: int = 6, *, reset_first: bool = False
) -> bytes:
    """int8 [1, depth] a step, and [1, units] before, to [1, units] behind all steps.

    Of the layers' parts the update's is the first, or the reset's, as PyTorch has them.
    """
    rng = np.random.default_rng(seed)
    made = _Builder(rng, units)
    builder = made.builder
    per_channel = bool(rng.random() < 0.5)

    def weights(length: int, bias: bool) -> list[int]:
        count = 3 * units if per_channel else 1
        scale = [float(s) for s in rng.uniform(0.005, 0.02, count)]
        values = rng.integers(-127, 128, [3 * units, length])
        found = [builder.tensor([3 * units, length], scale=scale, data=values)]
        if not bias:
            return [*found, -1]
        values = rng.integers(-400, 400, [3 * units])
        bias_scale = [0.03 * s for s in scale]
        return [*found, builder.tensor([3 * units], "int32", scale=bias_scale, data=values)]

    given = [builder.tensor([1, depth], scale=0.03, zero_point=5) for _ in range(steps)]
    hidden = start = builder.tensor([1, units], scale=0.03, zero_point=-3)
    one = builder.tensor([], scale=1 / 255, zero_point=-128, data=np.array(127))
    inner, outer = weights(depth, bool(rng.random() < 0.5)), weights(units, False)
    for source in given:
        ours, theirs = made.dense(source, inner), made.dense(hidden, outer)
        first = made.function("LOGISTIC", made.call("ADD", [ours[0], theirs[0]], 4))
        second = made.function("LOGISTIC", made.call("ADD", [ours[1], theirs[1]], 4))
        update, reset = (second, first) if reset_first else (first, second)
        kept = made.call("MUL", [reset, theirs[2]], 3)
        candidate = made.function("TANH", made.call("ADD", [ours[2], kept], 4))
        fresh = made.call("MUL", [made.call("SUB", [one, update], 1), candidate], 1)
        old = made.call("MUL", [update, hidden], 2)
        hidden = made.call("ADD", [old, fresh], 2)
    return builder.build([*given, start], [hidden])
