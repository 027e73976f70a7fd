"""Random models of RESIZE_NEAREST_NEIGHBOR."""

from __future__ import annotations

from tflite_builder import ModelBuilder

from single_operators.common import Model, Rng, some_shape


def _resize(rng: Rng) -> bytes:
    builder = ModelBuilder("RESIZE_NEAREST_NEIGHBOR")
    shape = [int(rng.integers(1, 3)), *some_shape(rng, 2, 12), int(rng.integers(1, 5))]
    sizes = some_shape(rng, 2, 20)
    source = builder.tensor(shape, scale=0.1)
    target = builder.tensor([shape[0], *sizes, shape[3]], scale=0.1)
    builder.operator(
        "RESIZE_NEAREST_NEIGHBOR",
        [source, builder.constant(sizes)],
        [target],
        align_corners=bool(rng.integers(0, 2)),
        half_pixel_centers=bool(rng.integers(0, 2)),
    )
    return builder.build([source], [target])


MODELS: dict[str, Model] = {
    "RESIZE_NEAREST_NEIGHBOR": _resize,
}
