"""Random models of variables: read, changed, assigned; set by CALL_ONCE or at their zero point."""

from __future__ import annotations

import numpy as np
from tflite_builder import ModelBuilder

from host_tools.graph import Graph
from single_operators.common import Model, Rng, some_quantization, some_shape, some_values

NONE = {"fused_activation_function": "NONE"}


def once(name: str, values: np.ndarray, quantization: dict[str, float]) -> Graph:
    """A subgraph that assigns int8 values to a variable."""
    builder = ModelBuilder("once")
    handle = builder.variable(name)
    constant = builder.tensor(values.shape, data=values, **quantization)
    builder.operator("ASSIGN_VARIABLE", [handle, constant], [])
    return builder.graph


def _variable(rng: Rng) -> bytes:
    """One variable that is a ring, a sum, or the last input, read before and after it changes."""
    builder = ModelBuilder("variable")
    first: list[Graph] = []
    quantization = some_quantization(rng)
    shape = some_shape(rng, int(rng.integers(1, 5)), 5)
    begins = rng.random() < 0.5
    if begins:
        first.append(once("state", some_values(rng, shape), quantization))
        builder.operator("CALL_ONCE", [], [], init_subgraph_index=1)
    handle = builder.variable("state")
    given, held = (builder.tensor(shape, **quantization) for _ in range(2))
    builder.operator("READ_VARIABLE", [handle], [held])
    how = rng.choice(["ring", "sum", "last"])
    changed = given
    outputs = []
    if how == "ring":
        long = [shape[0] * 2, *shape[1:]]
        changed = builder.tensor(shape, **quantization)
        joined = builder.tensor(long, **quantization)
        builder.operator("CONCATENATION", [held, given], [joined], axis=0, **NONE)
        begin = int(rng.integers(0, shape[0] + 1))
        rows = [[begin, *[0] * (len(shape) - 1)], shape]
        builder.operator("SLICE", [joined, *(builder.constant(row) for row in rows)], [changed])
        outputs.append(joined)
    elif how == "sum":
        changed = builder.tensor(shape, **quantization)
        builder.operator("ADD", [held, given], [changed], **NONE)
        outputs.append(changed)
    if rng.random() < 0.5:
        handle = builder.variable("state")
    builder.operator("ASSIGN_VARIABLE", [handle, changed], [])
    if rng.random() < 0.5:  # what was read is what it was before
        scaled = builder.tensor(shape, scale=1 / 128)
        builder.operator("TANH", [held], [scaled])
        outputs.append(scaled)
    if rng.random() < 0.5 or not outputs:
        again = builder.tensor(shape, **quantization)
        builder.operator("READ_VARIABLE", [handle], [again])
        outputs.append(again)
    return builder.build([given], outputs, first)


MODELS: dict[str, Model] = {"ASSIGN_VARIABLE": _variable, "READ_VARIABLE": _variable}
