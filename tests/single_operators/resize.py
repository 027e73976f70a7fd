"""Random models of RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR."""

from __future__ import annotations

from tflite_builder import ModelBuilder

from single_operators.common import Model, Rng, Rule, some_quantization, some_shape


def _resize(kind: str) -> Model:
    def model(rng: Rng) -> bytes:
        builder = ModelBuilder(kind)
        shape = [int(rng.integers(1, 3)), *some_shape(rng, 2, 12), int(rng.integers(1, 5))]
        sizes = some_shape(rng, 2, 20)
        quantization = some_quantization(rng)
        source = builder.tensor(shape, **quantization)
        target = builder.tensor([shape[0], *sizes, shape[3]], **quantization)
        align, half = (bool(value) for value in rng.integers(0, 2, 2))
        builder.operator(
            kind,
            [source, builder.constant(sizes)],
            [target],
            align_corners=align,
            half_pixel_centers=half and not (align and kind == "RESIZE_BILINEAR"),
        )
        return builder.build([source], [target])

    return model


MODELS: dict[str, Model] = {
    kind: _resize(kind) for kind in ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR")
}

RULES: dict[str, tuple[Rule, ...]] = {
    "resize_bilinear_s8": tuple(
        (table, offset, f"{table} is {offset}, allowed {rule}")
        for table in ("rows", "columns")
        for offset, rule in ((48, "64 or more"), (68, "a multiple of 16"))
    )
}
