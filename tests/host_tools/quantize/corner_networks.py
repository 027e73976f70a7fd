"""A float network that tells where a picture is bright, and such pictures."""

from __future__ import annotations

import numpy as np
from tflite_builder import ModelBuilder

CORNERS = ("top left", "top right", "bottom left", "bottom right")
CONV = {"stride_h": 1, "stride_w": 1, "padding": "SAME", "fused_activation_function": "RELU"}
POOL = {"filter_height": 4, "filter_width": 4, "stride_h": 4, "stride_w": 4, "padding": "VALID"}


def corners(
    outlier: float = 1.0,
    factor: float | None = None,
    last: str = "SOFTMAX",
    half: bool = False,
    sensitivity: float = 1.0,
    threshold: float = 0.0,
) -> bytes:
    """A network of a picture [1, 8, 8, 3] with pixels of 0 to 1: in which corner is it bright?

    `outlier` multiplies channel 2 of the convolution; `factor` multiplies the input first; `last`
    is the last operator. The first layer is a convolution of four channels, the mean of three
    colours each, times `sensitivity`, less `threshold`. With `half` its weights are float16.
    """
    builder = ModelBuilder("corners")
    x = builder.tensor([1, 8, 8, 3], "float32", name="serving_default_picture:0")
    source = x
    if factor is not None:
        source = builder.tensor([1, 8, 8, 3], "float32", name="scaled")
        constant = builder.tensor([1], "float32", data=[factor], name="factor")
        builder.operator("MUL", [x, constant], [source], fused_activation_function="NONE")
    weights = np.full((4, 1, 1, 3), sensitivity / 3)
    weights[2] *= outlier
    kind = "float16" if half else "float32"
    kernel = builder.tensor([4, 1, 1, 3], kind, data=weights, name="kernel")
    bias = builder.tensor([4], "float32", data=np.full(4, -threshold), name="bias")
    grey = builder.tensor([1, 8, 8, 4], "float32", name="grey")
    builder.operator("CONV_2D", [source, kernel, bias], [grey], **CONV)
    pooled = builder.tensor([1, 2, 2, 4], "float32", name="pooled")
    builder.operator("AVERAGE_POOL_2D", [grey], [pooled], fused_activation_function="NONE", **POOL)
    flat = builder.tensor([1, 16], "float32", name="flat")
    builder.operator("RESHAPE", [pooled, builder.constant([1, 16])], [flat])
    picks = np.zeros((4, 2, 2, 4))
    for corner in range(4):
        picks[corner, corner // 2, corner % 2, :2] = 8
    matrix = builder.tensor([4, 16], "float32", data=picks.reshape(4, 16), name="matrix")
    logits = builder.tensor([1, 4], "float32", name="logits")
    builder.operator(
        "FULLY_CONNECTED",
        [flat, matrix, -1],
        [logits],
        fused_activation_function="NONE",
        keep_num_dims=False,
    )
    scores = builder.tensor([1, 4], "float32", name="scores")
    options = {"beta": 1.0} if last == "SOFTMAX" else {}
    builder.operator(last, [logits], [scores], **options)
    return builder.build([x], [scores])


def bright(corner: int, rng: np.random.Generator, side: int = 24) -> np.ndarray:
    """A picture, uint8 [side, side, 3], that is bright in one corner."""
    pixels = rng.integers(0, 90, (side, side, 3))
    rows, columns = (slice(None, side // 2), slice(side // 2, None))[corner // 2], corner % 2
    pixels[rows, (slice(None, side // 2), slice(side // 2, None))[columns]] += 150
    return pixels.astype(np.uint8)
