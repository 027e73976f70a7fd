"""A small int8 network with all that a trunk may have, and folders of pictures for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tflite_builder import ModelBuilder

SIDE = 16
CHANNELS = 8
COLOURS = {"green": (40, 160, 60), "red": (190, 50, 40), "blue": (40, 60, 180)}


def small_trunk(
    extra: str = "", black: int = -128, scale: float = 1.0, pool: str = "VALID"
) -> bytes:
    """Pictures [1, 16, 16, 3]: padded, 3x3 of stride 2, pooled, depthwise, added, mean, classes.

    `extra` is an operator before the classes, `black` and `scale` are the quantization of the
    input, `pool` is the padding of the 3x3 pooling of stride 2.
    """
    rng = np.random.default_rng(4)
    builder = ModelBuilder("small")
    one = {"stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}

    def values(side: int, channels: int, scale: float = 0.1) -> int:
        return builder.tensor([1, side, side, channels], scale=scale, zero_point=-128)

    def weights(shape: list[int], axis: int) -> int:
        scales = rng.uniform(0.004, 0.012, shape[axis])
        stored = rng.integers(-127, 128, shape)
        return builder.tensor(shape, scale=scales, zero_point=np.zeros(len(scales), int),
                              axis=axis, data=stored)  # fmt: skip

    def bias(count: int) -> int:
        stored = rng.integers(-200, 200, count)
        return builder.tensor([count], "int32", scale=[0.001] * count, data=stored)

    x = builder.tensor([1, SIDE, SIDE, 3], scale=scale, zero_point=black, name="pixels")
    padded = builder.tensor([1, 18, 18, 3], scale=scale, zero_point=black)
    builder.operator("PAD", [x, builder.constant([[0, 0], [1, 1], [1, 1], [0, 0]])], [padded])
    wide = values(8, CHANNELS)
    options: dict[str, Any] = {**one, "fused_activation_function": "RELU"}
    strided = {**options, "stride_h": 2, "stride_w": 2}
    first = [padded, weights([CHANNELS, 3, 3, 3], 0), bias(CHANNELS)]
    builder.operator("CONV_2D", first, [wide], padding="VALID", **strided)
    side = 3 if pool == "VALID" else 4
    pooled = values(side, CHANNELS)
    size = {"filter_height": 3, "filter_width": 3, "stride_h": 2, "stride_w": 2}
    none = {"fused_activation_function": "NONE"}
    builder.operator("MAX_POOL_2D", [wide], [pooled], padding=pool, **size, **none)
    deep = values(side, CHANNELS)
    depthwise = [pooled, weights([1, 3, 3, CHANNELS], 3), bias(CHANNELS)]
    builder.operator(
        "DEPTHWISE_CONV_2D", depthwise, [deep], padding="SAME", depth_multiplier=1, **options
    )
    total = values(side, CHANNELS)
    builder.operator("ADD", [pooled, deep], [total], fused_activation_function="RELU")
    mean = builder.tensor([1, CHANNELS], scale=0.1, zero_point=-128)
    builder.operator("MEAN", [total, builder.constant([1, 2])], [mean], keep_dims=False)
    if extra:
        given, mean = mean, builder.tensor([1, CHANNELS], scale=0.1, zero_point=-128)
        builder.operator(extra, [given], [mean])
    logits = builder.tensor([1, 2], scale=0.1)
    matrix = builder.tensor([2, CHANNELS], scale=0.01, data=rng.integers(-9, 9, (2, CHANNELS)))
    classify = {**none, "weights_format": "DEFAULT", "keep_num_dims": False}
    builder.operator("FULLY_CONNECTED", [mean, matrix, bias(2)], [logits], **classify)
    scores = builder.tensor([1, 2], scale=1 / 256, zero_point=-128)
    builder.operator("SOFTMAX", [logits], [scores], beta=1.0)
    return builder.build([x], [scores])


def picture(colour: str, rng: np.random.Generator, side: int = 24) -> np.ndarray:
    """A picture, uint8 [side, side, 3], of a blot of a colour somewhere on grey noise."""
    pixels = rng.integers(90, 150, (side, side, 3))
    top, left = rng.integers(0, side // 2, 2)
    pixels[top : top + side // 2, left : left + side // 2] = COLOURS[colour]
    return (pixels + rng.integers(-20, 20, pixels.shape)).clip(0, 255).astype(np.uint8)


def put(folder: Path, counts: dict[str, int], seed: int = 1) -> Path:
    """A folder of pictures: a subfolder for each colour."""
    rng = np.random.default_rng(seed)
    for colour, count in counts.items():
        (folder / colour).mkdir(parents=True)
        for number in range(count):
            name = folder / colour / f"{colour}_{number:03}.png"
            Image.fromarray(picture(colour, rng)).save(name)
    return folder
