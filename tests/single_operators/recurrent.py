"""Random models of the layers that keep a state: LSTM and SVDF."""

from __future__ import annotations

import numpy as np
from tflite_builder import ModelBuilder

from single_operators.common import Model, Rng, Rule, some_quantization, some_values


def _lstm(rng: Rng) -> bytes:
    builder = ModelBuilder("LSTM")
    steps, batches, depth, units = (int(n) for n in rng.integers(1, [6, 4, 12, 12]))
    time_major = bool(rng.random() < 0.3)
    first = [steps, batches] if time_major else [batches, steps]
    given = some_quantization(rng)
    # as a calibrated one has it, or with a range that is far off
    hidden = {"scale": float(2 ** -rng.uniform(5, 8)), "zero_point": int(rng.integers(-128, 128))}
    if rng.random() < 0.5:
        hidden["zero_point"] = 0
    source = builder.tensor([*first, depth], **given)

    def weights(shape: list[int]) -> int:
        scale = float(2 ** rng.uniform(-9, -3))
        return builder.tensor(shape, scale=scale, data=np.maximum(some_values(rng, shape), -127))

    inputs = [source, *(weights([units, depth]) for _ in range(4))]
    inputs += [weights([units, units]) for _ in range(4)] + [-1] * 3
    for place in range(4):
        scale = given["scale"] * float(builder.graph.tensors[1 + place].quantization.scale[0])
        most = int(min(4 / scale, 1 << 20))
        data = rng.integers(-most, most + 1, [units])
        inputs.append(builder.tensor([units], "int32", scale=scale, data=data))
    shape = [batches, units]
    inputs += [-1, -1, builder.tensor(shape, **hidden, state=True)]
    cell = float(2.0 ** -rng.integers(9, 16))
    inputs += [builder.tensor(shape, "int16", scale=cell, state=True), *[-1] * 4]
    target = builder.tensor([*first, units], **hidden)
    clip = float(rng.choice([0.0, 0.0, 0.5, 10.0]))
    builder.operator(
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        inputs,
        [target],
        fused_activation_function="TANH",
        cell_clip=clip,
        time_major=time_major,
    )
    return builder.build([source], [target])


def _svdf(rng: Rng) -> bytes:
    builder = ModelBuilder("SVDF")
    batches, depth, rank, units, memory = (int(n) for n in rng.integers(1, [3, 12, 4, 6, 9]))
    filters = rank * units
    given, result = some_quantization(rng), some_quantization(rng)
    wide = bool(rng.random() < 0.5)
    dtype = "int16" if wide else "int8"
    source = builder.tensor([batches, depth], **given)
    scale = float(2 ** rng.uniform(-9, -3))
    shape = [filters, depth]
    values = np.maximum(some_values(rng, shape), -127)
    weights = builder.tensor(shape, scale=scale, data=values)
    # about as large as features can be
    kept = given["scale"] * scale * depth * float(2 ** rng.uniform(2, 8)) / (256 if wide else 1)
    zero_point = 0 if wide else int(rng.choice([0, 0, rng.integers(-128, 128)]))
    most = 32767 if wide else 127
    time_scale = float(2 ** rng.uniform(-9, -3)) / (256 if wide else 1)
    time = builder.tensor(
        [filters, memory],
        dtype,
        scale=time_scale,
        data=rng.integers(-most, most + 1, [filters, memory]),
    )
    bias_scale = float(np.float32(kept) * np.float32(time_scale))
    bias = builder.tensor(
        [units], "int32", scale=bias_scale, data=rng.integers(-5000, 5000, [units])
    )
    state = builder.tensor(
        [batches, memory * filters], dtype, scale=kept, zero_point=zero_point, state=True
    )
    target = builder.tensor([batches, units], **result)
    builder.operator(
        "SVDF",
        [source, weights, time, bias, state],
        [target],
        rank=rank,
        fused_activation_function="NONE",
    )
    return builder.build([source], [target])


MODELS: dict[str, Model] = {"SVDF": _svdf, "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm}

_SIDE: tuple[tuple[int, str], ...] = ((0, "1 or more"), (65536, "at most 65535"))

RULES: dict[str, tuple[Rule, ...]] = {
    "svdf_s8": (
        *(
            (field, value, f"{field} is {value}, allowed {rule}")
            for field in ("batches", "depth", "filters", "rank", "memory")
            for value, rule in _SIDE
        ),
        ("wide", 2, "wide is 2, allowed at most 1"),
        ("state_zero_point", 128, "state_zero_point is 128, allowed at most 127"),
        ("feature_multiplier", 1, "feature_multiplier is 1, allowed 1073741824 or more"),
        ("feature_shift", 31, "feature_shift is 31, allowed at most 30"),
        ("output_multiplier", 1, "output_multiplier is 1, allowed 1073741824 or more"),
        ("output_shift", -32, "output_shift is -32, allowed -31 or more"),
    ),
    "gru_s8": (
        *(
            (field, value, f"{field} is {value}, allowed {rule}")
            for field in ("depth", "units")
            for value, rule in _SIDE
        ),
        ("input_offset", 128, "input_offset is 128, allowed at most 127"),
        ("hidden_offset", -129, "hidden_offset is -129, allowed -128 or more"),
    ),
    "lstm_s8": (
        *(
            (field, value, f"{field} is {value}, allowed {rule}")
            for field in ("steps", "batches", "depth", "units")
            for value, rule in _SIDE
        ),
        ("time_major", 2, "time_major is 2, allowed at most 1"),
        ("cell_clip", -1, "cell_clip is -1, allowed 0 or more"),
        ("cell_clip", 32768, "cell_clip is 32768, allowed at most 32767"),
        ("cell_multiplier", 2, "cell_multiplier is 2, allowed 3 or more"),
        ("cell_multiplier", 12289, "cell_multiplier is 12289, allowed at most 12288"),
        ("cell_shift", 16, "cell_shift is 16, allowed at most 15"),
        ("output_offset", 128, "output_offset is 128, allowed at most 127"),
    ),
}
