"""Writes small networks of Keras 3 into a folder: NAME.tflite quantized, float/NAME.tflite not.

Run by the Python of that tool's environment: networks.py FOLDER.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

ACTIVATIONS = {
    "elu": "elu",
    "gelu": partial(keras.ops.gelu, approximate=False),
    "gelu_tanh": partial(keras.ops.gelu, approximate=True),
    "hard_silu": "hard_silu",
    "log_softmax": "log_softmax",
    "mish": "mish",
    "silu": "silu",
    "softplus": "softplus",
}


def convolutions() -> keras.Model:
    """Convolutions with batch normalization, depthwise too, pooling, a dense classifier."""
    x = source = keras.Input((32, 32, 3))
    x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(24, 1, activation="relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.SeparableConv2D(32, 3, padding="same", activation="relu")(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Conv2D(32, 3, groups=4, padding="same", activation="relu")(x)
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    x = layers.Dense(16, activation="relu")(x)
    sharp = keras.initializers.RandomNormal(stddev=4.0, seed=3)
    return keras.Model(source, layers.Dense(10, "softmax", kernel_initializer=sharp)(x))


def residuals() -> keras.Model:
    """Skips that add, join, multiply, subtract and compare; padding and cropping."""
    x = source = keras.Input((16, 16, 8))
    y = layers.Conv2D(8, 3, padding="same")(layers.ReLU()(layers.BatchNormalization()(x)))
    x = layers.Add()([x, y])
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Conv2D(4, 1, activation="relu")(gate)
    x = layers.Multiply()([x, layers.Conv2D(8, 1, activation="hard_sigmoid")(gate)])
    left = layers.Conv2D(8, 1, activation="sigmoid")(x)
    right = layers.Conv2D(8, 1, activation="tanh")(x)
    x = layers.Concatenate()([left, right, layers.Subtract()([left, right])])
    x = layers.Maximum()([x, layers.Minimum()([x, layers.Average()([x, x])])])
    x = layers.Cropping2D(((1, 0), (0, 1)))(layers.ZeroPadding2D(1)(x))
    return keras.Model(source, layers.Dense(4)(layers.Flatten()(x)))


def dilated() -> keras.Model:
    """Dilated convolutions, which the converter writes between batches of an open number."""
    x = source = keras.Input((16, 16, 4))
    x = layers.Conv2D(8, 3, dilation_rate=2, padding="same", activation="relu")(x)
    x = layers.DepthwiseConv2D(3, dilation_rate=2)(x)
    return keras.Model(source, layers.Conv2D(8, 3, dilation_rate=3, padding="same")(x))


def sequence() -> keras.Model:
    """One-dimensional convolutions over time, dilated ones too."""
    x = source = keras.Input((48, 6))
    x = layers.Conv1D(12, 5, padding="causal", activation="relu")(x)
    x = layers.MaxPooling1D()(x)
    x = layers.SeparableConv1D(12, 3, padding="same", activation="relu")(x)
    x = layers.Conv1D(12, 3, dilation_rate=2, padding="causal", activation="relu")(x)
    x = layers.AveragePooling1D(2)(x)
    return keras.Model(source, layers.Conv1D(8, 1)(x))


def u_net(grow: Callable[[keras.KerasTensor], keras.KerasTensor]) -> keras.Model:
    """A U-Net of one skip, with what makes the picture twice as large."""
    x = source = keras.Input((16, 16, 3))
    skip = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D()(skip)
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = layers.Concatenate()([grow(x), skip])
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    return keras.Model(source, layers.Conv2D(2, 1, activation="sigmoid")(x))


def between(make: Callable[[], Callable]) -> keras.Model:
    """Two convolutions, an activation behind each, and the largest value of each channel."""
    x = source = keras.Input((12, 12, 4))
    x = make()(layers.Conv2D(8, 3)(x))
    x = make()(layers.Conv2D(8, 3)(x))
    return keras.Model(source, layers.GlobalMaxPooling2D()(layers.Conv2D(8, 1)(x)))


def attention() -> keras.Model:
    """Two heads of attention over eight tokens."""
    x = source = keras.Input(batch_shape=(1, 8, 16))
    x = layers.LayerNormalization()(x)
    x = layers.MultiHeadAttention(2, 8)(x, x)
    return keras.Model(source, layers.Dense(16)(layers.Add()([source, x])))


def prelu() -> layers.Layer:
    alpha = keras.initializers.RandomUniform(0.05, 0.4, seed=5)
    return layers.PReLU(alpha, shared_axes=[1, 2])


NETWORKS: dict[str, Callable[[], keras.Model]] = {
    "attention": attention,
    "convolutions": convolutions,
    "dilated": dilated,
    "layer_normalization": lambda: between(layers.LayerNormalization),
    "leaky_relu": lambda: between(lambda: layers.LeakyReLU(0.1)),
    "prelu": lambda: between(prelu),
    "residuals": residuals,
    "sequence": sequence,
    "u_net_bilinear": lambda: u_net(layers.UpSampling2D(interpolation="bilinear")),
    "u_net_nearest": lambda: u_net(layers.UpSampling2D()),
    "u_net_transposed": lambda: u_net(layers.Conv2DTranspose(8, 3, strides=2, padding="same")),
    **{
        name: (lambda kind=kind: between(lambda: layers.Activation(kind)))
        for name, kind in ACTIVATIONS.items()
    },
}


def converted(model: keras.Model, quantized: bool) -> bytes:
    """The model's file; int8 with inputs and outputs, calibrated with random inputs."""
    rng = np.random.default_rng(1)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if quantized:
        shape = (1, *model.inputs[0].shape[1:])
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [rng.normal(0, 1, shape).astype(np.float32)] for _ in range(32)
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def main(folder: Path) -> None:
    (folder / "float").mkdir()
    for name, make in NETWORKS.items():
        keras.utils.set_random_seed(7)
        model = make()
        rng = np.random.default_rng(2)
        for layer in model.layers:
            if isinstance(layer, layers.BatchNormalization):
                layer.moving_mean.assign(rng.normal(0, 0.2, layer.moving_mean.shape))
                layer.moving_variance.assign(rng.uniform(0.5, 1.5, layer.moving_mean.shape))
        (folder / f"{name}.tflite").write_bytes(converted(model, quantized=True))
        (folder / "float" / f"{name}.tflite").write_bytes(converted(model, quantized=False))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
