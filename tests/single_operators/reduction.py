"""Random models of MEAN, ARG_MAX and ARG_MIN."""

from __future__ import annotations

from tflite_builder import ModelBuilder

from single_operators.common import Model, Rng, some_scale, some_shape, some_zero_point


def _mean(rng: Rng) -> bytes:
    builder = ModelBuilder("MEAN")
    rank = int(rng.integers(1, 6))
    shape = some_shape(rng, rank, 7)
    axes = rng.permutation(rank)[: int(rng.integers(1, rank + 1))]
    keep = bool(rng.random() < 0.5)
    kept = [1 if i in axes else n for i, n in enumerate(shape) if keep or i not in axes]
    scale = some_scale(rng)
    source = builder.tensor(shape, scale=scale, zero_point=some_zero_point(rng))
    same = rng.random() < 0.3
    target = builder.tensor(
        kept,
        scale=scale if same else scale * float(2 ** rng.uniform(-4, 4)),
        zero_point=some_zero_point(rng),
    )
    signed = [int(axis) - rank * int(rng.integers(0, 2)) for axis in axes]
    builder.operator("MEAN", [source, builder.constant(signed)], [target], 2, keep_dims=keep)
    return builder.build([source], [target])


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
    "ARG_MAX": _arg_max("ARG_MAX"),
    "ARG_MIN": _arg_max("ARG_MIN"),
    "MEAN": _mean,
}
