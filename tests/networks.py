"""Small networks of which each blob is a few kilobytes: together they use every kernel."""

from __future__ import annotations

import numpy as np
from tflite_builder import ModelBuilder

LABELS = ["ant", "bee", "cow", "dög", "eel"]
SCALE = {"scale": 0.05, "zero_point": 3}


def _weights(
    builder: ModelBuilder, rng: np.random.Generator, shape: list[int], axis: int = 0
) -> list[int]:
    """Weights with a scale for each index along `axis`, and a bias."""
    units = shape[axis]
    scales = [float(scale) for scale in rng.uniform(0.005, 0.03, units)]
    values = rng.integers(-127, 128, shape)
    weights = builder.tensor(shape, scale=scales, axis=axis, data=values)
    bias = builder.tensor([units], "int32", scale=1e-3, data=rng.integers(-500, 500, units))
    return [weights, bias]


def every_kernel() -> bytes:
    """A network of float32 in and out, of every portable kernel."""
    rng = np.random.default_rng(1)
    builder = ModelBuilder("every kernel")
    none = {"fused_activation_function": "NONE"}
    same = {"padding": "SAME", "fused_activation_function": "RELU6"}
    same_2 = {**same, "stride_h": 2, "stride_w": 2}
    same_1 = {**same, "stride_h": 1, "stride_w": 1}
    window = {"filter_height": 2, "filter_width": 2}

    def image(side: int, channels: int, **quantization: float) -> int:
        return builder.tensor([1, side, side, channels], **{**SCALE, **quantization})

    picture = builder.tensor([1, 6, 6, 3], "float32", name="picture")
    quantized, conv, depthwise = image(6, 3), image(6, 6), image(3, 6)
    builder.operator("QUANTIZE", [picture], [quantized])
    # read twice, so that the input stays float32
    builder.operator("QUANTIZE", [picture], [builder.tensor([1, 6, 6, 3], scale=0.5)])
    dilated = {"dilation_h_factor": 2, "dilation_w_factor": 1}
    builder.operator(
        "CONV_2D", [quantized, *_weights(builder, rng, [6, 3, 2, 1])], [conv], **same_1, **dilated
    )
    plain = {"dilation_h_factor": 1, "dilation_w_factor": 1, "depth_multiplier": 1}
    builder.operator(
        "DEPTHWISE_CONV_2D",
        [conv, *_weights(builder, rng, [1, 3, 3, 6], 3)],
        [depthwise],
        **same_2,
        **plain,
    )
    most, mean, total, product = (image(3, 6) for _ in range(4))
    builder.operator("MAX_POOL_2D", [depthwise], [most], **same_1, **window)
    builder.operator("AVERAGE_POOL_2D", [depthwise], [mean], **same_1, **window)
    builder.operator("ADD", [most, mean], [total], **none)
    builder.operator("MUL", [total, most], [product], **none)
    steps = [image(3, 6) for _ in range(3)]
    shapes: list[list[int]] = [[6], [3, 1], [1, 3, 1, 1]]
    source = product
    for kind, target, shape in zip(("ADD", "SUB", "MUL"), steps, shapes, strict=True):
        values = rng.integers(-128, 128, shape)
        constant = builder.tensor(shape, scale=0.02, zero_point=-1, data=values)
        builder.operator(kind, [source, constant], [target], **none)
        source = target
    squashed = image(3, 6, scale=1 / 256, zero_point=-128)
    builder.operator("LOGISTIC", [source], [squashed])
    resized = image(4, 6, scale=1 / 256, zero_point=-128)
    builder.operator(
        "RESIZE_NEAREST_NEIGHBOR",
        [squashed, builder.constant([4, 4])],
        [resized],
        align_corners=False,
        half_pixel_centers=True,
    )
    padded = image(6, 6, scale=1 / 256, zero_point=-128)
    builder.operator(
        "PAD", [resized, builder.constant([[0, 0], [2, 0], [1, 1], [0, 0]])], [padded]
    )
    averages = builder.tensor([1, 6], **SCALE)
    builder.operator("MEAN", [padded, builder.constant([1, 2])], [averages], keep_dims=False)
    scores = builder.tensor([1, 5], scale=0.1)
    builder.operator(
        "FULLY_CONNECTED",
        [averages, *_weights(builder, rng, [5, 6])],
        [scores],
        **none,
        weights_format="DEFAULT",
        keep_num_dims=False,
    )
    shares = builder.tensor([1, 5], scale=1 / 256, zero_point=-128)
    builder.operator("SOFTMAX", [scores], [shares], beta=1.0)
    result = builder.tensor([1, 5], "float32", name="shares")
    builder.operator("DEQUANTIZE", [shares], [result])
    return builder.build([picture], [result])


def two_inputs() -> bytes:
    """Two inputs and two outputs, int8 and uint8: a flat sum, a table, a transposed view."""
    rng = np.random.default_rng(2)
    builder = ModelBuilder("two inputs")
    first = builder.tensor([2, 3, 4], **SCALE, name="first")
    second = builder.tensor([2, 3, 4], scale=0.1, zero_point=-5, name="second")
    total = builder.tensor([2, 3, 4], **SCALE)
    builder.operator("ADD", [first, second], [total], fused_activation_function="RELU")
    turned = builder.tensor([4, 2, 3], **SCALE)
    builder.operator("TRANSPOSE", [total, builder.constant([2, 0, 1])], [turned])
    flat = builder.tensor([4, 6], **SCALE)
    builder.operator("RESHAPE", [turned, builder.constant([4, 6])], [flat], new_shape=[4, 6])
    weights = builder.tensor([2, 6], scale=0.01, data=rng.integers(-127, 128, [2, 6]))
    dense = builder.tensor([4, 2], scale=0.1)
    builder.operator(
        "FULLY_CONNECTED",
        [flat, weights, -1],
        [dense],
        fused_activation_function="NONE",
        weights_format="DEFAULT",
        keep_num_dims=False,
    )
    unsigned = builder.tensor([2, 3, 4], "uint8", scale=0.05, zero_point=131, name="unsigned")
    builder.operator("QUANTIZE", [total], [unsigned])
    return builder.build([first, second], [dense, unsigned])


