"""Random models of MEAN, SUM, REDUCE_MAX, REDUCE_MIN, ARG_MAX and ARG_MIN."""

from __future__ import annotations

from tflite_builder import ModelBuilder

from single_operators.common import Model, Rng, Rule, some_scale, some_shape, some_zero_point


def _reduction(kind: str) -> Model:
    def model(rng: Rng) -> bytes:
        builder = ModelBuilder(kind)
        rank = int(rng.integers(1, 6))
        shape = some_shape(rng, rank, 7)
        if kind in ("REDUCE_MAX", "REDUCE_MIN"):  # which take eight at a time
            shape = [*some_shape(rng, rank - 1, 4), int(rng.integers(1, 25))]
        axes = rng.permutation(rank)[: int(rng.integers(1, rank + 1))]
        keep = bool(rng.random() < 0.5)
        kept = [1 if i in axes else n for i, n in enumerate(shape) if keep or i not in axes]
        scale, zero_point = some_scale(rng), some_zero_point(rng)
        source = builder.tensor(shape, scale=scale, zero_point=zero_point)
        if kind in ("MEAN", "SUM"):
            same = rng.random() < 0.3
            scale = scale if same else scale * float(2 ** rng.uniform(-4, 4))
            zero_point = some_zero_point(rng)
        target = builder.tensor(kept, scale=scale, zero_point=zero_point)
        signed = [int(axis) - rank * int(rng.integers(0, 2)) for axis in axes]
        builder.operator(kind, [source, builder.constant(signed)], [target], 2, keep_dims=keep)
        return builder.build([source], [target])

    return model


def _arg_max(kind: str) -> Model:
    def model(rng: Rng) -> bytes:
        builder = ModelBuilder(kind)
        rank = int(rng.integers(1, 6))
        shape = some_shape(rng, rank, 5)
        axis = int(rng.integers(-rank, rank))
        shape[axis] = int(rng.choice([1, 2, 10, 300]))
        kept = [size for i, size in enumerate(shape) if i != axis % rank]
        source = builder.tensor(shape, scale=some_scale(rng), zero_point=some_zero_point(rng))
        target = builder.tensor(kept, "int32")
        builder.operator(
            kind, [source, builder.constant([axis])], [target], 2, output_type="INT32"
        )
        return builder.build([source], [target])

    return model


MODELS: dict[str, Model] = {
    **{kind: _arg_max(kind) for kind in ("ARG_MAX", "ARG_MIN")},
    **{kind: _reduction(kind) for kind in ("MEAN", "REDUCE_MAX", "REDUCE_MIN", "SUM")},
}

_AXES: tuple[Rule, ...] = (
    ("axes", -1, "axes is -1, allowed 0 or more"),
    ("axes", 64, "axes is 64, allowed at most "),
)

RULES: dict[str, tuple[Rule, ...]] = {
    "mean_s8": (
        *_AXES,
        ("multiplier", -1, "multiplier is -1, allowed 0 or more"),
        ("shift", 31, "shift is 31, allowed at most 30"),
        ("shift", -32, "shift is -32, allowed -31 or more"),
        ("input_offset", 129, "input_offset is 129, allowed at most 128"),
        ("output_offset", 128, "output_offset is 128, allowed at most 127"),
    ),
    "reduce_max_s8": _AXES,
    "reduce_min_s8": _AXES,
}
