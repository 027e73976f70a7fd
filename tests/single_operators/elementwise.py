"""Random models of operators of two tensors that broadcast."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from tflite_builder import ModelBuilder

from single_operators.common import (
    FUSED,
    Model,
    Rng,
    Rule,
    some_scale,
    some_shape,
    some_values,
    some_zero_point,
)

ARITHMETIC = ("ADD", "MUL", "SUB")


def _binary(kind: str) -> Callable[[Rng], bytes]:
    def model(rng: Rng) -> bytes:
        builder = ModelBuilder(kind)
        rank = int(rng.integers(1, 6))
        shape = some_shape(rng, rank, 4)
        if kind in ("MAXIMUM", "MINIMUM"):  # which take eight at a time
            shape[-1] = int(rng.integers(1, 25))
        shapes = [list(shape), list(shape)]
        if rng.random() < 0.6:
            for axis in range(rank):
                which = int(rng.integers(0, 4))
                if which < 2:
                    shapes[which][axis] = 1
            shapes[0] = shapes[0][int(rng.integers(0, rank)) if rng.random() < 0.3 else 0 :]
        scales = [some_scale(rng), some_scale(rng)]
        points = [some_zero_point(rng) for _ in range(3)]
        if kind in ("MAXIMUM", "MINIMUM"):
            scales[1], points = scales[0], [points[0]] * 3
        inputs = []
        for place in range(2):
            constant = place == 1 and rng.random() < (0.7 if kind == "PRELU" else 0.3)
            data = some_values(rng, shapes[place]) if constant else None
            inputs.append(
                builder.tensor(
                    shapes[place],
                    scale=scales[place],
                    zero_point=points[place],
                    data=data,
                )
            )
        factor = float(2 ** rng.uniform(-4, 2))
        scale = (math.prod(scales) if kind == "MUL" else max(scales)) * factor
        if kind == "MUL":
            scale *= 64
        if kind == "PRELU":
            scale = (scales[0] if rng.random() < 0.5 else math.prod(scales)) * factor
        if kind in ("MAXIMUM", "MINIMUM"):
            scale = scales[0]
        if kind == "SQUARED_DIFFERENCE":
            scale = max(scales) ** 2 * 64 * factor
        target = builder.tensor(np.broadcast_shapes(*shapes), scale=scale, zero_point=points[2])
        fused = {"fused_activation_function": str(rng.choice(FUSED))} if kind in ARITHMETIC else {}
        builder.operator(kind, inputs, [target], **fused)
        given = [i for i in inputs if builder.graph.tensors[i].data is None]
        return builder.build(given, [target])

    return model


MODELS: dict[str, Model] = {
    "ADD": _binary("ADD"),
    "MAXIMUM": _binary("MAXIMUM"),
    "MINIMUM": _binary("MINIMUM"),
    "MUL": _binary("MUL"),
    "PRELU": _binary("PRELU"),
    "SQUARED_DIFFERENCE": _binary("SQUARED_DIFFERENCE"),
    "SUB": _binary("SUB"),
}

RULES: dict[str, tuple[Rule, ...]] = {
    "channel_lines_s8": (
        ("greater", -1, "greater is -1, allowed 0 or more"),
        ("greater", 2, "greater is 2, allowed at most 1"),
        ("threshold", -129, "threshold is -129, allowed -128 or more"),
        ("threshold", 129, "threshold is 129, allowed at most 128"),
        ("shift", -1, "shift is -1, allowed 0 or more"),
        ("shift", 32, "shift is 32, allowed at most 31"),
        *(
            (block, 68, f"{block} is 68, allowed a multiple of 16")
            for block in ("lines", "above", "inner", "below")
        ),
    ),
    "prelu_s8": (
        ("input0_offset", 129, "input0_offset is 129, allowed at most 128"),
        ("input1_offset", -128, "input1_offset is -128, allowed -127 or more"),
        ("output_offset", 128, "output_offset is 128, allowed at most 127"),
        ("multiplier", (1 << 30) - 1, "multiplier is 1073741823, allowed 1073741824 or more"),
        ("shift", 14, "shift is 14, allowed at most 13"),
        ("shift", -32, "shift is -32, allowed -31 or more"),
        ("positive", 68, "positive is 68, allowed a multiple of 16"),
    ),
    "squared_difference_s8": (
        *(
            (field, value, f"{field} is {value}, allowed {rule}")
            for side in (0, 1)
            for field, value, rule in (
                (f"input{side}_offset", 129, "at most 128"),
                (f"input{side}_multiplier", 1, "1073741824 or more"),
                (f"input{side}_shift", 1, "at most 0"),
                (f"input{side}_shift", -32, "-31 or more"),
            )
        ),
        ("left_shift", 8, "left_shift is 8, allowed at most 7"),
        ("left_shift", 6, "left_shift is 6, allowed 7 or more"),
        ("output_offset", 128, "output_offset is 128, allowed at most 127"),
        ("output_multiplier", -1, "output_multiplier is -1, allowed 0 or more"),
        ("output_shift", 31, "output_shift is 31, allowed at most 30"),
        ("act_min", -129, "act_min is -129, allowed -128 or more"),
        ("act_max", 128, "act_max is 128, allowed at most 127"),
    ),
}