def separable() -> bytes:
    """What the packed kernels are for: convolutions of 3x3 and 1x1, depthwise ones between."""
    rng = np.random.default_rng(3)
    builder = ModelBuilder("separable")
    once = {"dilation_h_factor": 1, "dilation_w_factor": 1, "fused_activation_function": "RELU"}
    side, source = 8, builder.tensor([1, 8, 8, 3], **SCALE, name="picture")
    first = source
    for kind, kernel, stride, units in (
        ("CONV_2D", 3, 1, 8),
        ("DEPTHWISE_CONV_2D", 3, 1, 8),
        ("CONV_2D", 1, 1, 12),
        ("CONV_2D", 3, 1, 12),
        ("DEPTHWISE_CONV_2D", 3, 2, 12),
        ("CONV_2D", 1, 1, 7),
    ):
        channels = builder.graph.tensors[source].shape[3]
        depthwise = kind != "CONV_2D"
        shape = [1, 3, 3, units] if depthwise else [units, kernel, kernel, channels]
        side = -(-side // stride)
        target = builder.tensor([1, side, side, units], scale=0.06, zero_point=-128)
        options = {"depth_multiplier": 1} if depthwise else {}
        builder.operator(
            kind,
            [source, *_weights(builder, rng, shape, 3 if depthwise else 0)],
            [target],
            padding="SAME",
            stride_h=stride,
            stride_w=stride,
            **once,
            **options,
        )
        source = target
    return builder.build([first], [source])


def large_windows() -> bytes:
    """Convolutions of 5x5, each with an input of its own."""
    rng = np.random.default_rng(5)
    builder = ModelBuilder("large windows")
    source = first = builder.tensor([1, 9, 10, 8], **SCALE)
    for channels, units, side in ((8, 12, (9, 10)), (12, 5, (5, 6))):
        target = builder.tensor([1, *side, units], scale=0.06, zero_point=-128)
        builder.operator(
            "CONV_2D",
            [source, *_weights(builder, rng, [units, 5, 5, channels])],
            [target],
            padding="SAME" if source == first else "VALID",
            stride_h=1,
            stride_w=1,
            dilation_h_factor=1,
            dilation_w_factor=1,
            fused_activation_function="RELU",
        )
        source = target
    return builder.build([first], [source])


def dilated(groups: bool) -> bytes:
    """A convolution with dilation: with two groups, or else depthwise."""
    rng = np.random.default_rng(4)
    builder = ModelBuilder("dilated")
    options = {
        "stride_h": 1,
        "stride_w": 1,
        "padding": "SAME",
        "fused_activation_function": "RELU",
    }
    options |= {"dilation_h_factor": 1, "dilation_w_factor": 2}
    picture, result = (builder.tensor([1, 6, 6, 8], **SCALE) for _ in range(2))
    if groups:
        inputs = [picture, *_weights(builder, rng, [8, 3, 3, 4])]
        builder.operator("CONV_2D", inputs, [result], 3, **options)
    else:
        inputs = [picture, *_weights(builder, rng, [1, 3, 3, 8], 3)]
        builder.operator("DEPTHWISE_CONV_2D", inputs, [result], **options, depth_multiplier=1)
    return builder.build([picture], [result])


def large_sums() -> bytes:
    """A fully connected layer whose weights do not fit the faster kernel in pairs."""
    builder = ModelBuilder("large sums")
    source = builder.tensor([1, 30], **SCALE)
    weights = builder.tensor([3, 30], scale=0.001, data=np.full([3, 30], -128))
    scores = builder.tensor([1, 3], scale=0.1)
    builder.operator(
        "FULLY_CONNECTED",
        [source, weights, -1],
        [scores],
        fused_activation_function="NONE",
        weights_format="DEFAULT",
        keep_num_dims=False,
    )
    return builder.build([source], [scores])


def pools() -> bytes:
    """A maximum and an average, each with an input of its own."""
    builder = ModelBuilder("pools")
    first = source = builder.tensor([1, 7, 6, 5], **SCALE)
    window = {"filter_height": 2, "filter_width": 3, "fused_activation_function": "RELU6"}
    for kind, side in (("MAX_POOL_2D", [6, 4]), ("AVERAGE_POOL_2D", [5, 2])):
        target = builder.tensor([1, *side, 5], **SCALE)
        builder.operator(
            kind, [source], [target], padding="VALID", stride_h=1, stride_w=1, **window
        )
        source = target
    return builder.build([first], [source])


def first_again(additions: int) -> bytes:
    """A chain of ADDs, each of the network's first input."""
    builder = ModelBuilder("first again")
    first, last = (builder.tensor((1, 4), scale=1.0, zero_point=0) for _ in range(2))
    second = last
    for _ in range(additions):
        before, last = last, builder.tensor((1, 4), scale=1.0, zero_point=0)
        builder.operator("ADD", [first, before], [last])
    return builder.build([first, second], [last])
