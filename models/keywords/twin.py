"""Makes the int8 .tflite file of a network with LSTM layers: its twin in Keras, converted.

Unrolled by litert-torch, an LSTM is some hundreds of operators; TensorFlow's converter makes one
UNIDIRECTIONAL_SEQUENCE_LSTM of each that Keras 2 has, and quantizes it. stages.py runs this in
the environment of models/training/keras.txt: python -m models.keywords.twin NAME FOLDER. FOLDER
holds `twin.npz` of stages.py's `write_twin`; NAME.tflite and `twin.json`, versions, come in.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras as keras

from host_tools.text import plain
from models.keywords.family import BANDS, FRAMES, NETWORKS, Dense, Mean, Network, place

MOST_FAR = 1e-3  # Of probabilities, between torch and Keras.


def twin(network: Network, weights: list[np.ndarray]) -> keras.Model:
    """Return the network in Keras: float [1, 98, 40, 1] of 0 to 255, to probabilities
    [1, classes]."""
    layers = keras.layers
    values = given = keras.Input((FRAMES, BANDS, 1), batch_size=1)
    for layer in network.layers:
        if isinstance(layer, Mean):
            values = layers.AveragePooling2D(layer.size)(values)
            continue
        if len(values.shape) == 4:
            frames, bands, channels = values.shape[1:]
            values = layers.Reshape((frames, bands * channels))(values)
        if isinstance(layer, Dense):
            values = layers.Dense(layer.units, "relu" if layer.relu else None)(values)
        else:
            values = layers.LSTM(layer.units, return_sequences=not layer.last)(values)
    model = keras.Model(given, layers.Dense(len(weights[-1]), "softmax")(values))
    model.set_weights(weights)
    return model


def int8_model(model: keras.Model, shown: np.ndarray) -> bytes:
    """Return the .tflite file, with the ranges seen over the inputs uint8 [N, 98, 40, 1]."""
    shown = shown.astype(np.float32)
    # the input's range is that of all features, also where none of these has its ends
    shown[0, :4, 0], shown[0, :4, 1] = 0, 255

    def samples() -> Iterator[list[np.ndarray]]:
        for values in shown:
            yield [values[np.newaxis]]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = samples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def main() -> None:
    """Build, compare, convert."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    with np.load(folder / "twin.npz") as arrays:
        shown, expected = arrays["shown"], arrays["expected"]
        weights = [arrays[f"weights_{index}"] for index in range(len(arrays) - 2)]
    model = twin(NETWORKS[name], weights)
    found = [
        model(values[np.newaxis].astype(np.float32)).numpy()[0]
        for values in shown[: len(expected)]
    ]
    far = float(np.abs(np.array(found) - expected).max())
    path = folder / place(name).name
    if far > MOST_FAR:
        raise SystemExit(
            f"{plain(str(path))}: the twin in Keras is up to {far:.3f} from the network, "
            f"{MOST_FAR} are allowed"
        )
    path.write_bytes(int8_model(model, shown))
    versions = {"tensorflow": tf.__version__, "tf-keras": keras.__version__}
    (folder / "twin.json").write_text(json.dumps(versions) + "\n")


if __name__ == "__main__":
    main()
